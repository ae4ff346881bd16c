-- The requests of bench/run.sh overhead, for wrk: SIZE STREAM MODEL... Prints one line of JSON at the end.
local text = 'Explain how a \\"low-rank adapter\\" changes the attention weights, step by step.\\n'
local bodies, turn = {}, 0

function init(args)
  local size, stream = tonumber(args[1]), args[2] == 'true'
  for i = 3, #args do
    local head = '{"model":"' .. args[i] .. '",' .. (stream and '"stream":true,' or '')
      .. '"max_tokens":64,"messages":[{"role":"user","content":"'
    local tail = '"}]}'
    local body = head .. text:rep(math.floor((size - #head - #tail) / #text)) .. tail
    bodies[#bodies + 1] = wrk.format('POST', nil, { ['Content-Type'] = 'application/json' }, body)
  end
end

function request()
  turn = turn % #bodies + 1
  return bodies[turn]
end

function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('{"requests":%d,"micros":%d,"bytes":%d,"p50":%d,"p99":%d,"max":%d,"status":%d,"lost":%d}\n',
    summary.requests, summary.duration, summary.bytes, latency:percentile(50), latency:percentile(99), latency.max,
    e.status, e.connect + e.read + e.write + e.timeout))
end
