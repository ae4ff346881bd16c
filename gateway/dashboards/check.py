#!/usr/bin/env python3
"""Asks a Prometheus beside `gateway/run demo` every query of every panel, and says which have no answer.

usage: gateway/dashboards/check.py        (about a minute; needs the demo's ports and 19099, and `prometheus` on PATH)
"""

import concurrent.futures
import json
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
GATEWAY = "http://127.0.0.1:8080"
ADMIN = "http://127.0.0.1:9090"
PROMETHEUS = "http://127.0.0.1:19099"
SECONDS = 25

# Nothing to show while all goes well, without the control plane, or while the slots are enough for all adapters.
MAY_BE_EMPTY = {
    "Swap, p95", "Swap time", "Swap time, p95",
    "Tried again", "Most errors", "Ejections", "Wait in the gateway", "Corrections of the estimate",
    "Declared adapters by phase", "Load time", "Loads and unloads",
}


def get(url, body=None):
    request = urllib.request.Request(url, body and json.dumps(body).encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read()


def wait_for(url, seconds):
    end = time.time() + seconds
    while time.time() < end:
        try:
            return get(url)
        except OSError:
            time.sleep(0.3)
    sys.exit(f"check.py: {url} did not answer within {seconds} s")


def ask(number):
    model = "base" if number % 8 == 7 else f"lora-{number * number % 6}"
    if number % 50 == 49:
        model = "unknown"
    body = {"model": model, "stream": number % 2 == 0, "stream_options": {"include_usage": True}, "max_tokens": 8,
            "messages": [{"role": "user", "content": "hello"}]}
    if not body["stream"]:
        del body["stream_options"]
    try:
        get(GATEWAY + "/v1/chat/completions", body)
    except urllib.error.HTTPError as error:
        if error.code != 404:
            raise


def load():
    """Requests for some seconds, most adapters more often than others."""
    end = time.time() + SECONDS
    number = 0
    with concurrent.futures.ThreadPoolExecutor(8) as clients:
        while time.time() < end:
            list(clients.map(ask, range(number, number + 8)))
            number += 8
    return number


def queries():
    for file in sorted(HERE.glob("*.json")):
        for panel in json.loads(file.read_text())["panels"]:
            for target in panel.get("targets", []):
                yield file.name, panel["title"], target["expr"]


def check():
    empty = bad = count = 0
    for file, title, expr in queries():
        count += 1
        for name, value in {"$pool": ".*", "$endpoint": ".*", "$__rate_interval": "15s", "[5m]": "[15s]"}.items():
            expr = expr.replace(name, value)
        try:
            found = json.loads(get(PROMETHEUS + "/api/v1/query?" + urllib.parse.urlencode({"query": expr})))
        except urllib.error.HTTPError as error:
            print(f"{file}: {title}: {json.loads(error.read())['error']}: {expr}")
            bad += 1
            continue
        values = [float(series["value"][1]) for series in found["data"]["result"]]
        values = [value for value in values if value == value]
        if not values:
            empty += 1
            if title not in MAY_BE_EMPTY:
                print(f"{file}: {title}: no answer: {expr}")
                bad += 1
    print(f"{count} queries, {count - empty} with an answer, {bad} wrong")
    return bad


def main():
    if len(sys.argv) > 1:
        print(__doc__.strip())
        return 0 if sys.argv[1] in ("-h", "--help") else 2
    if not shutil.which("prometheus"):
        sys.exit("check.py: prometheus was not found (expected: on PATH, as from Debian's package)")
    started = []
    with tempfile.TemporaryDirectory() as work:
        try:
            logs = open(pathlib.Path(work) / "log", "w+")
            started.append(subprocess.Popen([HERE.parent / "run", "demo"], stdout=logs, stderr=logs))
            config = pathlib.Path(work) / "prometheus.yml"
            config.write_text(
                "global: { scrape_interval: 1s, evaluation_interval: 1s }\n"
                f"rule_files: [ {HERE.parent}/alerts/lora-gateway.yaml ]\n"
                "scrape_configs: [ { job_name: gateway, static_configs: [ { targets: [ '127.0.0.1:9090' ] } ] } ]\n")
            wait_for(ADMIN + "/readyz", 120)
            started.append(subprocess.Popen(
                ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={work}/data",
                 "--web.listen-address=127.0.0.1:19099"], stdout=logs, stderr=logs))
            wait_for(PROMETHEUS + "/-/ready", 60)
            print(f"{load()} requests in {SECONDS} s")
            return 1 if check() else 0
        finally:
            for process in reversed(started):
                process.send_signal(signal.SIGTERM)
            for process in started:
                process.wait(60)


if __name__ == "__main__":
    sys.exit(main())
