#!/usr/bin/env bash
# Builds the container image. `docker/build.sh --help` tells more.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

usage() {
  cat <<'TEXT'
usage: docker/build.sh [OPTIONS OF THE BUILD]

Makes the jar with Maven if it is missing or older than the sources, then builds the image lora-gateway from it.
The jar is made here and not in the image, so that the image builds without a package registry.

  docker/build.sh
  docker/build.sh -t registry.example.com/lora-gateway:1
  docker/build.sh --build-arg BASE=ubuntu:24.04 --build-arg JDK=my-jdk:25

IMAGE_BUILD is the command that builds: "docker build", else "podman build" or "buildah bud", whichever is there.
TEXT
}

builder() {
  if command -v docker >/dev/null; then
    echo docker build
  elif command -v podman >/dev/null; then
    echo podman build
  elif command -v buildah >/dev/null; then
    echo buildah bud
  else
    echo "docker/build.sh: none of docker, podman and buildah was found" >&2
    return 1
  fi
}

case "${1:-}" in
  --help | -h) usage; exit ;;
esac
read -ra build <<<"${IMAGE_BUILD:-$(builder)}"
options=()
if [ "${build[0]##*/}" != docker ]; then
  options+=(--ignorefile "$root/docker/Dockerfile.dockerignore")
fi
case " $* " in
  *" -t "* | *" --tag "* | *" --tag="*) ;;
  *) options+=(-t lora-gateway) ;;
esac

cd "$root"
shopt -s nullglob
jars=(target/loragateway-*.jar)
if [ ${#jars[@]} -ne 1 ] || [ ! -d target/lib ] ||
  [ -n "$(find pom.xml src/main config/demo.yaml -newer "${jars[0]}" -print -quit)" ]; then
  echo "docker/build.sh: making the jar (the first time takes about a minute) ..." >&2
  rm -rf target/loragateway-*.jar target/lib
  mvn -B -q -ntp package -Dmaven.test.skip=true >&2
fi
"${build[@]}" "${options[@]}" "$@" -f docker/Dockerfile .
