#!/usr/bin/env bash
# Runs the gateway in front of a simulated server and has the JVM write its AOT cache when it stops, so that it starts in half the time.
# Usage: train.sh CACHE JAVA [OPTION...] -jar JAR, with the options that the gateway is run with. Takes about 10 s.
set -euo pipefail
cache=$1
java=("${@:2}")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
pids=()
clean_up() {
  local pid
  for pid in ${pids[@]+"${pids[@]}"}; do
    kill "$pid" 2>/dev/null || true
  done
  rm -rf "$work"
}
trap clean_up EXIT

fail() {
  echo "train.sh: $1" >&2
  cat "$work"/*.log >&2
  exit 1
}

# port LOG PATTERN: waits until a line of the log has the pattern; the number that follows is in $found. The last process started writes it.
port() {
  local deadline=$((SECONDS + 60))
  until found=$(sed -nE "s/.*$2([0-9]+).*/\1/p" "$1" 2>/dev/null) && [ -n "$found" ]; do
    [ "$SECONDS" -lt "$deadline" ] && kill -0 "${pids[-1]}" 2>/dev/null || fail "no \"$2\" was printed"
    sleep 0.05
  done
}

# http PORT METHOD PATH [BODY]: prints the answer
http() {
  local body=${4:-} fd
  exec {fd}<>"/dev/tcp/127.0.0.1/$1" || return 1
  printf '%s %s HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s' \
    "$2" "$3" "${#body}" "$body" >&"$fd"
  cat <&"$fd"
  exec {fd}>&-
}

# expect PORT METHOD PATH [BODY]: waits until the answer is a 200
expect() {
  local deadline=$((SECONDS + 60))
  until http "$@" 2>/dev/null >"$work/answer" && [[ $(head -n 1 "$work/answer") == *" 200 "* ]]; do
    [ "$SECONDS" -lt "$deadline" ] || fail "no 200 from port $1 for $2 $3: $(cat "$work/answer")"
    sleep 0.1
  done
}

"${java[@]}" sim --port 0 --base base --adapters lora-0,lora-1,lora-2 --max-loras 2 \
  --token-time 1ms --output-tokens 8 >"$work/sim.log" 2>&1 &
pids+=($!)
port "$work/sim.log" 'server on http:\/\/127.0.0.1:'

export KUBECONFIG=$here/kubeconfig.yaml SIMULATED=$found
"${java[0]}" -XX:AOTCacheOutput="$cache" "${java[@]:1}" serve --config "$here/gateway.yaml" >"$work/gateway.log" 2>&1 &
gateway=$!
pids+=("$gateway")
port "$work/gateway.log" 'serving on [^ ]*:'
proxy=$found
port "$work/gateway.log" 'admin on [^ ]*:'
admin=$found
for model in base lora-0 lora-1 lora-2 lora-0; do
  for stream in false true; do
    ask="\"model\": \"$model\", \"stream\": $stream"
    expect "$proxy" POST /v1/chat/completions "{$ask, \"messages\": [{\"role\": \"user\", \"content\": \"Hello\"}]}"
    expect "$proxy" POST /v1/completions "{$ask, \"prompt\": \"Hello\"}"
  done
done
http "$proxy" POST /v1/chat/completions '{"model": "unknown", "messages": []}' >/dev/null
expect "$proxy" GET /v1/models
for path in / /healthz /api/state /metrics; do expect "$admin" GET "$path"; done
http "$admin" GET /readyz >/dev/null

kill -TERM "$gateway"
wait "$gateway" || fail "the gateway exited with $?"
if grep -qE 'NoClassDefFoundError|ClassNotFoundException|ProviderNotFound' "$work/gateway.log"; then
  fail "the runtime lacks a module"
fi
[ -s "$cache" ] || fail "the JVM wrote no cache"
