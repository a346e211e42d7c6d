"""Runs one long command with its output in a log file, a line with the elapsed time, and a clear end when it fails."""
import contextlib
import os
import re
import signal
import subprocess
import sys
import time

COUNTER = re.compile(rb"\[\s*(\d+)/(\d+)[\]\s]")
QUIET_INTERVAL_S = 30.0


class StepFailed(Exception):
    """What was being done, what went wrong and what to do, in one message."""


def elapsed(seconds):
    """12 s, 3:05 min."""
    return f"{seconds:.0f} s" if seconds < 60 else f"{int(seconds) // 60}:{int(seconds) % 60:02d} min"


def tail(path, lines=30):
    """The last lines of a log, without the carriage returns of progress bars."""
    with open(path, "rb") as log:
        text = log.read().decode("utf-8", "replace").replace("\r", "\n")
    return "\n".join([line for line in text.splitlines() if line.strip()][-lines:])


def _counter(path):
    """The build's own "[123/456]" from the end of the log, so that a watcher sees it move."""
    with open(path, "rb") as log:
        log.seek(max(0, os.path.getsize(path) - 4096))
        found = COUNTER.findall(log.read())
    return f" {int(found[-1][0])}/{int(found[-1][1])}" if found else ""


class Line:
    """One line on a terminal that is written again; on a pipe a start, a sign of life now and then, and an end."""

    def __init__(self, message, hint="", quiet_below_s=0.0):
        self.message, self.hint, self.quiet_below_s = message, hint, quiet_below_s
        self.tty, self.begin, self.started = sys.stderr.isatty(), time.monotonic(), False
        self.last = self.begin
        if not self.tty and quiet_below_s == 0:
            self.start()

    def start(self):
        self.started = True
        print(f"{self.message}{self.hint} ...", file=sys.stderr, flush=True)

    def seconds(self):
        return time.monotonic() - self.begin

    def beat(self, note=""):
        if self.tty:
            line = f"{self.message}{self.hint} ... {elapsed(self.seconds())}{note}"
            print(f"\r\033[K{line}", end="", file=sys.stderr, flush=True)
        elif not self.started:
            if self.seconds() >= self.quiet_below_s:
                self.start()
        elif time.monotonic() - self.last >= QUIET_INTERVAL_S:
            self.last = time.monotonic()
            print(f"  ... {elapsed(self.seconds())}{note}", file=sys.stderr, flush=True)

    def end(self, word, failed):
        if self.tty:
            print("\r\033[K", end="", file=sys.stderr)
        if failed or self.started or self.seconds() >= self.quiet_below_s:
            print(f"{self.message}: {word} ({elapsed(self.seconds())})", file=sys.stderr, flush=True)


def run(message, command, log_path, env=None, cwd=None, hint="", quiet_below_s=0.0):
    """Runs `command` with its output in `log_path`; a step shorter than `quiet_below_s` says nothing.

    Raises StepFailed with the end of the log when the command fails; an interrupt ends the command first.
    """
    line = Line(message, hint, quiet_below_s)
    with open(log_path, "ab") as log:
        log.write(("$ " + " ".join(map(str, command)) + "\n").encode())
        log.flush()
        # A group of its own, so that an interrupt ends the compilers below a build tool too.
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, env=env, cwd=cwd,
                                 start_new_session=True)
        try:
            status = wait(child, line, log_path)
        except BaseException:
            with contextlib.suppress(ProcessLookupError):  # it may have ended by the same signal
                os.killpg(child.pid, signal.SIGTERM)
            child.wait()
            raise
    line.end("done" if status == 0 else f"failed with status {status}", status != 0)
    if status != 0:
        raise StepFailed(f"{message} failed. The last lines of {log_path}:\n{tail(log_path)}")


def wait(child, line, log_path):
    """The child's exit status; keeps the line moving until then."""
    pause_s = 0.01
    while True:
        try:
            return child.wait(timeout=pause_s)
        except subprocess.TimeoutExpired:
            line.beat(_counter(log_path))
            pause_s = min(2 * pause_s, 0.2 if line.tty else 2.0)
