#!/usr/bin/env bash
# A step of the image's build: runs the gateway as the image does, in front of a simulated server, and has the JVM write its AOT cache
# when it stops. Usage: train.sh CACHE. Needs the ports 18181, 8181 and 9191 of 127.0.0.1.
set -euo pipefail
cache=$1
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

java() { exec /opt/jre/bin/java "$@"; }

fail() {
  echo "train.sh: $1" >&2
  cat "$work"/*.log >&2
  exit 1
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

java @/opt/lora-gateway/java.args sim --port 18181 --base base --adapters lora-0,lora-1,lora-2 --max-loras 2 \
  --token-time 1ms --output-tokens 8 >"$work/sim.log" 2>&1 &
pids+=($!)
expect 18181 GET /v1/models

export KUBECONFIG=$here/kubeconfig.yaml
java -XX:AOTCacheOutput="$cache" @/opt/lora-gateway/java.args serve --config "$here/gateway.yaml" >"$work/gateway.log" 2>&1 &
gateway=$!
pids+=("$gateway")
expect 9191 GET /healthz
for model in base lora-0 lora-1 lora-2 lora-0; do
  for stream in false true; do
    ask="\"model\": \"$model\", \"stream\": $stream"
    expect 8181 POST /v1/chat/completions "{$ask, \"messages\": [{\"role\": \"user\", \"content\": \"Hello\"}]}"
    expect 8181 POST /v1/completions "{$ask, \"prompt\": \"Hello\"}"
  done
done
http 8181 POST /v1/chat/completions '{"model": "unknown", "messages": []}' >/dev/null
expect 8181 GET /v1/models
for path in / /api/state /metrics; do expect 9191 GET "$path"; done

kill -TERM "$gateway"
wait "$gateway" || fail "the gateway exited with $?"
if grep -qE 'NoClassDefFoundError|ClassNotFoundException|ProviderNotFound' "$work/gateway.log"; then
  fail "the runtime lacks a module"
fi
[ -s "$cache" ] || fail "the JVM wrote no cache"
