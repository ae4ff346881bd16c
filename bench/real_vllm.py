#!/usr/bin/env python3
"""Checks the gateway against two real vLLM servers whose adapter residency is traced.

Each server writes one JSON line per change of its two adapter LRUs to its trace file:
{"t": unix seconds, "event": "load"|"activate", "adapter": ..., "gpu": [...], "cpu": [...]}, oldest
first ("load", disk to CPU, carries no lists; a hit writes nothing). Hits and residency are judged by
these traces alone, never by what the gateway says about itself.

Phases:
  sdk         what the OpenAI SDK needs: chat, streams, completions, model list, errors
  sequential  four adapters at random, one request at a time, under each policy: how many requests
              found their adapter in a GPU slot; after each, /api/state against the traced LRUs
  concurrent  six adapters, eight requests at a time: the same, compared when nothing is in flight.
              Once with answers of one length and once with answers of many lengths
  accuracy    six adapters, one and eight requests at a time, whole and streamed answers of 2 to 24 tokens,
              under each of --accuracy-policies: how often what the gateway believed at a dispatch was right
  shared      the same while half of the traffic comes from others: through a second gateway with the same
              policy, then straight to the servers. Only the first gateway's dispatches are judged
  kill        eight clients, streaming and not, without SDK retries, while one server is killed with
              SIGKILL and started again: requests that failed before the client saw any of the answer,
              and, once all is quiet, /api/state against the traces (only with --start)

A dispatch is judged by its need of a swap: x-gateway-tier says `resident` or `swap`, and the trace of the
server in x-gateway-endpoint says whether the adapter was activated, which is put into a GPU slot, between
the client's sending and its first byte (of a stream; else the end: an adapter with a request in the batch
is not evicted, so that no later activation falls into that time).
  `resident` is right when there was no such activation. One that another request caused counts against
             it, even if it came before the dispatch itself, on the way from the client to the gateway
  `swap`     is right when there was one. Also when the activation was earlier, but during the wait of
             another request for the same adapter there, from its sending to its first byte, that was
             still unanswered when this one was sent: then the adapter was being loaded as far as anybody
             outside the engine can know. The share without this second case is given too, as "strict"
  any other value of x-gateway-tier is wrong. Requests that failed are not dispatches; they are counted.
"when sent" is another question: whether `resident` or not was the adapter's state when the client sent.
It has no bar: a request's adapter may lose its slot between there and the engine's next step.

Before each gateway starts, every server gets one direct request per adapter in the order in which it
lists them, so that each run starts from the same LRUs, and from those that a fresh server would have
(--as-found leaves that out: then a gateway starts on servers that have a past).
The gateway is restarted for each policy, with a configuration written to a temporary directory.
"""
import argparse
import bisect
import collections
import concurrent.futures
import contextlib
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import typing
import urllib.error
import urllib.request

import openai

HITS_BAR = 0.95
STATE_BAR = 0.98
ACCURACY_BAR = 0.98
SHARED_BAR = 0.90
WARM_UP = 30
# Two adapters whose last requests ended within this time, in ms, may have shared their last step. The
# engine touches the adapters of one step in the order of a hash that nobody outside knows, so that a
# mismatch between two of them is likely, but not proved, to be one that no client could avoid.
SAME_STEP = 30
WORDS = "the quick brown fox jumps over a lazy dog while seven wise owls count bright stars".split()
CONFIG = """\
listen: {gateway}
admin: {{ listen: {admin} }}
drain: {{ delay: 0s, timeout: 5s }}
pools:
  - name: real
    baseModel: {base}
    endpoints: {endpoints}
    cpuAdapterSlots: {cpu_slots}
    maxNumSeqs: {max_num_seqs}
    routing: {{ policy: {policy} }}
"""


