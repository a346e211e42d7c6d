#!/usr/bin/env python3
"""A server under faults: each request ends in its full answer or in one named error, in time, and nothing is left behind.

Eight clients stream answers while workers are killed and stopped, allocations fail, the machine gets hot, memory runs short
and the disk is full. Temperature and memory are those of a simulated machine (files that the server reads instead of /sys).
"""
import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "support"), str(HERE.parent / "stress"), str(HERE)]
from hearth_server import ROOT, SKIPPED, HearthServer, Skip  # noqa: E402
from simulated_machine import SimulatedMachine  # noqa: E402
import server_watch  # noqa: E402

CLIENTS, TOKENS, TIMEOUT_S = 8, 40, 15.0
STALL_S = 1.0
LATE_S = 1.5  # beyond a request's time: a step under way, and the look at what hangs
HEALTHY_S = 2.0
GROWTH_BYTES, MORE_DESCRIPTORS = 64 << 20, 8


class Answer:
    """What one request came to."""

    def __init__(self):
        self.text, self.finish, self.error, self.status, self.took_s = "", None, None, 0, 0.0

    def take(self, event):
        if "error" in event:
            self.error = event["error"]
        for choice in event.get("choices", ()):
            self.text += choice.get("text", "")
            self.finish = choice.get("finish_reason") or self.finish


def ask(url, model, prompt, timeout_s=TIMEOUT_S):
    answer, begin = Answer(), time.monotonic()
    body = {"model": model, "prompt": prompt, "max_tokens": TOKENS, "temperature": 0, "stream": True, "timeout_s": timeout_s}
    request = urllib.request.Request(url + "/v1/completions", json.dumps(body).encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=timeout_s + 10) as stream:
            answer.status = stream.status
            for line in stream:
                if line.startswith(b"data: ") and line.strip() != b"data: [DONE]":
                    answer.take(json.loads(line[6:]))
    except urllib.error.HTTPError as refused:
        answer.status = refused.code
        answer.take(json.loads(refused.read()))
    except (OSError, ValueError) as broken:
        answer.error = {"message": f"the connection broke: {broken!r}", "broken": True}
    answer.took_s = time.monotonic() - begin
    return answer


def judge(answer, expected):
    """What is wrong with an answer; None when nothing is."""
    if answer.took_s > TIMEOUT_S + LATE_S:
        return f"took {answer.took_s:.1f} s of {TIMEOUT_S:.0f} allowed"
    if answer.error is not None:
        if answer.error.get("broken") or not answer.error.get("message") or not answer.error.get("type"):
            return f"an error without a name: {answer.error}"
        return None if expected.startswith(answer.text) else f"said {answer.text!r} before its error"
    if answer.finish is None:
        return f"ended without a finish after {answer.text!r} (status {answer.status})"
    # On the rung of short answers it may be shorter, and says so by its length alone.
    return None if answer.text == expected else f"said {answer.text!r}"


class Client(threading.Thread):
    def __init__(self, url, model, expected, stopping):
        super().__init__(daemon=True)
        self.url, self.model, self.expected, self.stopping = url, model, expected, stopping
        self.faults, self.counts, self.number = [], Counter(), 0

    def run(self):
        while not self.stopping.is_set():
            self.number += 1
            prompt = random.choice(list(self.expected))
            answer = ask(self.url, self.model, prompt)
            wrong = judge(answer, self.expected[prompt])
            if wrong:
                self.faults.append(wrong)
            self.counts[answer.error.get("code") or answer.error.get("type") if answer.error else "answered"] += 1
            if answer.error:
                time.sleep(0.05)


def status(url):
    with urllib.request.urlopen(url + "/v1/hearth/status", timeout=10) as answer:
        return json.loads(answer.read())


class Faults:
    """Carries out faults, by name, and counts them."""

    def __init__(self, server, machine, seed):
        self.server, self.machine, self.counts, self.stopped = server, machine, Counter(), 0
        self.random = random.Random(seed)

    def worker(self):
        return next(iter(status(self.server.url)["governor"]["workers"].values()), None)

    def kill(self):
        self.send(signal.SIGKILL)

    def stop(self):
        if self.stopped < 2:  # the third within ten minutes is a quarantine, which is another test's
            self.stopped += self.send(signal.SIGSTOP)

    def send(self, what):
        pid = self.worker()
        try:
            if pid:
                os.kill(pid, what)
        except ProcessLookupError:
            return 0
        return 1 if pid else 0

    def heat(self):
        self.machine.temperature(self.random.choice([60, 84, 88, 92]))

    def squeeze(self):
        self.machine.available(self.random.choice([0.03, 0.5]))

    def one(self, is_late):
        # A stall is noticed after a while by design: none among the last, after which the server has to be healthy soon.
        name = self.random.choices(["kill", "stop", "heat", "squeeze"], [8, 0 if is_late else 1, 3, 2])[0]
        getattr(self, name)()
        self.counts[name] += 1


