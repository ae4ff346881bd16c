#!/usr/bin/env python3
"""Measures what being scraped costs the requests of a real vLLM server.

A gateway with the default configuration scrapes one server. Clients send their requests straight to the
server, in a closed loop, streamed, so that nothing but the scraping comes from the gateway. It is stopped
(SIGSTOP) and continued (SIGCONT) in blocks of a few seconds, in the order on off off on, so that drift
touches both alike. Requests belong to the block in which they began; those of a block's first --settle
seconds do not count. Figures: time to the first token and requests per second, on over off, with the 95%
interval of a bootstrap over pairs of neighbouring blocks. An interval that holds 1 shows no difference.
"""
import argparse
import contextlib
import http.client
import itertools
import json
import os
import pathlib
import platform
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time

from real_vllm import WORDS, running, say, start_server, wait_until
from real_vllm import http as call

CONFIG = """\
listen: 127.0.0.1:{gateway}
admin: {{ listen: 127.0.0.1:{admin} }}
drain: {{ delay: 0s, timeout: 1s }}
pools:
  - name: real
    baseModel: base
    endpoints: ["{url}"]
    scrape: {{ interval: {interval} }}
"""


def arguments():
    here = pathlib.Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="examples:\n"
        "  scrape_vllm.py --start POOL --serve serve.sh     runs `serve.sh POOL PORT`, 3 minutes in all\n"
        "  scrape_vllm.py --start POOL --serve serve.sh --interval 50ms --blocks 16\n"
        "  scrape_vllm.py --start POOL --serve serve.sh --apart --clients 2 --pause 100 --tokens 8",
    )
    parser.add_argument("--start", required=True, metavar="DIR", help="start a server from this directory")
    parser.add_argument("--serve", required=True, metavar="PATH", help="the script that is run as PATH DIR PORT")
    parser.add_argument("--port", default="18131", help="of the server (default: %(default)s)")
    parser.add_argument("--gateway", type=int, default=18132, help="port (default: %(default)s)")
    parser.add_argument("--admin", type=int, default=18133, help="port (default: %(default)s)")
    parser.add_argument("--run", default=str(here.parent / "gateway" / "run"), help="the launcher")
    parser.add_argument("--interval", default="500ms", help="of the scrapes (default: %(default)s)")
    parser.add_argument("--clients", type=int, default=4, help="requests at a time (default: %(default)s)")
    parser.add_argument("--pause", type=float, default=0, metavar="MS",
                        help="mean pause of a client between two requests (default: %(default)s)")
    parser.add_argument("--tokens", type=int, default=16, help="of an answer (default: %(default)s)")
    parser.add_argument("--blocks", type=int, default=48, help="a multiple of 4 (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=2.5, help="of a block (default: %(default)s)")
    parser.add_argument("--settle", type=float, default=0.3, help="(default: %(default)s)")
    parser.add_argument("--apart", action="store_true",
                        help="the server alone on the first core, gateway and clients on the others")
    parser.add_argument("--warm-up", type=float, default=10, help="seconds (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of models and prompts (default: %(default)s)")
    parser.add_argument("--json", default=str(here / "results" / "scrape-vllm.json"), metavar="FILE",
                        help="all figures (default: %(default)s)")
    options = parser.parse_args()
    if options.blocks < 4 or options.blocks % 4:
        parser.error(f"--blocks: {options.blocks} (expected: a multiple of 4)")
    if options.apart and len(os.sched_getaffinity(0)) < 2:
        parser.error("--apart: there is one core (expected: two or more)")
    return options


@contextlib.contextmanager
def on_cores(cores):
    """What is started within runs on these cores only, and so does this process while it lasts."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class Client(threading.Thread):
    """Sends one request after another; notes when each began and how long its first token took."""

    def __init__(self, options, number, over):
        super().__init__(daemon=True)
        self.options, self.over = options, over
        self.rng = random.Random(options.seed * 1000 + number)
        self.done, self.failed = [], 0

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", int(self.options.port), timeout=30)
        while not self.over.is_set():
            began = time.monotonic()
            try:
                self.done.append((began, self.first_token(connection, began)))
            except (OSError, http.client.HTTPException):
                self.failed += 1
                connection.close()
            if self.options.pause:
                time.sleep(self.rng.expovariate(1e3 / self.options.pause))

    def first_token(self, connection, began):
        body = {
            "model": self.rng.choice(("base", "lora-0", "lora-1")), "stream": True, "ignore_eos": True,
            "max_tokens": self.options.tokens, "prompt": " ".join(self.rng.choices(WORDS, k=24)),
        }
        connection.request("POST", "/v1/completions", json.dumps(body), {"content-type": "application/json"})
        answer = connection.getresponse()
        if answer.status != 200:
            raise http.client.HTTPException(answer.read())
        answer.readline()
        first = time.monotonic() - began
        answer.read()
        return first


@contextlib.contextmanager
def the_gateway(options, server, folder):
    config = folder / "gateway.yaml"
    config.write_text(CONFIG.format(
        gateway=options.gateway, admin=options.admin, url=server.url, interval=options.interval))
    log = (folder / "gateway.log").open("w")
    process = subprocess.Popen([options.run, "serve", "--config", str(config)], stdout=log, stderr=log)
    try:
        wait_until(f"gateway ready (log in {folder})", lambda: running(process) and call(
            "GET", f"http://127.0.0.1:{options.admin}/readyz")[0] == 200, 180)
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def scrapes(options):
    """Pages read so far, by the gateway's own count."""
    page = call("GET", f"http://127.0.0.1:{options.admin}/metrics")[1]
    lines = [l for l in page.splitlines() if l.startswith("lora_gateway_scrape_seconds_count")]
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines)


