"""What a server process holds: memory, descriptors, threads, processor time. Source: proc(5)."""
import os
import resource
import threading
from pathlib import Path

TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def resident_bytes(pid):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) << 10
    return 0


def descriptors(pid):
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def threads(pid):
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


def cpu_s(pid):
    """User and system time so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


class Peak:
    """A context manager that keeps the largest resident size while it is open."""

    def __init__(self, pid, interval_s=0.1):
        self.pid, self.interval_s, self.bytes = pid, interval_s, 0
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        while not self.stopping.wait(self.interval_s):
            self.bytes = max(self.bytes, resident_bytes(self.pid))

    def __enter__(self):
        self.bytes = resident_bytes(self.pid)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join()
        self.bytes = max(self.bytes, resident_bytes(self.pid))


def many_descriptors():
    """Lets this process open as many sockets as the system allows it; returns that number."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard
