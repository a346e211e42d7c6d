"""A `hearth serve` of one test: a home of its own, a free port, ended with the test."""
import json
import os
import signal
import socket
import subprocess
import tempfile
import threading
from pathlib import Path

SKIPPED = 77  # what ctest takes for skipped
ROOT = Path(__file__).resolve().parents[2]


class Skip(Exception):
    """Something that a test needs is absent; the message says what."""


def free_port():
    """A port of the loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class HearthServer:
    """A context manager. `models` is {name: file}; `arguments` are more words for the command line."""

    def __init__(self, program, models, arguments=(), home=None):
        self.program, self.models, self.arguments = program, models, [str(a) for a in arguments]
        self.own_home = None if home else tempfile.TemporaryDirectory(prefix="hearth-test-")
        self.home = Path(home or self.own_home.name)
        self.port = free_port()
        self.address = ("127.0.0.1", self.port)
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = tempfile.TemporaryFile()
        self.process = None

    def __enter__(self):
        models = [word for name, file in self.models.items() for word in ("-m", f"{name}={file}")]
        self.process = subprocess.Popen([str(self.program), "serve", *models, "--host", "127.0.0.1", "--port", str(self.port), "--json",
                                         *self.arguments], stdout=subprocess.PIPE, stderr=self.log,
                                        env=dict(os.environ, HEARTH_HOME=str(self.home)))
        line = self.process.stdout.readline()
        try:
            if json.loads(line or b"{}").get("event") != "ready":
                raise ValueError
        except ValueError:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"hearth serve did not become ready: {line.decode(errors='replace')}{self.said()}") from None
        threading.Thread(target=self.process.stdout.read, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.stop()

    def said(self):
        """The end of what the server wrote to standard error."""
        self.log.seek(0)
        return self.log.read().decode(errors="replace")[-3000:]

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def stop(self, kill=False):
        """SIGTERM (which drains) or SIGKILL; returns the exit status, once."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL if kill else signal.SIGTERM)
        try:
            status = self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            status = "no end within 60 s of SIGTERM"
        self.process.stdout.close()
        self.process = None
        if self.own_home:
            self.own_home.cleanup()
        return status