def arguments():
    here = pathlib.Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="examples:\n"
        "  real_vllm.py --start POOL --serve serve.sh --json report.json\n"
        "      runs `serve.sh POOL PORT` twice, with LORA_TRACE set, and checks everything\n"
        "  real_vllm.py --server http://127.0.0.1:8101=/tmp/a.jsonl --models /models\\\n"
        "      --server http://127.0.0.1:8102=/tmp/b.jsonl --phases sequential --policies lora-aware",
    )
    parser.add_argument("--server", action="append", default=[], metavar="URL=TRACEFILE",
                        help="a running server and its trace; give it twice")
    parser.add_argument("--start", metavar="DIR", help="start two servers from this directory")
    parser.add_argument("--serve", metavar="PATH", help="the script that --start runs as PATH DIR PORT")
    parser.add_argument("--ports", default="18101,18102", help="of --start (default: %(default)s)")
    parser.add_argument("--models", metavar="DIR",
                        help="adapters are loaded from DIR/NAME (default with --start: its models/)")
    parser.add_argument("--base", default="base", help="name of the base model (default: %(default)s)")
    parser.add_argument("--cpu-slots", type=int, default=3, help="--max-cpu-loras (default: %(default)s)")
    parser.add_argument("--max-num-seqs", type=int, default=16, help="(default: %(default)s)")
    parser.add_argument("--gateway", default="127.0.0.1:18180", help="address to run the gateway on")
    parser.add_argument("--admin", default="127.0.0.1:18190", help="address of its admin port")
    parser.add_argument("--second-gateway", default="127.0.0.1:18181",
                        help="address of the shared phase's second gateway (default: %(default)s)")
    parser.add_argument("--second-admin", default="127.0.0.1:18191", help="(default: %(default)s)")
    parser.add_argument("--run", default=str(here.parent / "gateway" / "run"), help="the launcher")
    parser.add_argument("--phases", default="sdk,sequential,concurrent,accuracy,shared,kill",
                        help="(default: %(default)s)")
    parser.add_argument("--policies", default="lora-aware,random,tiered",
                        help="of the sequential phase (default: %(default)s)")
    parser.add_argument("--accuracy-policies", default="random,lora-aware",
                        help="of the accuracy and shared phases (default: %(default)s)")
    parser.add_argument("--at-a-time", default="1,8", help="clients in these phases (default: %(default)s)")
    parser.add_argument("--pause", type=float, default=0, metavar="MS",
                        help="mean pause of a client between two requests in these phases (default: 0)")
    parser.add_argument("--requests", type=int, default=400, help="per run (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of adapters and prompts (default: %(default)s)")
    parser.add_argument("--kills", type=int, default=3, help="servers killed (default: %(default)s)")
    parser.add_argument("--kill-seconds", type=float, default=10,
                        help="time before and after each kill (default: %(default)s)")
    parser.add_argument("--as-found", action="store_true", help="leave the servers' LRUs as they are")
    parser.add_argument("--json", metavar="FILE", help="write all numbers to this file")
    options = parser.parse_args()
    if bool(options.start) == bool(options.server):
        parser.error("give either --server twice or --start")
    if options.start and not options.serve:
        parser.error("--start needs --serve")
    if options.server and len(options.server) != 2:
        parser.error(f"--server was given {len(options.server)} times (expected: 2)")
    if options.start and not options.models:
        options.models = str(pathlib.Path(options.start).resolve() / "models")
    if not options.models:
        parser.error("--server needs --models")
    return options


def say(text):
    print(f"[{time.strftime('%H:%M:%S')}] {text}", flush=True)


