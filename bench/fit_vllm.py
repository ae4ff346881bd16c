#!/usr/bin/env python3
"""Measures a real vLLM server, to fit a simulation's parameters and to check the simulation by.

The model: a step in which n sequences decode and t prompt tokens are prefilled takes
step + perSequence x n + perPromptToken x t; an adapter that is in no GPU slot stops that step for
swap(cpu) or swap(disk) more; a request alone gets its first token after overhead + one such step.
All times are in milliseconds and as a client on the same machine sees them.

Measurements, each repeated in rounds so that drift touches all settings alike:
  decode    median time between tokens at 1, 2, 4, ... sequences, one adapter. From streams, from the
            difference between two whole answers (the engine without the cost of streaming), and by the
            server's own histogram
  adapters  the same at 8 sequences, from whole answers, with the base model and with 1 .. max_loras distinct adapters
  prefill   first token of prompts of 16 .. 1000 tokens of random ids (so nothing is in a prefix cache)
  swap      first token with the adapter in a GPU slot, in host memory, and on disk only: rounds over
            1, max_loras + 1 and all adapters, which an LRU misses always. The server's trace must
            confirm every case. "load" and "activate" are the durations within the trace
  requests  requests of one token, 8 at a time: what each costs the server when it is busy
  capacity  the traffic of the last phase, 16 at a time
  trace     an open loop (Poisson) at shares of that capacity, Zipf over the adapters, prompts and
            answers of varied lengths: each request with its first-token time and its end, written
            as CSV. Each run starts from the same LRUs, which the JSON file names

"median" is over all repetitions; "floor" is the median of the minima of every three, which another
program's load moves less. "others" is the CPU time of other programs during a measurement, as a share
of the machine; a measurement with more than --others is repeated, twice at most, and not
once --seconds are over. Two traces at the same share have the same arrivals: they show how far two runs differ.
"""
import argparse
import asyncio
import collections
import contextlib
import csv
import gzip
import itertools
import json
import os
import pathlib
import platform
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

SIZES = (1, 2, 4, 8, 16)
PROMPTS = (16, 64, 128, 256, 512, 768, 1000)
VOCABULARY = range(10, 1000)