def fill_disk(server):
    """Fills the small disk of the server's home; what it was filled with, or None where the home is no disk of its own."""
    home = Path(f"/proc/{server.process.pid}/root{server.home}")
    filler = home / "filler"
    try:
        with filler.open("wb") as file:
            while True:
                file.write(b"x" * 65536)
                file.flush()
    except OSError:
        return filler


def reference(url, model, prompts):
    expected = {}
    for prompt in prompts:
        for _ in range(20):  # allocations fail here too
            answer = ask(url, model, prompt)
            if not answer.error:
                break
        expected[prompt] = answer.text
    return expected


def kill_idle(server, prompt, faults):
    """Ends a worker while nobody asks: no step notices. A request that comes at once, or later, is answered by another one."""
    ended = None
    for waits in (0.0, 3.0):
        for _ in range(100):  # the status is as of the last look, once a second
            worker = next(iter(status(server.url)["governor"]["workers"].values()), None)
            if worker not in (None, ended):
                break
            time.sleep(0.1)
        if worker in (None, ended):
            faults.append("no worker came back within 10 s, though one was ended while nobody asked it anything")
            return
        os.kill(worker, signal.SIGKILL)
        ended = worker
        time.sleep(waits)
        answer = ask(server.url, "m", prompt)
        if answer.error and answer.error.get("code") != "out_of_memory":  # which is scripted
            faults.append(f"{waits:.0f} s after an idle worker was killed: {answer.error}")


def settled(pid, rss, descriptors):
    """Whether memory and descriptors are back, waited for."""
    for _ in range(100):
        if server_watch.resident_bytes(pid) <= rss + GROWTH_BYTES and server_watch.descriptors(pid) <= descriptors + MORE_DESCRIPTORS:
            return True
        time.sleep(0.1)
    return False


