#!/usr/bin/env bash
# Benchmarks: routing policies in simulation and on real sockets, what a proxy, discovery and scraping cost, scaling, start and memory, chaos, siege,
# loading adapters, and JMH.
# `bench/run.sh --help` lists them.
# JAVA_OPTS is passed to the JVM.
set -euo pipefail
bench=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$bench")

usage() {
  cat <<'TEXT'
usage: bench/run.sh routing [OPTIONS]          routing policies compared in simulated time (routing --help)
       bench/run.sh routing --live [OPTIONS]   the same on real sockets, 4 minutes (routing --live --help)
       bench/run.sh discovery --kubeconfig FILE [OPTIONS]
                                               what watching Kubernetes costs, 3 minutes (discovery --help)
       bench/run.sh overhead [OPTIONS]         the cost of this gateway and of other proxies (overhead --help)
       bench/run.sh scraping [OPTIONS]         what scraping 100 servers costs the gateway, 90 s (scraping --help)
       bench/run.sh scaling [OPTIONS]          what a second event loop brings, a minute (scaling --help)
       bench/run.sh footprint [OPTIONS]        start and memory, half an hour (footprint --help)
       bench/run.sh chaos [OPTIONS]            whether every request ends honestly while servers misbehave, ten minutes (chaos --help)
       bench/run.sh siege [OPTIONS]           what others feel of idle, slow and unreading clients, two minutes (siege --help)
       bench/run.sh adapters [OPTIONS]         how fast the control plane loads adapters, two minutes (adapters --help)
       bench/run.sh jmh [PATTERN] [OPTIONS]    microbenchmarks, e.g. jmh pick (jmh -h)
TEXT
}

build() {
  local jar=$bench/target/bench.jar
  if [ ! -f "$jar" ] || [ ! -d "$bench/target/lib" ] ||
    [ -n "$(find "$root/pom.xml" "$root/src/main" "$bench/pom.xml" "$bench/src" -newer "$jar" -print -quit)" ]; then
    echo "bench/run.sh: building ..." >&2
    (cd "$root" && mvn -B -q -ntp install -Dmaven.test.skip=true >&2)
    (cd "$bench" && mvn -B -q -ntp clean package >&2)
  fi
}

main() {
  exec "$root/gateway/run" --java "$bench/target/bench.jar:$bench/target/lib/*" "$@"
}

routing() {
  case " $* " in
    *" --live "*) main dev.loragateway.bench.live.LiveCommand "$@" ;;
    *) main dev.loragateway.bench.routing.RoutingCommand "$@" ;;
  esac
}

case "${1:-}" in
  routing) shift; build; routing "$@" ;;
  discovery) shift; build; main dev.loragateway.bench.discovery.DiscoveryCommand "$@" ;;
  overhead) shift; build; JAVA_OPTS="-Dbench.root=$root ${JAVA_OPTS:-}" main dev.loragateway.bench.overhead.OverheadCommand "$@" ;;
  scraping) shift; build; JAVA_OPTS="-Dbench.root=$root ${JAVA_OPTS:-}" main dev.loragateway.bench.scraping.ScrapingCommand "$@" ;;
  scaling) shift; build; JAVA_OPTS="-Dbench.root=$root ${JAVA_OPTS:-}" main dev.loragateway.bench.overhead.ScalingCommand "$@" ;;
  footprint) shift; build; JAVA_OPTS="-Dbench.root=$root ${JAVA_OPTS:-}" main dev.loragateway.bench.footprint.FootprintCommand "$@" ;;
  chaos) shift; build; JAVA_OPTS="-Dbench.root=$root ${JAVA_OPTS:-}" main dev.loragateway.bench.chaos.ChaosCommand "$@" ;;
  siege) shift; build; JAVA_OPTS="-Dbench.root=$root ${JAVA_OPTS:-}" main dev.loragateway.bench.siege.SiegeCommand "$@" ;;
  adapters) shift; build; JAVA_OPTS="-Dbench.root=$root ${JAVA_OPTS:-}" main dev.loragateway.bench.adapters.AdaptersCommand "$@" ;;
  jmh) shift; build; main org.openjdk.jmh.Main -prof gc "$@" ;;
  --help | -h) usage ;;
  *) usage >&2; exit 2 ;;
esac
