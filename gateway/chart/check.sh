#!/usr/bin/env bash
# Checks the chart with each file of ci/, and ../manifests/. With a kubeconfig, the API server is asked as well.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: gateway/chart/check.sh [KUBECONFIG]

Lints and renders the chart with each file of ci/, lets the gateway check each configuration that comes out, and
promtool check and test the alerts: those of ../alerts with ../alerts/tests.yaml, the rendered ones with test/alerts.yaml.
With a KUBECONFIG file, sends what was rendered, and ../manifests/, to its current context's API server as a dry run
with strict validation: nothing is created. The namespaces default and llm have to exist there. Kinds that the
server does not know (ServiceMonitor, PrometheusRule, ScaledObject without their CRDs) are skipped, and named.

Needs python3. What is missing is fetched once into ${XDG_CACHE_HOME:-~/.cache}/lora-gateway: helm is built (Go 1.24
or newer), promtool is taken out of Debian's package prometheus, of which nothing is installed or started.
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
bin=${XDG_CACHE_HOME:-$HOME/.cache}/lora-gateway/bin
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

find_promtool() {
  local package=$work/package
  if command -v promtool; then
    return
  fi
  if [ ! -x "$bin/promtool" ]; then
    if ! command -v apt-get >/dev/null; then
      echo "check.sh: neither promtool nor apt-get was found (expected: one of them on PATH)" >&2
      exit 1
    fi
    echo "fetching promtool ..." >&2
    mkdir -p "$package" "$bin"
    # the package lists may be missing or old
    (cd "$package" && { apt-get download prometheus || { apt-get update && apt-get download prometheus; }; }) >"$work/apt" 2>&1 ||
      { cat "$work/apt" >&2; exit 1; }
    dpkg-deb --extract "$package"/prometheus_*.deb "$package"
    mv "$package/usr/bin/promtool" "$bin/promtool"
  fi
  echo "$bin/promtool"
}

# Helm turns YAML into JSON, which python3 reads without further packages.
json() {
  mkdir -p "$work/json/templates"
  printf 'apiVersion: v2\nname: json\nversion: 0.1.0\n' >"$work/json/Chart.yaml"
  echo '{{ .Values | toJson }}' >"$work/json/templates/json.yaml"
  "$helm" template json "$work/json" -f "$1" | sed '1,2d'
}

# The alerts that the chart renders with a file of values.
check_alerts() {
  local rules=$work/rules
  mkdir -p "$rules"
  "$helm" template "$release" "$chart" --namespace "$namespace" --kube-version "$kube" -f "$1" \
    --show-only templates/prometheusrule.yaml >"$rules/rule.yaml"
  json "$rules/rule.yaml" | python3 -c 'import json, sys; json.dump(json.load(sys.stdin)["spec"], sys.stdout)' >"$rules/rules.json"
  cp "$chart/test/alerts.yaml" "$rules/"
  (cd "$rules" && "$promtool" check rules rules.json && "$promtool" test rules alerts.yaml) | sed '/^$/d; s/^ *//'
}

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
    VLLM_KEY="set" ADMIN_TOKEN="set" "$gateway/run" check "$file" | sed "s|$work/||"
  done < <(configurations "$1" "$2")
}

helm=$("$chart/helm.sh")
"$helm" version --template 'helm {{.Version}}{{"\n"}}'
promtool=$(find_promtool)
"$promtool" --version | sed -n 1p
echo "== alerts"
(cd "$gateway/alerts" && "$promtool" check rules lora-gateway.yaml && "$promtool" test rules tests.yaml) | sed '/^$/d; s/^ *//'

for values in "$chart"/ci/*.yaml; do
  name=$(basename "$values" .yaml)
  echo "== chart with ci/$name.yaml"
  "$helm" lint --strict --quiet --namespace "$namespace" --kube-version "$kube" -f "$values" "$chart" && echo "lint: no findings"
  "$helm" template "$release" "$chart" --namespace "$namespace" --kube-version "$kube" -f "$values" >"$work/chart-$name.out"
  echo "template: $(grep -c '^kind:' "$work/chart-$name.out") objects"
  check_configurations "$work/chart-$name.out" "$work/$name"
  if grep -q '^kind: PrometheusRule' "$work/chart-$name.out"; then
    check_alerts "$values"
  fi
done
for manifest in "$gateway"/manifests/*.yaml; do
  name=$(basename "$manifest" .yaml)
  echo "== manifests/$name.yaml"
  cp "$manifest" "$work/manifest-$name.out"
  check_configurations "$manifest" "$work/$name"
done

if [ -n "$kubeconfig" ]; then
  json "$kubeconfig" >"$work/kubeconfig.json"
  python3 "$chart/dry-run.py" "$work/kubeconfig.json" "$(dirname "$kubeconfig")" "$namespace" "$work"/*.out
fi