def run(program, model, arguments, n_faults, seed):
    """[fault] of one model under `n_faults`."""
    faults = []
    with tempfile.TemporaryDirectory(prefix="hearth-faults-") as folder:
        machine = SimulatedMachine(Path(folder) / "machine")
        home = Path(folder) / "home"
        home.mkdir()
        options = ["--transport", "worker", "--slots", str(CLIENTS), "--stall-s", str(STALL_S), "--machine-tree", machine.folder,
                   "--queue", "64", *arguments]
        with room(program, home, model, options) as server:
            prompts = [f"number {i}: count on" for i in range(4)]
            expected = reference(server.url, "m", prompts)
            kill_idle(server, prompts[0], faults)
            pid = server.pid
            start_rss, start_descriptors = server_watch.resident_bytes(pid), server_watch.descriptors(pid)
            stopping = threading.Event()
            clients = [Client(server.url, "m", expected, stopping) for _ in range(CLIENTS)]
            for client in clients:
                client.start()
            injector = Faults(server, machine, seed)
            filler = None
            for n in range(n_faults):
                injector.one(n >= n_faults - 10)
                if server.has_disk and n in (n_faults // 3, 2 * n_faults // 3):
                    filler = filler.unlink() if filler else fill_disk(server)
                    injector.counts["disk"] += 1
                time.sleep(0.2)
            machine.calm()
            healthy_s = heal(server, expected, faults)
            stopping.set()
            for client in clients:
                client.join(TIMEOUT_S + 10)
                if client.is_alive():
                    faults.append("a request hangs")
            answers = sum((client.counts for client in clients), Counter())
            for client in clients:
                faults += client.faults
            if not settled(pid, start_rss, start_descriptors):
                faults.append(f"memory {start_rss >> 20} -> {server_watch.resident_bytes(pid) >> 20} MiB, descriptors "
                              f"{start_descriptors} -> {server_watch.descriptors(pid)}")
            seen = Counter(f"{e['kind']} {e.get('remedy', e.get('to'))}" for e in status(server.url)["governor"]["events"])
            print(f"{Path(model).name}: {dict(injector.counts)} faults, {dict(answers)} requests, healthy after {healthy_s:.2f} s, "
                  f"last events {dict(seen)}", flush=True)
            if not answers["answered"]:
                faults.append("nothing was answered at all")
            if not seen:
                faults.append("the governor and the watchdog noted nothing")
            ended = server.stop()
            if ended != 0:
                faults.append(f"SIGTERM ended the server with {ended}: {server.said()}")
    return faults


def heal(server, expected, faults):
    """Seconds until a whole answer came, after the last fault."""
    begin = time.monotonic()
    prompt = next(iter(expected))
    answer = Answer()
    while time.monotonic() - begin < 30:
        answer = ask(server.url, "m", prompt, timeout_s=5)
        if not answer.error:
            break
        time.sleep(0.02)
    took = time.monotonic() - begin - answer.took_s
    if answer.error or took > HEALTHY_S:
        faults.append(f"not healthy within {HEALTHY_S} s: {took:.2f} s, last {answer.error}")
    return took


class RoomServer(HearthServer):
    """A server whose home is a small disk of its own, where the system allows a mount namespace."""

    def __init__(self, program, models, arguments, home):
        super().__init__(program, models, arguments, home=home)
        self.has_disk = os.name == "posix" and subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode == 0

    def __enter__(self):
        if self.has_disk:
            wrapper = Path(self.home).parent / "room.sh"
            wrapper.write_text(f'#!/bin/sh\nexec unshare -rm bash "{ROOT}/tests/stress/room.sh" sealed "{self.home}" "{self.program}" "$@"\n', encoding="utf-8")
            wrapper.chmod(0o700)
            self.program = wrapper
        return super().__enter__()

    @property
    def pid(self):
        """Of the server itself, whoever started it."""
        if not self.has_disk:
            return self.process.pid
        return int(Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text(encoding="ascii").split()[0])


def room(program, home, model, options):
    return RoomServer(program, {"m": model}, options, home)


def cgroup_folder():
    """A memory control group of this test's own; Skip where none may be made."""
    for base in (Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup")):
        group = base / f"hearth-test-{os.getpid()}"
        try:
            group.mkdir()
        except OSError:
            continue
        if (group / "memory.limit_in_bytes").exists() or (group / "memory.max").exists():
            return group
        group.rmdir()
    raise Skip("no memory control group may be made here")


def run_cgroup(program, model):
    """[fault] of a memory limit that is lowered in mid-serve."""
    group = cgroup_folder()
    v1 = (group / "memory.limit_in_bytes").exists()
    limit, used = ("memory.limit_in_bytes", "memory.usage_in_bytes") if v1 else ("memory.max", "memory.current")
    faults = []
    try:
        with HearthServer(program, {"m": model}, ["--transport", "worker", "--slots", str(CLIENTS), "--stall-s", "5"]) as server:
            workers = [pid for pid in status(server.url)["governor"]["workers"].values()]
            for pid in [server.process.pid, *workers]:
                (group / "cgroup.procs").write_text(str(pid), encoding="ascii")
            expected = reference(server.url, "m", ["number 1: count on"])
            stopping = threading.Event()
            clients = [Client(server.url, "m", expected, stopping) for _ in range(CLIENTS)]
            for client in clients:
                client.start()
            time.sleep(1)
            held = int((group / used).read_text(encoding="ascii"))
            (group / limit).write_text(str(held + (24 << 20)), encoding="ascii")
            time.sleep(4)
            stopping.set()
            for client in clients:
                client.join(TIMEOUT_S + 10)
                faults += client.faults
            answers = sum((client.counts for client in clients), Counter())
            seen = Counter(e.get("remedy", e.get("to")) for e in status(server.url)["governor"]["events"])
            print(f"control group: limit lowered to {held + (24 << 20) >> 20} MiB, {dict(answers)} requests, events {dict(seen)}", flush=True)
            if not answers["answered"]:
                faults.append("nothing was answered under the limit")
    finally:
        for pid in (group / "cgroup.procs").read_text(encoding="ascii").split():
            (group.parent / "cgroup.procs").write_text(pid, encoding="ascii")
        group.rmdir()
    return faults


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--faults", type=int, default=60)
    parser.add_argument("--model", choices=("fake", "starter"), default="fake")
    parser.add_argument("--cgroup", action="store_true", help="lower the memory limit of a control group instead")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    model = HERE / "faulty.fake.json" if options.model == "fake" else ROOT / "data/starter/hearth-starter.gguf"
    try:
        faults = run_cgroup(options.program, model) if options.cgroup else run(options.program, model, [], options.faults, options.seed)
    except Skip as why:
        print(f"skipped: {why}")
        return SKIPPED
    for text, n in Counter(faults).most_common(20):
        print(f"FAULT ({n} times): {text}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