def http(method, url, body=None, timeout=60):
    """Returns status and body."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def wait_until(what, condition, seconds):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            if condition():
                return
        time.sleep(0.25)
    raise SystemExit(f"{what} did not happen within {seconds} s")


class Server:
    """A vLLM server and its trace."""

    def __init__(self, url, trace, process=None):
        self.url, self.trace, self.process = url.rstrip("/"), pathlib.Path(trace), process
        self.address = self.url.split("//")[1]
        self.seen, self.offset = [], 0

    def events(self):
        """All changes so far; a line that is half written is left for the next reading."""
        if self.trace.exists():
            with self.trace.open("rb") as trace:
                trace.seek(self.offset)
                text = trace.read()
            whole = text[: text.rfind(b"\n") + 1]
            self.offset += len(whole)
            self.seen += [json.loads(line) for line in whole.splitlines()]
        return self.seen

    def truth(self):
        """The adapters in GPU slots and in host memory, oldest first."""
        for event in reversed(self.events()):
            if "gpu" in event:
                return event["gpu"], event["cpu"]
        return [], []

    def adapters(self):
        listed = json.loads(http("GET", self.url + "/v1/models")[1])["data"]
        return [card["id"] for card in listed if card.get("parent")]

    def served(self):
        """Finished requests, by the server's own count."""
        page = http("GET", self.url + "/metrics")[1]
        counts = [l for l in page.splitlines() if l.startswith("vllm:request_success_total{")]
        return int(sum(float(line.rsplit(" ", 1)[1]) for line in counts))

    def load(self, name, models):
        body = {"lora_name": name, "lora_path": f"{models}/{name}"}
        status, text = http("POST", self.url + "/v1/load_lora_adapter", body)
        if status != 200:
            raise SystemExit(f"{self.url}: loading {name} gave {status}: {text}")

    def chat(self, model):
        message = {"role": "user", "content": "hello"}
        body = {"model": model, "max_tokens": 2, "messages": [message]}
        status, text = http("POST", self.url + "/v1/chat/completions", body)
        if status != 200:
            raise SystemExit(f"{self.url}: {model} gave {status}: {text}")

    def kill(self):
        """Kills every process of the server at once."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(20)
            with contextlib.suppress(ProcessLookupError):
                self.kill()


def start_server(options, port, folder):
    trace = folder / f"trace-{port}.jsonl"
    log = (folder / f"vllm-{port}.log").open("w")
    process = subprocess.Popen(
        [options.serve, options.start, port], stdout=log, stderr=log, start_new_session=True,
        env={**os.environ, "LORA_TRACE": str(trace)},
    )
    return Server(f"http://127.0.0.1:{port}", trace, process)


@contextlib.contextmanager
def the_servers(options, folder):
    if options.server:
        yield [Server(*pair.split("=", 1)) for pair in options.server]
        return
    say("starting two vLLM servers")
    servers = [start_server(options, port, folder) for port in options.ports.split(",")]
    try:
        for server in servers:
            wait_until(f"{server.url} up (logs in {folder})",
                       lambda: running(server.process) and http("GET", server.url + "/health")[0] == 200, 300)
        yield servers
    finally:
        for server in servers:
            server.stop()


class Gateway:
    """A running gateway and a client of it."""

    def __init__(self, options, address, admin):
        self.options, self.admin = options, f"http://{admin}"
        self.url = f"http://{address}"
        self.client = openai.OpenAI(base_url=self.url + "/v1", api_key="none", max_retries=0, timeout=60)

    def ready(self):
        return http("GET", self.admin + "/readyz")[0] == 200

    def residency(self):
        """Per endpoint: the set in GPU slots, the set in GPU slots or host memory, and the row."""
        rows = {}
        for pool in json.loads(http("GET", self.admin + "/api/state")[1])["pools"]:
            for row in pool["endpoints"]:
                levels = {a["name"]: a["residency"] for a in row["adapters"]}
                gpu = {name for name, level in levels.items() if level == "gpu"}
                cpu = gpu | {name for name, level in levels.items() if level == "cpu"}
                rows[row["address"]] = (gpu, cpu, row)
        return rows


def running(process):
    if process.poll() is not None:
        raise SystemExit(f"{process.args[0]} ended with {process.returncode}")
    return True


@contextlib.contextmanager
def the_gateway(options, servers, policy, folder, second=False):
    """Starts a gateway on servers that were brought to the same state, or a second beside it."""
    address = options.second_gateway if second else options.gateway
    admin = options.second_admin if second else options.admin
    name = f"gateway-{policy}{'-second' if second else ''}"
    if not options.as_found and not second:
        for server in servers:
            for name in server.adapters():
                server.chat(name)
    config = folder / f"{name}.yaml"
    config.write_text(CONFIG.format(
        gateway=address, admin=admin, base=options.base, policy=policy,
        endpoints=json.dumps([server.url for server in servers]),
        cpu_slots=options.cpu_slots, max_num_seqs=options.max_num_seqs,
    ))
    log = (folder / f"{name}.log").open("a")
    process = subprocess.Popen([options.run, "serve", "--config", str(config)], stdout=log, stderr=log)
    try:
        gateway = Gateway(options, address, admin)
        wait_until(f"gateway ready (log in {folder})", lambda: running(process) and gateway.ready(), 180)
        wait_until("both endpoints up", lambda: all(
            row["health"] == "up" for _, _, row in gateway.residency().values()), 30)
        yield gateway
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


class Tally:
    """Compares the gateway's state with the traces."""

    def __init__(self, servers, shown=5):
        self.servers, self.shown = servers, shown
        self.equal = {(s.address, level): 0 for s in servers for level in ("gpu", "cpu")}
        self.ties = collections.Counter()
        self.compared = 0
        self.mismatches = []

    def compare(self, gateway, context):
        rows = gateway.residency()
        self.compared += 1
        for server in self.servers:
            gpu, cpu, row = rows[server.address]
            true_gpu, true_cpu = server.truth()
            self.equal[server.address, "gpu"] += gpu == set(true_gpu)
            self.equal[server.address, "cpu"] += cpu == set(true_cpu)
            if gpu != set(true_gpu) or cpu != set(true_cpu):
                self.note(server, gpu, cpu, true_gpu, true_cpu, row, context)

    def note(self, server, gpu, cpu, true_gpu, true_cpu, row, context):
        ages = {a["name"]: a["lastUsedMs"] for a in row["adapters"]}
        for level, mine, true in (("gpu", gpu, set(true_gpu)), ("cpu", cpu, set(true_cpu))):
            swapped = [ages.get(name) for name in mine ^ true]
            tie = len(swapped) == 2 and None not in swapped and abs(swapped[0] - swapped[1]) <= SAME_STEP
            self.ties[server.address, level] += tie
        line = {
            "server": server.address, "context": context, "gpu": sorted(gpu), "cpu": sorted(cpu),
            "tracedGpu": true_gpu, "tracedCpu": true_cpu, "lastUsedMs": ages,
        }
        self.mismatches.append(line)
        if len(self.mismatches) <= self.shown:
            say(f"  state differs: {json.dumps(line)}")

    def shares(self):
        return {f"{address} {level}": {
            "equal": count / max(1, self.compared), "ties": self.ties[address, level] / max(1, self.compared)}
                for (address, level), count in self.equal.items()}


