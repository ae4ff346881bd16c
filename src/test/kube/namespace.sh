#!/usr/bin/env bash
# usage: namespace.sh COMMAND [ARGUMENT...]
# Runs a command in a network namespace of its own. 10.9.0.0/24 is its own loopback as 127.0.0.0/8 is, but an API
# server takes these addresses for pods.
set -euo pipefail
[ $# -gt 0 ] || { echo "usage: namespace.sh COMMAND [ARGUMENT...]" >&2; exit 2; }
# shellcheck disable=SC2016
inside='ip link set lo up && ip addr add 10.9.0.1/24 dev lo && exec "$@"'
new=-rn
if [ "$(id -u)" = 0 ]; then
  new=-n
fi
exec unshare "$new" sh -c "$inside" sh "$@"
