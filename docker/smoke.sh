#!/usr/bin/env bash
# Builds the image and tries it, on a machine without a container engine. `docker/smoke.sh --help` tells more.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/lora-gateway/image
sim=127.0.0.1:18181
gateway=127.0.0.1:8181
admin=127.0.0.1:9191

usage() {
  cat <<'TEXT'
usage: docker/smoke.sh [--clean]

Builds the image with buildah on a Debian base made by debootstrap, starts a simulated server and the gateway from it (as the image's user,
on a read-only root with a writable /tmp), asks for an adapter, stops the gateway with SIGTERM, and prints size, start time and exit code.
Fails when one of these is not as it should be. Wants root, a Debian or Ubuntu with apt-get, a JDK 25 under JAVA_HOME or /usr/lib/jvm,
and the ports 18181, 8181 and 9191 of 127.0.0.1.

The base and the images are kept under ${XDG_CACHE_HOME:-~/.cache}/lora-gateway/image; --clean removes them.
TEXT
}

fail() {
  echo "docker/smoke.sh: $1" >&2
  if [ -d "${work:-}" ]; then
    tail -n 20 "$work"/*.log >&2 || true
  fi
  exit 1
}

buildah() { command buildah --storage-driver vfs --root "$cache/storage" --runroot "$cache/run" "$@"; }

has_image() { buildah inspect --type image "$1" >/dev/null 2>&1; }

# The tools that are missing here.
install_tools() {
  local tool missing=()
  for tool in buildah curl debootstrap; do
    type -P "$tool" >/dev/null || missing+=("$tool")
  done
  type -P mvn >/dev/null || missing+=(maven)
  [ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || missing+=(debian-archive-keyring)
  if [ ${#missing[@]} -gt 0 ]; then
    apt-get update -q >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" >&2
  fi
}

find_jdk() {
  local home
  for home in "${JAVA_HOME:-}" "${JAVA25_HOME:-}" /usr/lib/jvm/*; do
    if [ -x "$home/bin/jlink" ] && grep -qs '^JAVA_VERSION="25' "$home/release"; then
      echo "$home"
      return
    fi
  done
  fail "no JDK 25 was found (expected: JAVA_HOME, or one under /usr/lib/jvm)"
}

# Debian without documentation, translations and package lists, as the slim images are.
make_base() {
  local tree=$cache/base container
  echo "making a base image ..." >&2
  rm -rf "$tree"
  debootstrap --variant=minbase bookworm "$tree" >"$work/debootstrap.log"
  rm -rf "$tree"/usr/share/{doc,info,locale,man}/* "$tree"/var/lib/apt/lists/* "$tree"/var/cache/apt/* "$tree"/var/log/*
  container=$(buildah from scratch)
  buildah add -q "$container" "$tree" / >/dev/null
  buildah config --cmd bash "$container"
  buildah commit -q --rm "$container" lora-gateway-base >/dev/null
  rm -rf "$tree"
}

make_jdk() {
  local container
  echo "making a JDK image from $1 ..." >&2
  # a packaged JDK has links out of its directory, to the certificates at least
  cp -rL "$1" "$work/jdk"
  container=$(buildah from localhost/lora-gateway-base)
  buildah add -q "$container" "$work/jdk" /opt/java/openjdk >/dev/null
  buildah config --env JAVA_HOME=/opt/java/openjdk "$container"
  buildah commit -q --rm "$container" lora-gateway-jdk >/dev/null
  rm -rf "$work/jdk"
}

# start LOG [NAME=VALUE...] -- ARG...: runs the image's entry point with these arguments; its process id is in $started
start() {
  local log=$1 environment=() exec_image
  shift
  while [ "$1" != -- ]; do
    environment+=("$1")
    shift
  done
  shift
  # shellcheck disable=SC2016
  exec_image='
    root=$1 user=$2 config=$3
    shift 3
    mount --bind "$root" "$root"
    mount --bind "$config" "$root/etc/lora-gateway/gateway.yaml"
    mount -o remount,bind,ro "$root"
    mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
    mount --rbind /proc "$root/proc"
    mount --rbind /dev "$root/dev"
    exec chroot --userspec="$user" "$root" "$@"'
  # exec all the way, so that the process id is that of the image's first process
  env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin ${environment[@]+"${environment[@]}"} \
    unshare --mount bash -euc "$exec_image" start "$rootfs" "$user" "$config" "${entrypoint[@]}" "$@" >"$log" 2>&1 &
  started=$!
  pids+=("$started")
}

# await URL: until the answer is a 200
await() {
  local deadline=$((SECONDS + 30))
  until curl -sf -o /dev/null --max-time 2 "$1"; do
    kill -0 "$started" 2>/dev/null || fail "what should answer at $1 has ended"
    [ "$SECONDS" -lt "$deadline" ] || fail "$1 does not answer"
    sleep 0.005
  done
}

# finish SIGNAL: ends what was started last with a signal, or waits for it (none); the exit code is in $code
finish() {
  if [ "$1" != none ]; then
    kill "-$1" "$started"
  fi
  code=0
  wait "$started" || code=$?
  unset 'pids[-1]'
}

# serve AOTMODE: starts the gateway with the image's arguments; $took is how many ms it was until it was ready
serve() {
  local begin
  begin=$(date +%s%N)
  start "$work/gateway.log" "JAVA_TOOL_OPTIONS=-XX:AOTMode=$1" -- "${arguments[@]}"
  await "http://$admin/readyz"
  took=$((($(date +%s%N) - begin) / 1000000))
}

check_address_free() {
  if curl -s -o /dev/null --max-time 2 "http://$1/"; then
    fail "something answers at $1 already"
  fi
}

try_image() {
  local mode times tier machine
  echo "size: $(buildah images --format '{{.Size}}' localhost/lora-gateway), of it in MB: base $(du -smc "$rootfs"/{bin,etc,lib,sbin,usr,var} | tail -n 1 | cut -f 1)," \
    "Java $(du -sm "$rootfs/opt/jre" | cut -f 1), AOT cache $(du -sm "$rootfs/opt/lora-gateway/gateway.aot" | cut -f 1)," \
    "gateway and libraries $(du -smc "$rootfs"/opt/lora-gateway/{lib,loragateway.jar} | tail -n 1 | cut -f 1)"
  [ "$user" = 10001:10001 ] || fail "the image's user is ${user:-root} (expected: 10001:10001)"

  cp "$here/default.yaml" "$config"
  start "$work/check.log" BASE_MODEL=base VLLM_URL=http://vllm:8000 -- check /etc/lora-gateway/gateway.yaml
  finish none
  [ "$code" = 0 ] || fail "the image's configuration is not valid"
  echo "check: exit code $code, $(tail -n 1 "$work/check.log")"

  # the cache must fit whatever the machine: few or many processors, little or much memory
  for machine in "-XX:ActiveProcessorCount=1 -XX:MaxRAM=512m" "-XX:ActiveProcessorCount=8 -XX:MaxRAM=128g"; do
    start "$work/machine.log" "JAVA_TOOL_OPTIONS=-XX:AOTMode=on $machine" -- --version
    finish none
    [ "$code" = 0 ] || fail "the AOT cache does not fit with $machine"
  done
  echo "AOT cache: fits 1 processor with 512 MB and 8 with 128 GB"

  cat >"$config" <<YAML
listen: $gateway
admin: { listen: "$admin" }
pools:
  - { name: smoke, baseModel: base, endpoints: [ "http://$sim" ] }
drain: { delay: 0s, timeout: 10s }
YAML
  start "$work/sim.log" -- sim --host "${sim%:*}" --port "${sim#*:}" --base base --adapters lora-0,lora-1 --output-tokens 64
  await "http://$sim/v1/models"

  for mode in off on; do
    times=()
    for _ in 1 2 3 4 5; do
      serve "$mode"
      times+=("$took")
      finish TERM
      [ "$code" = 0 ] || fail "the gateway exited with $code"
    done
    echo "start until /readyz answers 200, AOT cache $mode: $(printf '%s\n' "${times[@]}" | sort -n | sed -n 3p) ms (median of ${times[*]})"
  done

  serve on
  echo "memory after the start: $(awk '/^VmRSS/ { print int($2 / 1024) }' "/proc/$started/status") MB"
  curl -s -D "$work/head" --max-time 20 "http://$gateway/v1/chat/completions" -H 'content-type: application/json' \
    -d '{"model": "lora-1", "max_tokens": 4, "messages": [{"role": "user", "content": "Hello"}]}' >"$work/answer"
  tier=$(tr -d '\r' <"$work/head" | sed -n 's/^x-gateway-tier: //p')
  echo "answer: $(head -n 1 "$work/head" | tr -d '\r'), tier $tier, $(cat "$work/answer")"
  if ! grep -q '^HTTP/1.1 200' "$work/head" || ! grep -q '"model": *"lora-1"' "$work/answer"; then
    fail "that is not an answer of lora-1"
  fi

  # a request under way when the signal comes must end well: 64 tokens take more than a second
  curl -sf --max-time 20 "http://$gateway/v1/chat/completions" -H 'content-type: application/json' \
    -d '{"model": "lora-0", "messages": [{"role": "user", "content": "Hello"}]}' >"$work/late" &
  local late=$!
  until curl -s "http://$admin/api/state" | grep -qE '"inFlight": *1'; do
    kill -0 "$late" 2>/dev/null || fail "the request under way was over too early"
    sleep 0.02
  done
  finish TERM
  wait "$late" || fail "the request under way when SIGTERM came was not answered"
  echo "SIGTERM: the request under way was answered ($(wc -c <"$work/late") bytes), exit code $code"
  [ "$code" = 0 ] || fail "the gateway exited with $code"
}

case "${1:-}" in
  "") ;;
  --clean) rm -rf "$cache"; exit ;;
  --help | -h) usage; exit ;;
  *) usage >&2; exit 2 ;;
esac
[ "$(id -u)" = 0 ] || fail "it must be run by root, for mount and chroot"

work=$(mktemp -d)
pids=()
container=
clean_up() {
  local pid
  for pid in ${pids[@]+"${pids[@]}"}; do
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  if [ -n "$container" ]; then
    buildah rm "$container" >/dev/null || true
  fi
  rm -rf "$work"
}
trap clean_up EXIT

install_tools
mkdir -p "$cache"
for address in "$sim" "$gateway" "$admin"; do check_address_free "$address"; done
has_image localhost/lora-gateway-base || make_base
has_image localhost/lora-gateway-jdk || make_jdk "$(find_jdk)"
echo "building the image ..." >&2
IMAGE_BUILD="$(type -P buildah) --storage-driver vfs --root $cache/storage --runroot $cache/run bud --isolation chroot" \
  "$here/build.sh" --build-arg BASE=localhost/lora-gateway-base --build-arg JDK=localhost/lora-gateway-jdk >"$work/build.log" 2>&1 ||
  fail "the image was not built"
buildah rmi --prune >/dev/null 2>&1 || true

container=$(buildah from localhost/lora-gateway)
rootfs=$(buildah mount "$container")
config=$work/gateway.yaml
touch "$config"
chmod 755 "$work"
user=$(buildah inspect --format '{{.OCIv1.Config.User}}' "$container")
mapfile -t entrypoint < <(buildah inspect --format '{{range .OCIv1.Config.Entrypoint}}{{println .}}{{end}}' "$container" | sed '/^$/d')
mapfile -t arguments < <(buildah inspect --format '{{range .OCIv1.Config.Cmd}}{{println .}}{{end}}' "$container" | sed '/^$/d')
try_image
