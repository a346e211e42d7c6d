#!/usr/bin/env python3
"""Clients that mean harm or are broken: each gets a named error or is cut off, nothing leaks, and others notice nothing.

A well-behaved client asks all the while; its answers must stay right.
"""
import argparse
import json
import random
import socket
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from hearth_server import HearthServer  # noqa: E402
from mutations import broken_request  # noqa: E402
from raw_http import connect, error_of, exchange, body_of, post, read_all, status_of  # noqa: E402
import server_watch  # noqa: E402

CHAT = "/v1/chat/completions"
HEADER_PATIENCE_S, WRITE_PATIENCE_S = 30, 60  # beyond the server's own limits of 10 and 30 s


def chat(**more):
    return {"model": "clients", "messages": [{"role": "user", "content": "hello"}], "temperature": 0, **more}


class GoodClient:
    """Asks the same question again and again on the side; every answer must be the same."""

    def __init__(self, address):
        self.address, self.stopping, self.answers, self.faults, self.slowest_s = address, threading.Event(), 0, [], 0.0
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        while not self.stopping.wait(0.02):
            begin = time.monotonic()
            response = exchange(self.address, post(CHAT, chat()), timeout_s=30)
            self.slowest_s = max(self.slowest_s, time.monotonic() - begin)
            try:
                said = json.loads(body_of(response))["choices"][0]["message"]["content"]
            except (ValueError, KeyError):
                said = response[:300]
            if said != "Hello there. I am a script and know only what was written down.":
                self.faults.append(f"a well-behaved client got {said!r}")
            self.answers += 1

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join()


def named_errors(server):
    """[fault] of requests whose error must have a status and a word in its message."""
    table = [
        ("negative max_tokens", chat(max_tokens=-5), 400, "max_tokens"),
        ("max_tokens as text", chat(max_tokens="five"), 400, "max_tokens"),
        ("temperature as a list", chat(temperature=[1]), 400, "temperature"),
        ("a role of nobody", chat(messages=[{"role": "nobody", "content": "x"}]), 400, "role"),
        ("invalid UTF-8", b'{"model": "clients", "messages": [{"role": "user", "content": "\xff\xfe"}]}', 400, "UTF-8"),
        ("half a surrogate", b'{"model": "clients", "messages": [{"role": "user", "content": "\\ud800"}]}', 400, ""),
        ("no JSON", b"hello", 400, "JSON"),
        ("nothing", b"", 400, ""),
        ("a list", b"[]", 400, "object"),
        ("100,000 levels", b"[" * 100000, 400, ""),
        ("a body of 10 MiB", chat(messages=[{"role": "user", "content": "x" * (10 << 20)}]), 413, "8"),
        ("an unknown model", chat(model="nowhere"), 404, "nowhere"),
    ]
    faults = []
    for name, body, status, word in table:
        response = exchange(server.address, post(CHAT, body))
        error = error_of(response)
        if status_of(response) != status or error is None or word not in error["message"]:
            faults.append(f"{name}: wanted {status} with '{word}', got {response[:400]!r}")
    return faults


def unknown_fields(server):
    """A field that nobody knows is named in the answer, or in a refusal."""
    response = exchange(server.address, post(CHAT, chat(max_tokens=4, frobnicate=True)))
    if b"frobnicate" not in response or status_of(response) not in (200, 400):
        return [f"an unknown field went by silently: {response[:500]!r}"]
    return []


def slowloris(server, connections=150):
    """Headers that come a byte at a time: cut off, with 408 or without a word."""
    opened = [connect(server.address) for _ in range(connections)]
    for each in opened:
        each.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nX-Slow: ")
    left, deadline = list(opened), time.monotonic() + HEADER_PATIENCE_S
    while left and time.monotonic() < deadline:
        for each in list(left):
            try:
                each.sendall(b"a")
                each.settimeout(0.001)
                each.recv(4096)
                left.remove(each)
            except socket.timeout:
                continue
            except OSError:
                left.remove(each)
        time.sleep(0.5)
    for each in opened:
        each.close()
    return [f"{len(left)} of {connections} connections that send a byte at a time are still open after {HEADER_PATIENCE_S} s"] if left else []


def never_reading(server, connections=20):
    """Streams whose client reads nothing: each ends in the server, by itself or cut off, and its request with it."""
    opened = []
    for i in range(connections):
        each = socket.socket()
        each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        each.connect(server.address)
        each.sendall(post(CHAT, chat(messages=[{"role": "user", "content": f"babble {i}"}], stream=True, max_tokens=4000, ignore_eos=True)))
        opened.append(each)
    faults = idle_within(server, WRITE_PATIENCE_S)
    for each in opened:
        each.close()
    return faults


