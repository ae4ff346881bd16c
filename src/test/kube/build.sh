#!/usr/bin/env bash
# usage: build.sh LINK
# Provides what the profile "kube" needs and links the API server to LINK: etcd from Debian, and a kube-apiserver built
# with Go (four minutes the first time, kept in the cache afterwards).
set -euo pipefail
link=${1:?usage: build.sh LINK}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
version=$(sed -n 's|^\tk8s.io/kubernetes ||p' "$here/go.mod")
binary=${XDG_CACHE_HOME:-$HOME/.cache}/lora-gateway/kube-apiserver-$version

if ! command -v etcd >/dev/null; then
  apt-get -qq update >&2 && apt-get -qq install -y etcd-server >&2
fi
if [ ! -x "$binary" ]; then
  command -v go >/dev/null || { echo "build.sh: needs Go 1.24 or newer" >&2; exit 1; }
  echo "build.sh: building kube-apiserver $version, which takes minutes" >&2
  mkdir -p "$(dirname "$binary")"
  (cd "$here" && go build -o "$binary" .) >&2
fi
ln -sfn "$binary" "$link"
