#!/usr/bin/env bash
# usage: tools.sh DIRECTORY
# Provides what the profile "conformance" tests the gateway with:
#   DIRECTORY/oracles   runs other parsers of HTTP/1.1, h11 and llhttp
#   DIRECTORY/h2spec    tests servers of HTTP/2
#   redis-server        in the PATH
set -euo pipefail
directory=${1:?usage: tools.sh DIRECTORY}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "$directory"
directory=$(cd "$directory" && pwd)

fail() {
  printf 'tools.sh: %s\n' "$@" >&2
  exit 1
}

oracles() {
  local venv=$directory/venv failure
  if ! cmp -s "$here/requirements.txt" "$venv/installed"; then
    rm -rf "$venv"
    if ! failure=$(python3 -m venv "$venv" 2>&1); then
      fail "no virtual environment can be made: $failure" \
        "(expected: Python 3.9 or newer with its module venv, on Debian the packages python3 and python3-venv)"
    fi
    "$venv/bin/pip" install -q --disable-pip-version-check -r "$here/requirements.txt" >&2
    cp "$here/requirements.txt" "$venv/installed"
  fi
  printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$venv/bin/python" "$here/oracles.py" >"$directory/oracles"
  chmod +x "$directory/oracles"
}

h2spec() {
  [ -x "$directory/h2spec" ] && return
  local go
  go=$(command -v go || command -v /usr/local/go/bin/go) ||
    fail "go is missing, which h2spec is built with (expected: Go 1.21 or newer in the PATH, on Debian the package golang)"
  GOBIN=$directory "$go" install github.com/summerwind/h2spec/cmd/h2spec@v2.2.1+incompatible >&2
}

redis() {
  command -v redis-server >/dev/null && return
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get install -qq -y redis-server >&2 || { apt-get update -qq && apt-get install -qq -y redis-server; } >&2
  fi
  command -v redis-server >/dev/null ||
    fail "redis-server is missing (expected: in the PATH, on Debian the package redis-server)"
}

oracles
h2spec
redis