def prompt(rng):
    return " ".join(rng.choice(WORDS) for _ in range(rng.randint(3, 12)))


def chat(gateway, model, text, tokens):
    """Sends one chat request; returns the address that served it, its start and its end."""
    start = time.time()
    answer = gateway.client.chat.completions.with_raw_response.create(
        model=model, max_tokens=tokens, messages=[{"role": "user", "content": text}],
        extra_body={"ignore_eos": True},
    )
    end = time.time()
    return answer.headers["x-gateway-endpoint"], start, end


def activations(server, since, until, adapter=None):
    return [e for e in server.events() if e["event"] == "activate" and since <= e["t"] <= until
            and adapter in (None, e["adapter"])]


def history(wave, wanted, done):
    """Who was served where and when, in ms since the wave began, in the order of the answers."""
    begin = min(start for _, start, _ in done)
    lines = []
    for (model, _, tokens), (address, start, end) in sorted(zip(wanted, done), key=lambda p: p[1][2]):
        times = f"{(start - begin) * 1e3:.0f}-{(end - begin) * 1e3:.0f}"
        lines.append(f"{model} x{tokens} @{address.rsplit(':')[-1]} {times}")
    return f"wave {wave} at {begin:.3f}: {', '.join(lines)}"


def check_served(servers, before, spread):
    """The servers' own counts must agree with x-gateway-endpoint."""
    for server, count in zip(servers, before):
        said, done = spread[server.address], server.served() - count
        if said != done:
            say(f"  {server.address} finished {done} requests, by the answers' headers {said}")


def sequential(options, servers, policy, folder):
    adapters = [f"lora-{i}" for i in range(4)]
    rng = random.Random(options.seed)
    spread, hits, misses = collections.Counter(), 0, collections.Counter()
    tally = Tally(servers)
    with the_gateway(options, servers, policy, folder) as gateway:
        by_address = {server.address: server for server in servers}
        tally.compare(gateway, "start")
        before = [server.served() for server in servers]
        for i in range(options.requests):
            model = rng.choice(adapters)
            address, start, end = chat(gateway, model, prompt(rng), 4)
            spread[address] += 1
            missed = bool(activations(by_address[address], start, end))
            if i >= WARM_UP:
                hits += not missed
                misses[model] += missed
            tally.compare(gateway, f"request {i}: {model} at {address}, {'miss' if missed else 'hit'}")
            if (i + 1) % 100 == 0:
                say(f"  {policy}: {i + 1} requests, {hits} hits after the first {WARM_UP}")
        check_served(servers, before, spread)
    return {
        "policy": policy, "requests": options.requests, "hitShare": hits / (options.requests - WARM_UP),
        "misses": dict(misses), "spread": dict(spread), "compared": tally.compared,
        "stateEqual": tally.shares(), "mismatches": tally.mismatches[:50],
    }