def arguments():
    here = pathlib.Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="examples:\n"
        "  fit_vllm.py --start POOL --serve serve.sh --port 8101\n"
        "      runs `serve.sh POOL 8101`, with LORA_TRACE set, and measures it\n"
        "  nice -n -10 fit_vllm.py ...\n"
        "      the same on a machine that is not idle: server and client go before other programs\n"
        "  fit_vllm.py --server http://127.0.0.1:8101=/tmp/trace.jsonl --models /models",
    )
    parser.add_argument("--server", metavar="URL=TRACEFILE", help="a running server and its trace")
    parser.add_argument("--start", metavar="DIR", help="start a server from this directory")
    parser.add_argument("--serve", metavar="PATH", help="the script that --start runs as PATH DIR PORT")
    parser.add_argument("--port", default="18121", help="of --start (default: %(default)s)")
    parser.add_argument("--models", metavar="DIR",
                        help="adapters are loaded from DIR/NAME (default with --start: its models/)")
    parser.add_argument("--base", default="base", help="name of the base model (default: %(default)s)")
    parser.add_argument("--adapters", type=int, default=6, help="lora-0 ... (default: %(default)s)")
    parser.add_argument("--max-loras", type=int, default=2, help="(default: %(default)s)")
    parser.add_argument("--max-cpu-loras", type=int, default=3, help="(default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=6, help="of each measurement (default: %(default)s)")
    parser.add_argument("--requests", type=int, default=300, help="of a trace (default: %(default)s)")
    parser.add_argument("--shares", default="0.6,0.6,0.3",
                        help="of the capacity, one trace each (default: %(default)s)")
    parser.add_argument("--zipf", type=float, default=1.0, help="exponent (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="(default: %(default)s)")
    parser.add_argument("--others", type=float, default=0.03,
                        help="CPU share of other programs that is let pass (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=240,
                        help="after this time nothing is repeated (default: %(default)s)")
    parser.add_argument("--json", default=str(here / "results" / "vllm-fit.json"), metavar="FILE",
                        help="(default: %(default)s)")
    parser.add_argument("--csv", default=str(here / "results" / "vllm-trace.csv"), metavar="FILE",
                        help="compressed when named *.gz (default: %(default)s)")
    options = parser.parse_args()
    if bool(options.start) == bool(options.server):
        parser.error("give either --server or --start")
    if options.start and not options.serve:
        parser.error("--start needs --serve")
    if options.start and not options.models:
        options.models = str(pathlib.Path(options.start).resolve() / "models")
    if not options.models:
        parser.error("--server needs --models")
    if options.adapters <= options.max_cpu_loras or options.max_cpu_loras <= options.max_loras:
        parser.error("expected: --max-loras < --max-cpu-loras < --adapters")
    return options


BEGAN = time.monotonic()


def say(text):
    print(f"[{time.monotonic() - BEGAN:5.0f} s] {text}", flush=True)


def http(url, body=None):
    """Returns status and body."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


class Client:
    """Sends completions over kept connections. Confined to one event loop."""

    Answer = collections.namedtuple("Answer", "sent first end reads")

    def __init__(self, url):
        self.host, self.port = url.split("//")[1].split(":")
        self.idle = []

    async def connect(self):
        while self.idle:
            reader, writer, since = self.idle.pop()
            if time.perf_counter() - since < 3 and not reader.at_eof():
                return reader, writer
            writer.close()
        return await asyncio.open_connection(self.host, self.port)

    async def send(self, model, prompt, tokens, stream=True, at=None):
        """Sends at {@code at} or now; the times are those of time.perf_counter()."""
        body = json.dumps({"model": model, "prompt": prompt, "max_tokens": tokens, "ignore_eos": True,
                           "stream": stream, "temperature": 0}).encode()
        head = (f"POST /v1/completions HTTP/1.1\r\nhost: {self.host}\r\ncontent-type: application/json\r\n"
                f"content-length: {len(body)}\r\n\r\n").encode()
        if at is not None:
            await asyncio.sleep(at - time.perf_counter() - 0.01)
        reader, writer = await self.connect()
        if at is not None:
            await asyncio.sleep(at - time.perf_counter())
        sent = time.perf_counter()
        writer.write(head + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        if not answer.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"{model}, {len(prompt)} + {tokens} tokens: {answer.decode()}{await reader.read(4000)}")
        first, reads = await (self.events(reader) if stream else self.whole(reader, answer))
        end = time.perf_counter()
        self.idle.append((reader, writer, end))
        return self.Answer(sent, first, end, reads)

    async def events(self, reader):
        """Reads a chunked stream to its end; returns when its first event and each piece came."""
        reads, tail = [], b""
        while not tail.endswith(b"\r\n0\r\n\r\n"):
            data = await reader.read(65536)
            if not data:
                raise SystemExit("the server closed a stream")
            reads.append(time.perf_counter())
            tail = (tail + data)[-64:]
        return reads[0], reads

    async def whole(self, reader, head):
        await reader.readexactly(int(re.search(rb"(?i)content-length: (\d+)", head).group(1)))
        now = time.perf_counter()
        return now, [now]


class Server:
    """A vLLM server, its trace and its processes."""

    def __init__(self, url, trace, process=None):
        self.url, self.trace, self.process = url.rstrip("/"), pathlib.Path(trace), process
        self.offset = 0

    def new_events(self):
        """The changes since the last call."""
        with self.trace.open("rb") as trace:
            trace.seek(self.offset)
            text = trace.read()
        whole = text[: text.rfind(b"\n") + 1]
        self.offset += len(whole)
        return [json.loads(line) for line in whole.splitlines()]

    def register(self, options):
        listed = {card["id"] for card in json.loads(http(self.url + "/v1/models")[1])["data"]}
        for name in names(options):
            if name not in listed:
                body = {"lora_name": name, "lora_path": f"{options.models}/{name}"}
                status, text = http(self.url + "/v1/load_lora_adapter", body)
                if status != 200:
                    raise SystemExit(f"loading {name} gave {status}: {text}")

    def sum_and_count(self, histogram):
        page = http(self.url + "/metrics")[1].splitlines()
        return [sum(float(line.rsplit(" ", 1)[1]) for line in page if line.startswith(f"{histogram}_{part}{{"))
                for part in ("sum", "count")]

    def arguments(self):
        """The server's command, without directories."""
        if not self.process:
            return None
        command = pathlib.Path(f"/proc/{self.process.pid}/cmdline").read_text().rstrip("\0").split("\0")
        return [re.sub(r"[^=]*/", "", argument) for argument in command]

    def cpu_seconds(self):
        """CPU time of the server's session so far, or None when it was not started here."""
        if not self.process:
            return None
        ticks = 0
        for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                fields = stat.read_text().rsplit(")", 1)[1].split()
                if int(fields[3]) == self.process.pid:
                    ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def stop(self):
        if self.process:
            os.killpg(self.process.pid, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(20)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)


@contextlib.contextmanager
def the_server(options):
    if options.server:
        yield Server(*options.server.split("=", 1))
        return
    folder = pathlib.Path(tempfile.mkdtemp(prefix="fit-vllm-"))
    say(f"starting a server; log and trace: {folder}")
    log, trace = (folder / "vllm.log").open("w"), folder / "trace.jsonl"
    process = subprocess.Popen(
        [options.serve, options.start, options.port], stdout=log, stderr=log, start_new_session=True,
        env={**os.environ, "LORA_TRACE": str(trace)})
    server = Server(f"http://127.0.0.1:{options.port}", trace, process)
    try:
        for _ in range(600):
            if process.poll() is not None:
                raise SystemExit(f"the server ended with {process.returncode} (log in {folder})")
            with contextlib.suppress(OSError):
                if http(server.url + "/health")[0] == 200:
                    break
            time.sleep(0.5)
        else:
            raise SystemExit(f"the server was not up within 300 s (log in {folder})")
        yield server
    finally:
        server.stop()


class Others:
    """The CPU time that other programs took, as a share of the machine."""

    def __init__(self, server):
        self.server = server
        self.begin = self.read()

    def read(self):
        fields = [int(f) for f in pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
        tick = os.sysconf("SC_CLK_TCK")
        own, times = self.server.cpu_seconds(), os.times()
        busy = (sum(fields) - fields[3] - fields[4]) / tick
        return busy, sum(fields) / tick, None if own is None else own + times.user + times.system

    def share(self):
        (busy, total, own), (busy0, total0, own0) = self.read(), self.begin
        return None if own is None else round(max(0, busy - busy0 - own + own0) / max(total - total0, 1e-3), 3)


def names(options):
    return [f"lora-{i}" for i in range(options.adapters)]


def summary(samples):
    """Median, floor, quartiles and number of samples given in the order of measurement, None left out."""
    samples = [sample for sample in samples if sample is not None]
    if len(samples) < 2:
        raise SystemExit("other programs leave the server too little CPU for a measurement")
    minima = [min(group) for group in (samples[i:i + 3] for i in range(0, len(samples), 3)) if len(group) == 3]
    quartiles = statistics.quantiles(samples, n=4)
    numbers = {"median": statistics.median(samples), "floor": statistics.median(minima or samples),
               "p25": quartiles[0], "p75": quartiles[2], "min": min(samples)}
    return {name: round(value, 3) for name, value in numbers.items()} | {"samples": len(samples)}


def line(points):
    """Theil and Sen's line through (x, y): intercept and slope; and the largest miss of a point."""
    slopes = [(y2 - y1) / (x2 - x1) for (x1, y1), (x2, y2) in itertools.combinations(points, 2)]
    slope = statistics.median(slopes)
    intercept = statistics.median(y - slope * x for x, y in points)
    miss = max(abs(y - intercept - slope * x) for x, y in points)
    return {"intercept": round(intercept, 4), "slope": round(slope, 5), "largestMiss": round(miss, 3)}


def lines(results):
    """The line through the medians and the one through the floors."""
    return {kind: line([(x, s[kind]) for x, s in results.items()]) for kind in ("median", "floor")}


class Measure:
    """The measurements; each returns what is written to the JSON file."""

    def __init__(self, options, server, client):
        self.options, self.server, self.client = options, server, client
        self.rng = random.Random(options.seed)
        self.lumps = 0

    def prompt(self, tokens, rng=None):
        return (rng or self.rng).choices(VOCABULARY, k=tokens)

    async def batch(self, models, tokens, stream=True):
        """One request per model at the same time."""
        return await asyncio.gather(*(self.client.send(m, self.prompt(16), tokens, stream) for m in models))

    async def gap(self, models, tokens):
        """Median time between tokens while all the streams run, in ms.

        Where other programs leave the server too little CPU, tokens come in lumps: then it is measured
        anew, five times at most.
        """
        for _ in range(5):
            answers = await self.batch(models, tokens)
            if statistics.median(len(a.reads) for a in answers) > tokens * 0.8:
                break
            self.lumps += 1
        begin, end = max(a.first for a in answers), min(a.end for a in answers)
        return statistics.median(
            (after - before) * 1e3 for a in answers for before, after in itertools.pairwise(a.reads)
            if begin <= before and after <= end) if begin < end else None

    async def step(self, models, tokens):
        """Time of a step from whole answers, in ms."""
        spans = []
        for length in (4, tokens):
            answers = await self.batch(models, length, stream=False)
            spans.append(max(a.end for a in answers) - min(a.sent for a in answers))
        return (spans[1] - spans[0]) / (tokens - 4) * 1e3

    async def decode(self):
        streamed, engine = collections.defaultdict(list), collections.defaultdict(list)
        histogram = collections.defaultdict(list)
        for _ in range(self.options.rounds):
            for n in SIZES:
                models, before = ["lora-0"] * n, self.server.sum_and_count("vllm:inter_token_latency_seconds")
                streamed[n].append(await self.gap(models, 48))
                after = self.server.sum_and_count("vllm:inter_token_latency_seconds")
                histogram[n].append((after[0] - before[0]) / max(after[1] - before[1], 1) * 1e3)
                engine[n].append(await self.step(models, 36))
        kinds = {"streamed": streamed, "whole": engine, "histogram": histogram}
        result = {kind: {n: summary(s) for n, s in by_size.items()} for kind, by_size in kinds.items()}
        return result | {f"{kind}Line": lines(result[kind]) for kind in kinds}

    async def adapters(self):
        """The key is the number of distinct adapters, 0 the base model."""
        samples = collections.defaultdict(list)
        for _ in range(self.options.rounds):
            for distinct in range(self.options.max_loras + 1):
                models = [f"lora-{i % distinct}" if distinct else self.options.base for i in range(8)]
                await self.batch(models[:max(distinct, 1)], 1)
                samples[distinct].append(await self.step(models, 48))
        return {distinct: summary(s) for distinct, s in samples.items()}

    async def first_token(self, model, tokens):
        answer = await self.client.send(model, self.prompt(tokens), 1)
        return (answer.first - answer.sent) * 1e3

    async def prefill(self):
        result = {}
        for model in (self.options.base, "lora-0"):
            samples = collections.defaultdict(list)
            await self.first_token(model, 16)
            for _ in range(self.options.rounds * 2):
                for tokens in PROMPTS:
                    samples[tokens].append(await self.first_token(model, tokens))
            result[model] = {tokens: summary(s) for tokens, s in samples.items()}
            result[f"{model}Line"] = lines(result[model])
        return result

    async def swap(self):
        options, samples = self.options, collections.defaultdict(list)
        loads, activates, odd = [], [], 0
        rounds = {"gpu": names(options)[:1], "cpu": names(options)[:options.max_loras + 1], "disk": names(options)}
        expected = {"gpu": [], "cpu": ["activate"], "disk": ["load", "activate"]}
        for _ in range(options.rounds * 2):
            for kind, adapters in rounds.items():
                for name in adapters:
                    await self.first_token(name, 16)
                self.server.new_events()
                for name in adapters * (6 // len(adapters)):
                    took = await self.first_token(name, 16)
                    await asyncio.sleep(0.005)
                    events = self.server.new_events()
                    if [e["event"] for e in events] != expected[kind]:
                        odd += 1
                        continue
                    samples[kind].append(took)
                    if kind == "disk":
                        loads.append(events[0]["ms"])
                        activates.append((events[1]["t"] - events[0]["t"]) * 1e3)
        result = {kind: summary(s) for kind, s in samples.items()}
        for kind in ("cpu", "disk"):
            result[f"{kind}Added"] = {k: round(result[kind][k] - result["gpu"][k], 3) for k in ("median", "floor")}
        return result | {"load": summary(loads), "activateAfterLoad": summary(activates), "notAsExpected": odd}

    async def closed(self, requests, at_a_time):
        """Sends all, so many at a time; returns the seconds."""
        left = iter(requests)

        async def client():
            for request in left:
                await self.client.send(*request)

        begin = time.perf_counter()
        await asyncio.gather(*(client() for _ in range(at_a_time)))
        return time.perf_counter() - begin

    async def requests(self):
        samples = []
        for _ in range(self.options.rounds):
            sent = [("lora-0", self.prompt(16), 1) for _ in range(64)]
            samples.append(await self.closed(sent, 8) / len(sent) * 1e3)
        return summary(samples)

    def traffic(self, count, seed):
        """(adapter, prompt, output tokens): Zipf over the adapters, log-normal lengths."""
        rng = random.Random(seed)
        weights = [1 / (i + 1) ** self.options.zipf for i in range(self.options.adapters)]
        for name in rng.choices(names(self.options), weights, k=count):
            prompt = min(max(int(rng.lognormvariate(4.4, 0.8)), 8), 700)
            yield name, self.prompt(prompt, rng), min(max(int(rng.lognormvariate(2.7, 0.7)), 2), 100)

    async def start_state(self):
        """Touches every adapter in turn, so that the LRUs are the same at each start."""
        for name in names(self.options):
            await self.first_token(name, 16)

    async def capacity(self):
        """Requests per second with the batch always full."""
        rates = []
        for i in range(3):
            await self.start_state()
            sent = list(self.traffic(160, self.options.seed + i))
            rates.append(len(sent) / await self.closed(sent, 16))
        return {"requestsPerSecond": round(max(rates), 2), "runs": [round(rate, 2) for rate in rates]}

    async def trace(self, share, rate, run):
        """Rows of the CSV file."""
        sent = list(self.traffic(self.options.requests, self.options.seed + 100))
        gaps = random.Random(self.options.seed + int(share * 1000))
        arrivals = list(itertools.accumulate(gaps.expovariate(rate) for _ in sent))
        await self.start_state()
        await asyncio.sleep(0.2)
        self.server.new_events()
        begin = time.perf_counter() + 0.3
        offset = time.time() - time.perf_counter()
        answers = await asyncio.gather(*(
            self.client.send(*request, at=begin + arrival) for request, arrival in zip(sent, arrivals)))
        await asyncio.sleep(0.05)
        changes = self.server.new_events()
        rows = []
        for (name, prompt, tokens), answer in zip(sent, answers):
            during = collections.Counter(
                e["event"] for e in changes
                if e["adapter"] == name and answer.sent <= e["t"] - offset <= answer.first)
            rows.append((share, run, f"{(answer.sent - begin) * 1e3:.2f}", name, len(prompt), tokens,
                         f"{(answer.first - answer.sent) * 1e3:.2f}", f"{(answer.end - answer.sent) * 1e3:.2f}",
                         int(during["activate"] > 0), int(during["load"] > 0)))
        late = max(answer.sent - begin - arrival for answer, arrival in zip(answers, arrivals))
        count = collections.Counter(e["event"] for e in changes)
        first = sorted((a.first - a.sent) * 1e3 for a in answers)
        return rows, {
            "share": share, "run": run, "requests": len(rows), "rate": round(rate, 2),
            "ttftMs": {f"p{p}": round(first[min(len(first) * p // 100, len(first) - 1)], 2) for p in (50, 90, 99)},
            "activations": count["activate"], "loads": count["load"], "latestSendMs": round(late * 1e3, 2)}


COLUMNS = ("share", "run", "arrival_ms", "adapter", "prompt_tokens", "output_tokens", "ttft_ms", "end_ms",
           "activated", "loaded")


class Run:
    """Does the measurements in order and keeps what they gave."""

    def __init__(self, options, server):
        self.options, self.server = options, server
        self.measure = Measure(options, server, Client(server.url))
        self.measured = {}

    async def quiet(self, what, measurement):
        """Repeats a measurement that other programs disturbed; keeps the quietest."""
        best = None
        for _ in range(3):
            others, begin = Others(self.server), time.monotonic()
            result = await measurement()
            share = others.share()
            say(f"{what}: {time.monotonic() - begin:.0f} s"
                + ("" if share is None else f", other programs used {share:.1%} of the machine"))
            if best is None or share < best[1]:
                best = result, share
            late = time.monotonic() - BEGAN > self.options.seconds
            if late or best[1] is None or best[1] <= self.options.others:
                break
        return best

    async def all(self):
        self.server.register(self.options)
        await self.measure.closed([(n, self.measure.prompt(64), 16) for n in names(self.options) * 6], 8)
        for what in ("decode", "adapters", "prefill", "swap", "requests", "capacity"):
            result, others = await self.quiet(what, getattr(self.measure, what))
            self.measured[what] = result | {"others": others}
        rows = []
        self.measured["trace"] = []
        for run, share in enumerate((float(s) for s in self.options.shares.split(",")), 1):
            rate = share * self.measured["capacity"]["requestsPerSecond"]
            (more, about), others = await self.quiet(
                f"trace {run} at {share:.0%}", lambda: self.measure.trace(share, rate, run))
            rows += more
            self.measured["trace"].append(about | {"others": others})
        return rows


def model(options, measured):
    """The parameters, by kind of statistic."""
    parameters = {}
    for kind in ("median", "floor"):
        step, prefill = measured["decode"]["wholeLine"][kind], measured["prefill"]["lora-0Line"][kind]
        adapters = measured["adapters"]
        parameters[kind] = {
            "stepMs": step["intercept"],
            "perSequenceMs": step["slope"],
            "perPromptTokenMs": prefill["slope"],
            "overheadMs": round(prefill["intercept"] - step["intercept"] - step["slope"], 3),
            "swapCpuMs": measured["swap"]["cpuAdded"][kind],
            "swapDiskMs": measured["swap"]["diskAdded"][kind],
            "perFurtherAdapterMs": round(
                (adapters[options.max_loras][kind] - adapters[1][kind]) / max(options.max_loras - 1, 1), 3),
            "loraMs": round(adapters[1][kind] - adapters[0][kind], 3),
            "perRequestBusyMs": measured["requests"][kind],
        }
    return parameters


def table(measured, parameters):
    rows = [("", "median", "floor", "p25", "p75")]

    def add(what, numbers):
        rows.append((what, *(f"{numbers[k]:.2f}" if k in numbers else "" for k in rows[0][1:])))

    for kind in ("streamed", "whole", "histogram"):
        for size, numbers in measured["decode"][kind].items():
            add(f"ms between tokens, {kind}, {size} sequences", numbers)
    for distinct in (key for key in measured["adapters"] if key != "others"):
        numbers = measured["adapters"][distinct]
        add(f"ms between tokens, 8 sequences, {distinct} adapters", numbers)
    for who in [key for key in measured["prefill"] if key + "Line" in measured["prefill"]]:
        for tokens, numbers in measured["prefill"][who].items():
            add(f"ms to first token, {who}, {tokens} prompt tokens", numbers)
    for kind in ("gpu", "cpu", "disk"):
        add(f"ms to first token, adapter in {kind}", measured["swap"][kind])
    add("ms to load from disk, by the trace", measured["swap"]["load"])
    add("ms from there to a GPU slot, by the trace", measured["swap"]["activateAfterLoad"])
    add("ms per request, one token, 8 at a time", measured["requests"])
    for name in parameters["median"]:
        add(f"model: {name}", {kind: parameters[kind][name] for kind in parameters})
    for run in measured["trace"]:
        rows.append((f"trace {run['run']} at {run['share']:.0%} ({run['rate']}/s), ms to first token",
                     *(f"{k} {v}" for k, v in run["ttftMs"].items()), f"{run['activations']} swaps"))
    width = max(len(row[0]) for row in rows)
    for row in rows:
        print(f"{row[0].ljust(width)}  {'  '.join(cell.rjust(10) for cell in row[1:])}")


def machine():
    cpu = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    return {"cpu": cpu.group(1) if cpu else platform.processor(), "cores": os.cpu_count(),
            "system": f"{platform.system()} {platform.release().split('-')[0]}"}


def main():
    options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by SIGTERM"))
    load_before = os.getloadavg()
    with the_server(options) as server:
        version = json.loads(http(server.url + "/version")[1])["version"]
        say(f"vLLM {version} is up")
        run = Run(options, server)
        rows = asyncio.run(run.all())
        parameters = model(options, run.measured)
        report = {
            "machine": machine() | {"nice": os.nice(0), "loadBefore": load_before, "loadAfter": os.getloadavg()},
            "vllm": version,
            "server": server.arguments(),
            "command": [re.sub(r"[^=]*/", "", argument) for argument in sys.argv],
            "maxLoras": options.max_loras, "maxCpuLoras": options.max_cpu_loras,
            "adaptersOldestFirstAtTraceStart": names(options),
            "model": parameters,
            "lumps": run.measure.lumps,
            "measured": run.measured,
        }
    pathlib.Path(options.json).parent.mkdir(parents=True, exist_ok=True)
    pathlib.Path(options.json).write_text(json.dumps(report, indent=1) + "\n")
    opened = gzip.open if options.csv.endswith(".gz") else open
    with opened(options.csv, "wt", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows)
    table(run.measured, parameters)
    say(f"written: {options.json}, {options.csv}")


if __name__ == "__main__":
    main()
