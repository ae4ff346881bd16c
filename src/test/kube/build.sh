#!/usr/bin/env bash
# usage: build.sh DIRECTORY
# Provides what the profile "kube" needs, and links it in DIRECTORY: kube-apiserver, built with Go (four minutes the
# first time, kept in the cache afterwards), helm, and bin/java, the JVM of TOOLCHAIN_JAVA_HOME in a network
# namespace of its own. Installs etcd, iproute2 and util-linux from Debian where they are missing.
set -euo pipefail
directory=${1:?usage: build.sh DIRECTORY}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
version=$(sed -n 's|^\tk8s.io/kubernetes ||p' "$here/go.mod")
server=${XDG_CACHE_HOME:-$HOME/.cache}/lora-gateway/kube-apiserver-$version
java=${TOOLCHAIN_JAVA_HOME:?is not set (expected: the JDK of the tests)}/bin/java

packages=()
command -v etcd >/dev/null || packages+=(etcd-server)
command -v ip >/dev/null || packages+=(iproute2)
command -v unshare >/dev/null || packages+=(util-linux)
if [ ${#packages[@]} -gt 0 ]; then
  apt-get -qq update >&2 && apt-get -qq install -y "${packages[@]}" >&2
fi
if ! failure=$("$here/namespace.sh" true 2>&1); then
  echo "build.sh: a network namespace cannot be made here: $failure" >&2
  echo "  (expected: root with CAP_SYS_ADMIN and CAP_NET_ADMIN, or unprivileged user namespaces)" >&2
  exit 1
fi
if [ ! -x "$server" ]; then
  command -v go >/dev/null || { echo "build.sh: needs Go 1.24 or newer" >&2; exit 1; }
  echo "build.sh: building kube-apiserver $version, which takes minutes" >&2
  mkdir -p "$(dirname "$server")"
  (cd "$here" && go build -o "$server" .) >&2
fi
helm=$("$here/../../../gateway/chart/helm.sh")

mkdir -p "$directory/bin"
ln -sfn "$server" "$directory/kube-apiserver"
ln -sfn "$helm" "$directory/helm"
printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$here/namespace.sh" "$java" >"$directory/bin/java"
chmod +x "$directory/bin/java"
