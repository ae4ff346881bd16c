#!/usr/bin/env bash
# usage: oracles.sh DIRECTORY
# Provides the HTTP/1.1 parsers that the profile "conformance" compares the gateway with: h11 and llhttp, in
# DIRECTORY/venv, with the script that runs them, DIRECTORY/oracles.
set -euo pipefail
directory=${1:?usage: oracles.sh DIRECTORY}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
venv=$directory/venv

if ! cmp -s "$here/requirements.txt" "$venv/installed"; then
  rm -rf "$venv"
  mkdir -p "$directory"
  if ! failure=$(python3 -m venv "$venv" 2>&1); then
    echo "oracles.sh: no virtual environment can be made: $failure" >&2
    echo "  (expected: Python 3.9 or newer with its module venv, on Debian the packages python3 and python3-venv)" >&2
    exit 1
  fi
  "$venv/bin/pip" install -q --disable-pip-version-check -r "$here/requirements.txt" >&2
  cp "$here/requirements.txt" "$venv/installed"
fi
printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$(cd "$venv" && pwd)/bin/python" "$here/oracles.py" >"$directory/oracles"
chmod +x "$directory/oracles"
