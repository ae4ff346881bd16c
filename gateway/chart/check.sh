#!/usr/bin/env bash
# Checks the chart with each file of ci/, and ../manifests/. With a kubeconfig, the API server is asked as well.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: gateway/chart/check.sh [KUBECONFIG]

Lints and renders the chart with each file of ci/, and lets the gateway check each configuration that comes out.
With a KUBECONFIG file, sends what was rendered, and ../manifests/, to its current context's API server as a dry run
with strict validation: nothing is created. The namespaces default and llm have to exist there. Kinds that the
server does not know (ServiceMonitor, PrometheusRule without their CRDs) are skipped, and named.

Needs python3. Helm is built once (Go 1.24 or newer) into ${XDG_CACHE_HOME:-~/.cache}/lora-gateway when it is missing.
TEXT
}

case ${1:-} in
  -h | --help) usage && exit 0 ;;
esac
if [ $# -gt 1 ]; then
  usage >&2
  exit 2
fi
kubeconfig=${1:-}
if [ -n "$kubeconfig" ] && [ ! -r "$kubeconfig" ]; then
  echo "check.sh: $kubeconfig cannot be read (expected: a kubeconfig file)" >&2
  exit 2
fi
chart=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
gateway=$(dirname "$chart")
release=gateway
namespace=default
kube=1.29.0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The gateway.yaml of each ConfigMap in a file of manifests, each into a file of its own.
configurations() {
  awk -v prefix="$2" '
    /^  gateway\.yaml: \|/ { file = sprintf("%s-%d.yaml", prefix, ++count); print file; next }
    file && !/^(    .*)?$/ { close(file); file = "" }
    file { print substr($0, 5) > file }' "$1"
}

check_configurations() {
  local file
  while read -r file; do
    # variables that the manifests take from Secrets
    VLLM_KEY="set" "$gateway/run" check "$file" | sed "s|$work/||"
  done < <(configurations "$1" "$2")
}

helm=$("$chart/helm.sh")
"$helm" version --template 'helm {{.Version}}{{"\n"}}'

for values in "$chart"/ci/*.yaml; do
  name=$(basename "$values" .yaml)
  echo "== chart with ci/$name.yaml"
  "$helm" lint --strict --quiet --namespace "$namespace" --kube-version "$kube" -f "$values" "$chart" && echo "lint: no findings"
  "$helm" template "$release" "$chart" --namespace "$namespace" --kube-version "$kube" -f "$values" >"$work/chart-$name.out"
  echo "template: $(grep -c '^kind:' "$work/chart-$name.out") objects"
  check_configurations "$work/chart-$name.out" "$work/$name"
done
for manifest in "$gateway"/manifests/*.yaml; do
  name=$(basename "$manifest" .yaml)
  echo "== manifests/$name.yaml"
  cp "$manifest" "$work/manifest-$name.out"
  check_configurations "$manifest" "$work/$name"
done

if [ -n "$kubeconfig" ]; then
  # helm turns YAML into JSON, which python3 reads without further packages
  mkdir -p "$work/json/templates"
  printf 'apiVersion: v2\nname: json\nversion: 0.1.0\n' >"$work/json/Chart.yaml"
  echo '{{ .Values | toJson }}' >"$work/json/templates/json.yaml"
  "$helm" template json "$work/json" -f "$kubeconfig" | sed '1,2d' >"$work/kubeconfig.json"
  python3 "$chart/dry-run.py" "$work/kubeconfig.json" "$(dirname "$kubeconfig")" "$namespace" "$work"/*.out
fi
