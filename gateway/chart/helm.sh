#!/usr/bin/env bash
# usage: gateway/chart/helm.sh
# Prints the path of a Helm 3: the one on PATH, else one that is built once (Go 1.24 or newer) into
# ${XDG_CACHE_HOME:-~/.cache}/lora-gateway.
set -euo pipefail
version=v3.22.0
bin=${XDG_CACHE_HOME:-$HOME/.cache}/lora-gateway/bin

if command -v helm; then
  exit
fi
if [ ! -x "$bin/helm" ]; then
  command -v go >/dev/null || { echo "helm.sh: neither helm nor go was found (expected: one of them on PATH)" >&2; exit 1; }
  echo "helm.sh: building helm $version, which takes about two minutes" >&2
  log=$(mktemp)
  trap 'rm -f "$log"' EXIT
  GOBIN=$bin go install "helm.sh/helm/v3/cmd/helm@$version" 2>"$log" || { cat "$log" >&2; exit 1; }
fi
echo "$bin/helm"