def gone_in_the_middle(server, connections=60):
    """Clients that leave while they are answered: their requests are cancelled."""
    for i in range(connections):
        with connect(server.address) as each:
            each.sendall(post(CHAT, chat(messages=[{"role": "user", "content": f"babble {i}"}], stream=i % 2 == 0, max_tokens=4000, ignore_eos=True)))
            if i % 3 == 0:
                each.recv(100)
    return idle_within(server, 20)


def requests_under_way(server):
    """What /slots says of them."""
    response = exchange(server.address, b"GET /slots HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    return sum(bool(slot.get("is_processing")) for slot in json.loads(body_of(response)))


def idle_within(server, patience_s):
    """Waits until at most the good client's request is under way."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        if requests_under_way(server) <= 1:
            return []
        time.sleep(0.2)
    return [f"{requests_under_way(server)} requests are still under way {patience_s} s after their clients were lost"]


def malformed(server, count, seed=1):
    """Broken requests: an answer that is no server fault, or a closed connection, within seconds."""
    answered = Counter()

    def one(i):
        request = broken_request(random.Random(seed * 1_000_003 + i))
        begin = time.monotonic()
        response = exchange(server.address, request, silence_s=0.5)
        status, took = status_of(response), time.monotonic() - begin
        answered[status] += 1
        # 501 and 505 are right for codings and versions of HTTP that a server does not know. Source: RFC 9110, 15.6.
        if response and (status == 0 or status >= 500 and status not in (501, 505)):
            return f"request {i} got {response[:300]!r} for {request[:300]!r}"
        if 400 <= status and error_of(response) is None and body_of(response):
            return f"request {i} got an error without a message: {response[:300]!r} for {request[:200]!r}"
        return f"request {i} was not answered within {took:.0f} s: {request[:300]!r}" if took > 15 else ""

    with ThreadPoolExecutor(16) as pool:
        faults = [fault for fault in pool.map(one, range(count)) if fault]
    print(f"{count} malformed requests, by status (0: closed without an answer): {dict(sorted(answered.items()))}")
    return [f"{len(faults)} of {count} malformed requests", *faults[:8]] if faults else []


def settled(pid, before):
    """Descriptors and threads once connections have closed."""
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline and (server_watch.descriptors(pid) > before[0] + 4 or server_watch.threads(pid) > before[1] + 4):
        time.sleep(0.2)
    return server_watch.descriptors(pid), server_watch.threads(pid)


def run_all(options, parts, count):
    """[fault] of every part, each with its name."""
    checks = {"named_errors": named_errors, "unknown_fields": unknown_fields, "gone_in_the_middle": gone_in_the_middle,
              "malformed": lambda server: malformed(server, count), "slowloris": slowloris, "never_reading": never_reading}
    faults = []
    with HearthServer(options.program, {"clients": HERE.parent / "clients" / "clients.fake.json"}, ["--slots", 8, "--ctx", 4096, "--transport", "in-process"]) as server:
        pid = server.process.pid
        malformed(server, 200, seed=99)  # fills what is filled once
        before = server_watch.descriptors(pid), server_watch.threads(pid)
        resident = server_watch.resident_bytes(pid)
        with GoodClient(server.address) as good:
            for name in parts:
                begin = time.monotonic()
                found = checks[name](server)
                faults += [f"{name}: {fault}" for fault in found]
                print(f"{name}: {len(found)} faults, {time.monotonic() - begin:.1f} s", flush=True)
                if not server.alive():
                    return [*faults, f"{name}: the server ended: {server.said()}"]
        faults += good.faults[:5]
        after = settled(pid, before)
        growth = server_watch.resident_bytes(pid) - resident
        print(f"the well-behaved client got {good.answers} answers, the slowest in {good.slowest_s:.2f} s; the server grew by {growth >> 10} KiB, "
              f"descriptors {before[0]} to {after[0]}, threads {before[1]} to {after[1]}")
        if after[0] > before[0] + 4 or after[1] > before[1] + 4:
            faults.append(f"descriptors or threads are left over: {before} before, {after} after")
        if growth > options.growth_mib << 20:
            faults.append(f"the resident memory grew by {growth >> 20} MiB")
        status = server.stop()
        faults += [] if status == 0 else [f"SIGTERM ended the server with {status}: {server.said()}"]
    return faults


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--malformed", type=int, default=10000)
    # Caches, arenas and pools may fill; a leak of every request would be more. A sanitizer keeps what was freed for a while.
    parser.add_argument("--growth-mib", type=int, default=64, help="by which the resident memory may grow")
    parser.add_argument("--quick", action="store_true", help="1,000 malformed requests, and nothing that waits for a timeout")
    options = parser.parse_args()
    parts = ["named_errors", "unknown_fields", "gone_in_the_middle", "malformed"] + ([] if options.quick else ["slowloris", "never_reading"])
    faults = run_all(options, parts, 1000 if options.quick else options.malformed)
    print("\n".join(faults) or "no faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
