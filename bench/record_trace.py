#!/usr/bin/env python3
"""Records how a vLLM server moves LoRA adapters between disk, CPU and GPU slots.

Sends a fixed pseudo-random sequence of chat, load, reload (load_inplace) and unload calls, one at a
time, and writes each call together with the changes of the two LRUs that the server traced while it
ran. The server must be freshly started and write its trace to a file that this program can read: one
JSON line per change, {"event": "load"|"activate", "adapter": ..., "gpu": [...], "cpu": [...]}, oldest
first ("load", disk to CPU, carries no lists). The simulated server's --trace writes the same format.

Output, JSON lines: a header with the settings and the changes made while the server started, then
one line per call: {"op": ..., "model": ..., "tokens": ..., "status": ..., "events": [...]}, an event
being ["load", adapter] or ["activate", adapter, "gpu names", "cpu names"].
"""
import argparse
import json
import random
import time
import urllib.error
import urllib.request


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="example: record_trace.py --url http://127.0.0.1:8000 --trace /tmp/trace.jsonl "
        "--models /models --start lora-0,lora-1 --later lora-2,lora-3 "
        "--max-loras 2 --max-cpu-loras 3 > trace.jsonl",
    )
    parser.add_argument("--url", required=True, help="the server, such as http://127.0.0.1:8000")
    parser.add_argument("--trace", required=True, help="the file that the server writes its trace to")
    parser.add_argument("--base", default="base", help="name of the base model (default: base)")
    parser.add_argument("--models", required=True, help="adapters are loaded from MODELS/NAME")
    parser.add_argument("--start", required=True, help="adapters registered at start, comma-separated")
    parser.add_argument("--later", required=True, help="adapters loaded through the API, comma-separated")
    parser.add_argument("--max-loras", type=int, required=True, help="the server's --max-loras")
    parser.add_argument("--max-cpu-loras", type=int, required=True, help="the server's --max-cpu-loras")
    parser.add_argument("--requests", type=int, default=500, help="chat requests (default: 500)")
    parser.add_argument("--seed", type=int, default=1, help="of the sequence (default: 1)")
    return parser.parse_args()


def sequence(options):
    """The calls as (op, model, tokens); reloads and unloads are spread over the chats."""
    rng = random.Random(options.seed)
    start, later = options.start.split(","), options.later.split(",")
    for name in later:
        yield "load", name, 0
    models = start + later + [options.base]
    for i in range(options.requests):
        yield "chat", rng.choice(models), rng.randint(2, 4)
        if i % 60 == 30:
            name = rng.choice(start + later)
            yield "reload", name, 0
            yield "chat", rng.choice(models), rng.randint(2, 4)
            yield "chat", name, rng.randint(2, 4)
            yield "unload", name, 0
            yield "load", name, 0
        elif i % 60 == 50:
            name = rng.choice(later)
            yield "load", name, 0
            yield "unload", name, 0
            yield "chat", name, 2
            yield "load", name, 0


def call(options, op, model, tokens):
    """Does one call and returns its HTTP status."""
    path = "/v1/unload_lora_adapter" if op == "unload" else "/v1/load_lora_adapter"
    body = {"lora_name": model}
    if op == "chat":
        path = "/v1/chat/completions"
        message = {"role": "user", "content": "Say something."}
        body = {"model": model, "max_tokens": tokens, "ignore_eos": True, "messages": [message]}
    elif op != "unload":
        body["lora_path"] = f"{options.models}/{model}"
        body["load_inplace"] = op == "reload"
    request = urllib.request.Request(
        options.url + path, json.dumps(body).encode(), {"content-type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            answer.read()
            return answer.status
    except urllib.error.HTTPError as error:
        error.read()
        return error.code


def compact(line):
    event = json.loads(line)
    if event["event"] == "load":
        return ["load", event["adapter"]]
    return ["activate", event["adapter"], " ".join(event["gpu"]), " ".join(event["cpu"])]


def main():
    options = arguments()
    with open(options.trace) as trace:

        def events():
            return [compact(line) for line in trace.readlines()]

        header = {
            "baseModel": options.base,
            "start": options.start.split(","),
            "later": options.later.split(","),
            "maxLoras": options.max_loras,
            "maxCpuLoras": options.max_cpu_loras,
            "events": events(),
        }
        print(json.dumps(header))
        for op, model, tokens in sequence(options):
            line = {"op": op, "model": model, "tokens": tokens}
            line["status"] = call(options, op, model, tokens)
            # A step that was scheduled ahead may still touch an adapter after the answer.
            time.sleep(0.02)
            line["events"] = events()
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