def concurrent_run(options, servers, lengths, folder):
    """Waves of eight requests; {@code lengths} is the range of answer lengths."""
    adapters = [f"lora-{i}" for i in range(6)]
    rng = random.Random(options.seed)
    tally, hits, spread = Tally(servers), 0, collections.Counter()
    with (the_gateway(options, servers, "lora-aware", folder) as gateway,
          concurrent.futures.ThreadPoolExecutor(8) as threads):
        by_address = {server.address: server for server in servers}
        before = [server.served() for server in servers]
        for wave in range(options.requests // 8):
            wanted = [(rng.choice(adapters), prompt(rng), rng.randint(*lengths)) for _ in range(8)]
            done = list(threads.map(lambda w: chat(gateway, *w), wanted))
            for (model, _, _), (address, start, end) in zip(wanted, done):
                spread[address] += 1
                hits += not activations(by_address[address], start, end, model)
            tally.compare(gateway, history(wave, wanted, done))
            if (wave + 1) % 10 == 0:
                say(f"  {(wave + 1) * 8} requests, {hits} hits")
        check_served(servers, before, spread)
    return {
        "lengths": lengths, "requests": sum(spread.values()), "hitShare": hits / sum(spread.values()),
        "spread": dict(spread), "compared": tally.compared, "stateEqual": tally.shares(),
        "mismatches": tally.mismatches[:50],
    }


class Dispatched(typing.NamedTuple):
    """One answered request; times in unix seconds, {@code first} the first byte of a stream, else the end."""

    model: str
    address: str
    tier: str
    stream: bool
    start: float
    first: float
    end: float

    def among(self, times):
        return any(self.start <= t <= self.first for t in times)


def dispatch(client, model, text, tokens, stream, address=None):
    """Sends one request, through a gateway or, with an address, to that server."""
    start = time.time()
    answer = client.chat.completions.with_raw_response.create(
        model=model, max_tokens=tokens, stream=stream, messages=[{"role": "user", "content": text}],
        extra_body={"ignore_eos": True},
    )
    first = time.time()
    if stream:
        chunks = iter(answer.parse())
        next(chunks)
        first = time.time()
        collections.deque(chunks, maxlen=0)
    return Dispatched(model, address or answer.headers["x-gateway-endpoint"],
                      answer.headers.get("x-gateway-tier", ""), stream, start, first, time.time())


class Accuracy:
    """Judges dispatches by the traces; the rule is at the top of this file."""

    def __init__(self, servers, sent):
        """{@code sent} are all requests, in any order; those without a tier are others'."""
        self.sent = sent
        self.waits = collections.defaultdict(list)
        for one in sent:
            self.waits[one.address, one.model].append(one)
        self.activated, self.changes = collections.defaultdict(list), {}
        for server in servers:
            changes = [event for event in server.events() if event["event"] == "activate"]
            self.changes[server.address] = [event["t"] for event in changes], changes
            for event in changes:
                self.activated[server.address, event["adapter"]].append(event["t"])

    def in_slot(self, one):
        """Whether the adapter was in a GPU slot when the request was sent."""
        times, changes = self.changes[one.address]
        before = bisect.bisect_left(times, one.start)
        return before > 0 and one.model in changes[before - 1]["gpu"]

    def follows(self, one):
        """Whether an unanswered request for the same adapter was there when this one was sent."""
        return any(other.start < one.start < other.first for other in self.waits[one.address, one.model])

    def detail(self, one, verdict):
        """A wrong dispatch, for finding out why."""
        times, changes = self.changes[one.address]
        first = max(bisect.bisect_left(times, one.start) - 1, 0)
        near = [f"{e['adapter']}@{(e['t'] - one.start) * 1e3:.0f}" for e in changes[first:]
                if e["t"] <= one.first]
        return {"t": round(one.start, 4), "model": one.model, "address": one.address, "verdict": verdict,
                "waitedMs": round((one.first - one.start) * 1e3, 1), "inSlotWhenSent": self.in_slot(one),
                "behindAnother": self.follows(one), "activations": near[:12]}

    def being_loaded(self, one):
        """Whether an unanswered request that was sent earlier had caused an activation."""
        times = self.activated[one.address, one.model]
        return any(
            other.start < one.start < other.first and any(other.start <= t <= one.start for t in times)
            for other in self.waits[one.address, one.model])

    def verdict(self, one):
        needed = one.among(self.activated[one.address, one.model])
        if one.tier == "resident":
            return "resident, but swapped" if needed else "resident, right"
        if one.tier == "swap":
            if needed:
                return "swap, right"
            return "swap, being loaded" if self.being_loaded(one) else "swap, but resident"
        return f"{one.tier}, not judged"

    def result(self):
        judged = [(one, self.verdict(one)) for one in self.sent if one.tier]
        counts = collections.Counter(verdict for _, verdict in judged)
        strict = counts["resident, right"] + counts["swap, right"]
        right = strict + counts["swap, being loaded"]
        when_sent = sum(self.in_slot(one) == (one.tier == "resident") for one, _ in judged)
        wrong = [self.detail(one, verdict) for one, verdict in judged
                 if verdict not in ("resident, right", "swap, right", "swap, being loaded")]
        return {"dispatches": len(judged), "right": right / len(judged), "strict": strict / len(judged),
                "rightWhenSent": when_sent / len(judged), "verdicts": dict(counts), "wrong": wrong[:100],
                "longestWaitMs": round(max(one.first - one.start for one in self.sent) * 1e3)}


def accuracy_run(options, servers, policy, at_a_time, folder, others=None):
    """{@code others} is who sends half of the requests: None, "gateway" or "direct"."""
    adapters, rng = [f"lora-{i}" for i in range(6)], random.Random(options.seed)
    failed = collections.Counter()
    with contextlib.ExitStack() as stack:
        gateway = stack.enter_context(the_gateway(options, servers, policy, folder))
        second = others == "gateway" and stack.enter_context(
            the_gateway(options, servers, policy, folder, second=True))
        straight = [openai.OpenAI(base_url=s.url + "/v1", api_key="none", max_retries=0, timeout=60)
                    for s in servers]
        threads = stack.enter_context(concurrent.futures.ThreadPoolExecutor(at_a_time))

        def one(request):
            model, text, tokens, stream, foreign, to, pause = request
            time.sleep(pause)
            try:
                if not foreign:
                    return dispatch(gateway.client, model, text, tokens, stream)
                if second:
                    return dispatch(second.client, model, text, tokens, stream)._replace(tier="")
                return dispatch(straight[to], model, text, tokens, stream, servers[to].address)
            except (openai.OpenAIError, OSError) as error:
                failed[f"{type(error).__name__}: {error}"[:200]] += 1

        requests = [
            (rng.choice(adapters), prompt(rng), rng.randint(2, 24), rng.random() < 0.5,
             bool(others) and rng.random() < 0.5, rng.randrange(len(servers)),
             rng.expovariate(1000 / options.pause) if options.pause else 0)
            for _ in range(options.requests * (2 if others else 1))]
        begin = time.time()
        sent = [answer for answer in threads.map(one, requests) if answer]
        seconds = time.time() - begin
        time.sleep(0.1)
    rows = folder / f"dispatches-{policy}-{at_a_time}-{others}.json"
    rows.write_text(json.dumps([one._asdict() for one in sent]))
    result = Accuracy(servers, sent).result()
    return result | {"policy": policy, "atATime": at_a_time, "others": others, "failed": dict(failed),
                     "requestsPerSecond": round(len(sent) / seconds, 1)}


class Clients:
    """Eight clients in a loop, one stream in two requests; counts how their requests ended."""

    def __init__(self, options, gateway, adapters):
        self.options, self.gateway, self.adapters = options, gateway, adapters
        self.lock = threading.Lock()
        self.ended = collections.Counter()
        self.failures = []
        self.over = threading.Event()

    @contextlib.contextmanager
    def running(self):
        self.over.clear()
        threads = [threading.Thread(target=self.run, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.over.set()
            for thread in threads:
                thread.join(60)

    def run(self, number):
        rng = random.Random(self.options.seed * 1000 + number)
        while not self.over.is_set():
            self.one(rng, stream=rng.random() < 0.5)

    def one(self, rng, stream):
        seen, kind = 0, "stream" if stream else "whole"
        model = rng.choice(self.adapters)
        try:
            answer = self.gateway.client.chat.completions.create(
                model=model, max_tokens=rng.randint(4, 40), stream=stream,
                messages=[{"role": "user", "content": prompt(rng)}], extra_body={"ignore_eos": True})
            for chunk in answer if stream else ():
                seen += bool(chunk.choices and not chunk.choices[0].delta.role)
            self.count(f"{kind} ok")
        except openai.RateLimitError as error:
            self.count(f"{kind} refused before the first content", error, model)
        except (openai.OpenAIError, OSError) as error:
            self.count(f"{kind} failed {'after' if seen else 'before'} the first content", error, model)

    def count(self, outcome, error=None, model=None):
        with self.lock:
            self.ended[outcome] += 1
            if error is not None:
                line = {"t": time.time(), "outcome": outcome, "model": model,
                        "error": f"{type(error).__name__}: {error}"}
                self.failures.append(line)
                say(f"  {json.dumps(line)}")

    def failed_early(self):
        return sum(n for outcome, n in self.ended.items() if "before" in outcome)


def busiest(gateway, servers, at_least, seconds):
    """Waits for a server with so many requests in flight; returns the one with the most."""
    deadline = time.monotonic() + seconds
    while True:
        rows = gateway.residency()
        loads = [(rows[server.address][2]["inFlight"], i) for i, server in enumerate(servers)]
        if max(loads)[0] >= at_least or time.monotonic() > deadline:
            return max(loads)
        time.sleep(0.02)


def kill(options, servers, folder):
    adapters, in_flight, tally = servers[0].adapters(), [], Tally(servers)
    with the_gateway(options, servers, "lora-aware", folder) as gateway:
        clients = Clients(options, gateway, adapters)
        for _ in range(options.kills):
            with clients.running():
                time.sleep(options.kill_seconds)
                requests, index = busiest(gateway, servers, 4, 5)
                say(f"  killing {servers[index].address} with {requests} requests in flight")
                servers[index].kill()
                in_flight.append(requests)
                time.sleep(options.kill_seconds)
            say(f"  {dict(clients.ended)}; starting {servers[index].address} again")
            servers[index] = start_server(options, servers[index].url.rsplit(":")[-1], folder)
            wait_until("both endpoints up", lambda: all(
                row["health"] == "up" for _, _, row in gateway.residency().values()), 300)
            tally.servers = servers
            register(options, [servers[index]], len(adapters))
            wait_until("the adapters listed again", lambda: set(adapters) <= {
                row["name"] for row in gateway.residency()[servers[index].address][2]["adapters"]}, 30)
            tally.compare(gateway, f"{servers[index].address} is up again")
            with clients.running():
                time.sleep(options.kill_seconds)
            tally.compare(gateway, f"{servers[index].address} was used again")
    return {
        "ended": dict(clients.ended), "inFlightAtKill": in_flight, "compared": tally.compared,
        "stateEqual": tally.shares(), "mismatches": tally.mismatches,
        "failedEarly": clients.failed_early(), "failures": clients.failures[:50],
    }


def sdk(options, servers, folder):
    """Returns what went wrong, by check; an empty text is good."""
    with the_gateway(options, servers, "lora-aware", folder) as gateway:
        checks = SdkChecks(options, gateway.client)
        return {name: checks.run(name) for name in dir(checks) if name.startswith("check_")}


class SdkChecks:
    """One method per check; an assertion that fails is its result."""

    MESSAGES = [{"role": "user", "content": "hello world"}]

    def __init__(self, options, client):
        self.options, self.client = options, client

    def run(self, name):
        try:
            getattr(self, name)()
            return ""
        except AssertionError as error:
            return f"{error}" or "assertion failed"
        except Exception as error:
            return f"{type(error).__name__}: {error}"

    def chat(self, **more):
        wanted = {"model": "lora-0", "max_tokens": 4, "messages": self.MESSAGES, **more}
        return self.client.chat.completions.create(extra_body={"ignore_eos": True}, **wanted)

    def check_chat(self):
        for model in (self.options.base, "lora-0", "lora-3"):
            answer = self.chat(model=model)
            assert answer.model == model, answer
            assert answer.usage.completion_tokens == 4, answer.usage

    def check_stream(self):
        chunks = list(self.chat(stream=True))
        assert all(chunk.usage is None for chunk in chunks), chunks
        assert len(chunks) >= 3, chunks
        assert chunks[-1].choices[0].finish_reason == "length", chunks[-1]

    def check_stream_include_usage(self):
        chunks = list(self.chat(stream=True, stream_options={"include_usage": True}))
        assert chunks[-1].choices == [], chunks[-1]
        assert chunks[-1].usage.completion_tokens == 4, chunks[-1]

    def check_completions(self):
        answer = self.client.completions.create(model="lora-1", prompt="hello", max_tokens=3)
        assert answer.object == "text_completion", answer
        assert answer.model == "lora-1", answer

    def check_completions_stream(self):
        chunks = list(self.client.completions.create(
            model="lora-1", prompt="hello", max_tokens=3, stream=True))
        assert chunks[-1].choices[0].finish_reason, chunks[-1]

    def check_models_list(self):
        names = {card.id for card in self.client.models.list()}
        assert names == {self.options.base, *(f"lora-{i}" for i in range(4))}, names

    def check_models_retrieve(self):
        assert self.client.models.retrieve("lora-2").id == "lora-2"

    def check_models_retrieve_unknown(self):
        try:
            self.client.models.retrieve("no-such-model")
        except openai.NotFoundError as error:
            assert error.code == "model_not_found", error.body
            return
        raise AssertionError("no error")

    def check_unknown_model(self):
        try:
            self.chat(model="no-such-model")
        except openai.NotFoundError as error:
            assert error.code == "model_not_found", error.body
            assert error.param == "model", error.body
            return
        raise AssertionError("no error")

    def check_missing_model(self):
        try:
            self.client.post("/chat/completions", body={"messages": self.MESSAGES}, cast_to=object)
        except openai.BadRequestError as error:
            assert error.param == "model", error.body
            return
        raise AssertionError("no error")

    def check_upstream_error_verbatim(self):
        body = {"model": "lora-0", "max_tokens": 100_000, "messages": self.MESSAGES}
        path = "/v1/chat/completions"
        address = f"http://{self.options.gateway}"
        direct = http("POST", self.direct + path, body)
        through = http("POST", address + path, body)
        assert direct[0] == 400, direct
        assert direct == through, f"direct {direct}, through the gateway {through}"
        try:
            self.chat(max_tokens=100_000)
        except openai.BadRequestError as error:
            assert error.body == json.loads(direct[1])["error"], error.body
            return
        raise AssertionError("no error")


class Report:
    """Collects rows of phase, measure, value, bar and whether it was met."""

    def __init__(self):
        self.rows, self.numbers = [], {}

    def add(self, phase, measure, value, bar="", met=True):
        self.rows.append((phase, measure, value[:60], bar, met))
        say(f"{phase}: {measure}: {value}{'' if met else f'  MISSED (bar: {bar})'}")

    def states(self, phase, result, barred=True):
        for what, share in result["stateEqual"].items():
            value = f"{share['equal']:.1%}"
            if share["equal"] < 1:
                value += f", near ties {share['ties']:.1%}"
            if not barred:
                self.add(phase, f"state equal, {what}", value)
                continue
            bar = f">= {STATE_BAR:.0%}"
            self.add(phase, f"state equal, {what}", value, bar, share["equal"] >= STATE_BAR)

    def table(self):
        widths = [max(len(row[i]) for row in self.rows) for i in range(4)]
        print()
        for row in self.rows:
            cells = "  ".join(cell.ljust(width) for cell, width in zip(row, widths))
            print(f"{cells}  {'ok' if row[4] else 'MISSED'}")

    def all_met(self):
        return all(row[4] for row in self.rows)


def register(options, servers, count):
    for server in servers:
        present = server.adapters()
        for name in (f"lora-{i}" for i in range(count)):
            if name not in present:
                server.load(name, options.models)


def run_sdk(options, servers, folder, report):
    SdkChecks.direct = servers[0].url
    results = sdk(options, servers, folder)
    report.numbers["sdk"] = results
    for name, problem in results.items():
        report.add("sdk", name.removeprefix("check_"), problem or "ok", "ok", not problem)


def run_sequential(options, servers, folder, report):
    for policy in options.policies.split(","):
        result = sequential(options, servers, policy, folder)
        report.numbers[f"sequential {policy}"] = result
        share = result["hitShare"]
        bars = {
            "lora-aware": (f">= {HITS_BAR:.0%}", share >= HITS_BAR),
            "random": ("about 50%", 0.4 <= share <= 0.6),
        }
        bar, met = bars.get(policy, ("", True))
        report.add(f"sequential {policy}", f"hits after the first {WARM_UP}", f"{share:.1%}", bar, met)
        report.states(f"sequential {policy}", result)


def run_concurrent(options, servers, folder, report):
    register(options, servers, 6)
    for name, lengths in (("same length", (4, 4)), ("many lengths", (2, 24))):
        phase = f"concurrent, {name}"
        result = concurrent_run(options, servers, lengths, folder)
        report.numbers[phase] = result
        report.add(phase, "hits", f"{result['hitShare']:.1%}")
        result["loadAverage"] = os.getloadavg()[0]
        report.add(phase, "load average of the machine", f"{result['loadAverage']:.1f}")
        report.states(phase, result)


def add_accuracy(options, servers, folder, report, phase, bar, others=None):
    register(options, servers, 6)
    for policy in options.accuracy_policies.split(","):
        for at_a_time in (int(n) for n in options.at_a_time.split(",")):
            name = f"{phase}, {policy}, {at_a_time} at a time"
            result = accuracy_run(options, servers, policy, at_a_time, folder, others)
            report.numbers[name] = result
            result["loadAverage"] = os.getloadavg()[0]
            value = (f"{result['right']:.1%} of {result['dispatches']}, strict {result['strict']:.1%}, "
                     f"when sent {result['rightWhenSent']:.1%}")
            report.add(name, "dispatches right", value, f">= {bar:.0%}", result["right"] >= bar)
            say(f"  {result['verdicts']}, longest wait {result['longestWaitMs']} ms, "
                f"{result['requestsPerSecond']:.0f}/s, load average {result['loadAverage']:.1f}")
            if result["failed"]:
                report.add(name, "failed requests", str(sum(result["failed"].values())), "0", False)


def run_accuracy(options, servers, folder, report):
    add_accuracy(options, servers, folder, report, "accuracy", ACCURACY_BAR)


def run_shared(options, servers, folder, report):
    for others in ("gateway", "direct"):
        add_accuracy(options, servers, folder, report, f"shared, {others}", SHARED_BAR, others)


def run_kill(options, servers, folder, report):
    if not options.start:
        say("kill: left out, because the servers were not started here")
        return
    result = kill(options, servers, folder)
    report.numbers["kill"] = result
    for outcome, count in sorted(result["ended"].items()):
        report.add("kill", outcome, str(count))
    early = result["failedEarly"]
    report.add("kill", "in flight at the kills", str(result["inFlightAtKill"]))
    report.add("kill", "failed before any content", str(early), "0", early == 0)
    report.states("kill", result, barred=False)


def main():
    options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by SIGTERM"))
    phases = {"sdk": run_sdk, "sequential": run_sequential, "concurrent": run_concurrent,
              "accuracy": run_accuracy, "shared": run_shared, "kill": run_kill}
    folder = pathlib.Path(tempfile.mkdtemp(prefix="real-vllm-"))
    say(f"logs, traces and configurations: {folder}; load average {os.getloadavg()[0]:.1f}")
    report = Report()
    with the_servers(options, folder) as servers:
        register(options, servers, 4)
        for name in options.phases.split(","):
            say(f"phase {name}")
            phases[name](options, servers, folder, report)
            if options.json:
                pathlib.Path(options.json).write_text(json.dumps(report.numbers, indent=2) + "\n")
    report.table()
    sys.exit(0 if report.all_met() else 1)


if __name__ == "__main__":
    main()
