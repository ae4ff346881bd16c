#!/usr/bin/env bash
# Compares routing policies on simulated servers: see Routing.java, or bench/routing.sh --help.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
exec "$root/gateway/run" --java "" "$root/bench/Routing.java" "$@"
