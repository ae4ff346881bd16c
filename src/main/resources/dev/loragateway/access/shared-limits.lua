-- What one gateway used of a caller's limits since it was last here, against what all used together.
-- KEYS[1]: the caller's hash: when each limit will be free again, in microseconds by this server's clock, and under
--   gateway:ID how many requests that gateway has under way, and until when that holds.
-- ARGV: microseconds by which the requests moved the time on, the same of the tokens, the gateway's ID, its requests
--   under way, for how many microseconds these hold.
-- Returns how many microseconds ahead the two times lie, and the requests under way at the other gateways.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local longest = 0
local function advance(field, by)
  local before = tonumber(redis.call('HGET', KEYS[1], field) or '0')
  local ahead = math.max(before, now) + by - now
  redis.call('HSET', KEYS[1], field, string.format('%.0f', now + ahead))
  longest = math.max(longest, ahead)
  return ahead
end
local requests = advance('requests', tonumber(ARGV[1]))
local tokens = advance('tokens', tonumber(ARGV[2]))
local mine = 'gateway:' .. ARGV[3]
if ARGV[4] == '0' then
  redis.call('HDEL', KEYS[1], mine)
else
  redis.call('HSET', KEYS[1], mine, ARGV[4] .. ':' .. string.format('%.0f', now + ARGV[5]))
end
local elsewhere = 0
local fields = redis.call('HGETALL', KEYS[1])
for i = 1, #fields, 2 do
  if string.sub(fields[i], 1, 8) == 'gateway:' and fields[i] ~= mine then
    local count, expires = string.match(fields[i + 1], '(%d+):(%d+)')
    if tonumber(expires) > now then
      elsewhere = elsewhere + tonumber(count)
    else
      redis.call('HDEL', KEYS[1], fields[i])
    end
  end
end
redis.call('PEXPIRE', KEYS[1], math.ceil((longest + ARGV[5]) / 1000) + 1000)
return {requests, tokens, elsewhere}