def cpu_seconds(process):
    """Processor time of the gateway so far, user's and system's, as the kernel counts it."""
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(options, gateway):
    """Of each block whether scraped, its seconds and first tokens; failures, and pages and CPU of a second."""
    over = threading.Event()
    clients = [Client(options, number, over) for number in range(options.clients)]
    for client in clients:
        client.start()
    time.sleep(options.warm_up)
    before = scrapes(options), cpu_seconds(gateway)
    blocks = []
    for scraped in itertools.islice(itertools.cycle((True, False, False, True)), options.blocks):
        gateway.send_signal(signal.SIGCONT if scraped else signal.SIGSTOP)
        began = time.monotonic() + options.settle
        time.sleep(options.seconds)
        blocks.append((scraped, began, time.monotonic()))
    gateway.send_signal(signal.SIGCONT)
    running_for = options.blocks / 2 * options.seconds
    pages, cpu = ((after - then) / running_for
                  for after, then in zip((scrapes(options), cpu_seconds(gateway)), before))
    over.set()
    for client in clients:
        client.join()
    done = [request for client in clients for request in client.done]
    samples = [(scraped, end - began, [first for at, first in done if began <= at < end])
               for scraped, began, end in blocks]
    return samples, sum(client.failed for client in clients), pages, cpu


def quantile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def figures(blocks):
    """Of blocks of one kind."""
    firsts = [first for _, _, block in blocks for first in block]
    return {
        "first token p50 ms": 1e3 * quantile(firsts, 0.5),
        "first token p99 ms": 1e3 * quantile(firsts, 0.99),
        "requests/s": len(firsts) / sum(seconds for _, seconds, _ in blocks),
    }


def ratios(pairs):
    on, off = (figures([block for pair in pairs for block in pair if block[0] == kind]) for kind in (True, False))
    return {name: on[name] / off[name] for name in on}


def compare(samples, rng, times=2000):
    pairs = list(zip(samples[::2], samples[1::2]))
    drawn = [ratios(rng.choices(pairs, k=len(pairs))) for _ in range(times)]
    on, off = (figures([block for block in samples if block[0] == kind]) for kind in (True, False))
    return {
        name: {
            "scraped": on[name], "not": off[name], "ratio": ratio,
            "low": quantile([d[name] for d in drawn], 0.025), "high": quantile([d[name] for d in drawn], 0.975),
        }
        for name, ratio in ratios(pairs).items()
    }


def table(result):
    rows = ["| | scraped | not | ratio | 95% interval |", "| --- | --- | --- | --- | --- |"]
    for name, row in result.items():
        rows.append(f"| {name} | {row['scraped']:.2f} | {row['not']:.2f} | {row['ratio']:.3f} "
                    f"| {row['low']:.3f} to {row['high']:.3f} |")
    return "\n".join(rows)


def main():
    options = arguments()
    cores = sorted(os.sched_getaffinity(0))
    of_server, of_others = (cores[:1], cores[1:]) if options.apart else (cores, cores)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        with on_cores(of_server):
            server = start_server(options, options.port, folder)
        try:
            say("starting a vLLM server")
            wait_until("server up", lambda: running(server.process) and call(
                "GET", server.url + "/health")[0] == 200, 300)
            with on_cores(of_others), the_gateway(options, server, folder) as gateway:
                seconds = options.warm_up + options.blocks * options.seconds
                say(f"{options.blocks} blocks, {seconds:.0f} s")
                samples, failed, pages, cpu = measure(options, gateway)
        finally:
            server.stop()
    result = compare(samples, random.Random(options.seed))
    requests = sum(len(block) for _, _, block in samples)
    print(f"\nscraped every {options.interval} ({pages:.2f} pages/s, {100 * cpu:.1f}% of a core for the gateway), "
          f"{options.clients} requests at a time, pauses of {options.pause} ms, "
          f"{options.tokens} tokens each, {options.blocks} blocks of {options.seconds} s; "
          f"{requests} requests, {failed} failed\n\n{table(result)}")
    pathlib.Path(options.json).write_text(json.dumps({
        "machine": f"{platform.machine()}, {os.cpu_count()} cores", "options": {
            key: value for key, value in vars(options).items() if key not in ("start", "serve", "run", "json")},
        "pages/s": pages, "gateway cores": cpu, "requests": requests, "failed": failed, "result": result}, indent=1) + "\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
