#!/usr/bin/env bash
# Checks compose.yaml: by the Compose Specification's own parser, and that what it mounts is there, valid and about its services.
# Usage: docker/check-compose.sh. Needs Go (taken from apt-get if it is missing), no container engine.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
version=v2.16.2
tool=${XDG_CACHE_HOME:-$HOME/.cache}/lora-gateway/compose-go-$version/cmd
failed=0

case "${1:-}" in
  "") ;;
  --help | -h) sed -n '2,3s/^# //p' "${BASH_SOURCE[0]}"; exit ;;
  *) sed -n '2,3s/^# //p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
esac

complain() {
  echo "docker/check-compose.sh: $1" >&2
  failed=1
}

if [ ! -x "$tool" ]; then
  if ! command -v go >/dev/null; then
    apt-get update -q >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends golang-go ca-certificates >&2
  fi
  GOBIN=$(dirname "$tool") go install "github.com/compose-spec/compose-go/v2/cmd@$version" >&2
fi

cd "$here"
model=$("$tool" -no-path-resolution compose.yaml) || {
  complain "compose.yaml is not valid"
  exit 1
}
services=$(sed -n '/^services:/,/^[a-z]/s/^    \([a-z0-9-]*\):$/\1/p' <<<"$model")

while read -r source; do
  [ -e "$source" ] || complain "compose.yaml mounts $source, which does not exist"
done < <(sed -n 's/^ *source: //p' <<<"$model")

while read -r service; do
  grep -qxF "$service" <<<"$services" || complain "compose.yaml waits for $service, which is no service"
done < <(awk '/^        [a-z]/ { waits = /depends_on:/ } waits && /^            [a-z0-9-]+:$/ { sub(":", ""); print $1 }' <<<"$model")

"$here/../gateway/run" check gateway.yaml || complain "gateway.yaml is not valid"

# every host that the mounted files name is a service
while IFS=: read -r file host; do
  grep -qxF "$host" <<<"$services" || complain "$file names $host, which is no service of compose.yaml"
done < <(grep -oE '(http://|")[a-z][a-z0-9-]*:[0-9]+' gateway.yaml prometheus.yml grafana/datasources/*.yaml |
  sed -E 's#:(http://|")([a-z0-9-]+):[0-9]+#:\2#')

[ "$failed" = 0 ] || exit 1
echo "compose.yaml is valid: ${services//$'\n'/, }"
