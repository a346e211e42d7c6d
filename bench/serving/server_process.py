"""Starts the servers that are compared, with the same threads, slots, context and cache type, and watches what they use."""
import collections
import json
import os
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
MODEL_NAME = "bench"


@dataclass
class ServerSettings:
    """`context_length` is of one slot; both servers get memory for slots * context_length tokens."""
    program: Path
    model: Path
    slots: int
    context_length: int
    threads: int
    kv_type: str = "f16"
    home: Path = None           # HEARTH_HOME of hearth; a temporary one when absent
    extra: list = field(default_factory=list)


def free_port():
    """A port of the loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def process_tree(root):
    """The process and everything below it. Source: proc(5), field 4 of /proc/PID/stat."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, ValueError):
                continue
    tree, grown = {root}, True
    while grown:
        more = {pid for pid, parent in parents.items() if parent in tree} - tree
        grown = bool(more)
        tree |= more
    return tree


def cpu_seconds(tree):
    """Processor time of all of them, ended children included."""
    total = 0
    for pid in tree:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += sum(int(x) for x in fields[11:15])
    return total / TICKS_PER_S


def memory_bytes(tree):
    """(proportional, resident) bytes of all of them. Source: proc(5), smaps_rollup."""
    pss = rss = 0
    for pid in tree:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        sizes = {line.split(":")[0]: int(line.split()[1]) << 10 for line in lines if line.endswith(" kB")}
        pss += sizes.get("Pss", 0)
        rss += sizes.get("Rss", 0)
    return pss, rss


def thread_seconds(pid):
    """{name: processor seconds} of a process's threads. Source: proc(5), /proc/pid/task/tid/schedstat."""
    seconds = collections.Counter()
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            seconds[(task / "comm").read_text().strip()] += 1e-9 * int((task / "schedstat").read_text().split()[0])
        except OSError:
            pass  # it ended meanwhile
    return seconds


@dataclass
class OwnTime:
    """Seconds so far of a server's own processor time, and of the steps that it belongs to."""
    tokens: float    # scheduling, sampling, streaming: the engine's thread outside the runtime, and all other threads but these two
    cache: float     # computed cells kept: copied, checked and written
    governor: float  # the machine looked at, once a second
    steps: float

    def shares_since(self, before):
        """(of tokens, of the cache, of the governor) by the steps' time; None where there was no step."""
        steps = self.steps - before.steps
        parts = [getattr(self, part) - getattr(before, part) for part in ("tokens", "cache", "governor")]
        return [part / steps for part in parts] if steps > 0 else None


class ServerProcess:
    """A running server; a context manager that ends it politely, then by force."""

    def __init__(self, settings):
        self.settings = settings
        self.port = free_port()
        self.address = ("127.0.0.1", self.port)
        self.url = f"http://127.0.0.1:{self.port}"
        self.process, self.log = None, None

    def command(self):
        raise NotImplementedError

    def environment(self):
        return dict(os.environ)

    def __enter__(self):
        self.log = tempfile.NamedTemporaryFile(prefix="server-", suffix=".log")
        self.process = subprocess.Popen([str(word) for word in self.command()], stdout=subprocess.PIPE if self.says_ready else self.log,
                                        stderr=self.log, env=self.environment())
        try:
            self.wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    says_ready = False

    def own_time(self):
        """An OwnTime; None where a server does not tell."""
        return None

    def wait_until_ready(self, patience_s=300):
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.command()[0]} ended with {self.process.returncode}: {self.log_end()}")
            try:
                with urllib.request.urlopen(self.url + "/health", timeout=5) as answer:
                    if answer.status == 200:
                        return
            except (OSError, urllib.error.HTTPError):
                time.sleep(0.1)
        raise RuntimeError(f"{self.command()[0]} was not ready within {patience_s} s: {self.log_end()}")

    def log_end(self):
        return Path(self.log.name).read_text(errors="replace")[-2000:]

    def stop(self, kill=False):
        """SIGTERM and a wait, or SIGKILL; returns the exit status."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL if kill else signal.SIGTERM)
        try:
            status = self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()
        self.process = None
        return status


class HearthServer(ServerProcess):
    name = "hearth"
    says_ready = True

    def __init__(self, settings):
        super().__init__(settings)
        self.own_home = None if settings.home else tempfile.TemporaryDirectory(prefix="hearth-bench-")
        self.home = settings.home or Path(self.own_home.name)

    def command(self):
        s = self.settings
        return [s.program, "serve", "-m", f"{MODEL_NAME}={s.model}", "--host", "127.0.0.1", "--port", self.port, "--slots", s.slots,
                "--ctx", s.context_length, "--threads", s.threads, "--kv-type", s.kv_type, "--transport", "in-process",
                "--json", *s.extra]

    def environment(self):
        return dict(os.environ, HEARTH_HOME=str(self.home))

    def wait_until_ready(self, patience_s=300):
        """The line with the event "ready" on standard output."""
        line = self.process.stdout.readline()
        if not line:
            self.process.wait(10)
            raise RuntimeError(f"hearth serve ended with {self.process.returncode}: {self.log_end()}")
        said = json.loads(line)
        if said.get("event") != "ready":
            raise RuntimeError(f"hearth serve said {said} instead of ready: {self.log_end()}")
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def own_time(self):
        with urllib.request.urlopen(self.url + "/metrics", timeout=30) as answer:
            lines = answer.read().decode().splitlines()
        def total(name):
            return 1e-3 * sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name + "_sum"))
        threads = thread_seconds(self.process.pid)
        cache, governor = threads.pop("hearth-cache", 0), threads.pop("hearth-governor", 0)
        threads.pop("hearth-model", 0)  # the engine's and the runtime's own: told apart by the metrics
        return OwnTime(tokens=total("hearth_step_host_cpu_ms") + sum(threads.values()), cache=total("hearth_cache_cpu_ms") + cache,
                       governor=governor, steps=total("hearth_step_ms"))

    def stop(self, kill=False):
        status = super().stop(kill)
        if self.own_home:
            self.own_home.cleanup()
            self.own_home = None
        return status


class LlamaServer(ServerProcess):
    name = "llama-server"

    def command(self):
        s = self.settings
        return [s.program, "-m", s.model, "--host", "127.0.0.1", "--port", self.port, "-np", s.slots, "-c", s.slots * s.context_length,
                "-t", s.threads, "-ctk", s.kv_type, "-ctv", s.kv_type, "--no-webui", *s.extra]


class Watch:
    """Samples memory of a server while a load runs and takes the processor time between start and end."""

    def __init__(self, server, interval_s=1.0):
        self.server, self.root, self.interval_s = server, server.process.pid, interval_s
        self.shares = None
        self.stopping = threading.Event()
        self.pss = self.rss = 0
        self.cpu_s = 0.0

    def sample(self):
        pss, rss = memory_bytes(process_tree(self.root))
        self.pss, self.rss = max(self.pss, pss), max(self.rss, rss)

    def _run(self):
        while not self.stopping.wait(self.interval_s):
            self.sample()

    def __enter__(self):
        self.own_before = self.server.own_time()
        self.cpu_s = -cpu_seconds(process_tree(self.root))
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join()
        self.cpu_s += cpu_seconds(process_tree(self.root))
        self.sample()
        if self.own_before:
            self.shares = self.server.own_time().shares_since(self.own_before)
