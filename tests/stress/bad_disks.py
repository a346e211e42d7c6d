#!/usr/bin/env python3
"""A disk that is full and one that becomes read-only: answers stay right, the server says what it could not keep.

The disks are small file systems in a mount namespace of the test's own; where the system allows none, the test is skipped.
"""
import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
import cache_prompts  # noqa: E402
from hearth_server import SKIPPED, HearthServer, Skip  # noqa: E402
from killed_writes import MODELS, OPTIONS, reference  # noqa: E402


class RoomServer(HearthServer):
    """A server whose home is a disk of the given mode; its process is the room's shell."""

    def __init__(self, program, mode, home):
        super().__init__(program, MODELS, OPTIONS, home=home)
        self.mode = mode

    def __enter__(self):
        wrapper = Path(self.home).parent / f"{self.mode}.sh"
        wrapper.write_text(f'#!/bin/sh\nexec unshare -rm bash "{HERE}/room.sh" {self.mode} "{self.home}" "{self.program}" "$@"\n', encoding="utf-8")
        wrapper.chmod(0o700)
        self.program = wrapper
        return super().__enter__()

    def write_failures(self):
        """What /metrics counts."""
        with urllib.request.urlopen(self.url + "/metrics", timeout=10) as answer:
            found = re.findall(r"^hearth_\w*write_failures\w*(?:\{[^}]*\})? ([0-9.e+]+)$", answer.read().decode(), re.M)
        return sum(float(number) for number in found)


def need_namespaces():
    if os.name != "posix" or subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode != 0:
        raise Skip("this system lets nobody make a mount namespace (unshare -rm)")


def run_mode(program, mode, expected):
    """[fault] of one kind of disk."""
    faults = []
    with tempfile.TemporaryDirectory(prefix="hearth-test-") as folder:
        home = Path(folder) / "home"
        home.mkdir()
        with RoomServer(program, mode, home) as server:
            # The first half of the prompts meets a disk that works, where it is one that is sealed later.
            for i, (prompt, answer) in enumerate([*expected.items()] * 2):
                if mode == "sealed" and i == len(expected) // 2:
                    server.process.send_signal(signal.SIGUSR1)
                    time.sleep(0.5)
                if cache_prompts.ask(server.address, prompt)[0] != answer:
                    faults.append(f"{mode}: a wrong answer to prompt {i}")
            time.sleep(1)
            failures = server.write_failures()
            if failures == 0:
                faults.append(f"{mode}: /metrics counts no write failure")
            print(f"{mode}: {2 * len(expected)} prompts, {failures:.0f} write failures counted")
            status = server.stop()
            if status != 0:
                faults.append(f"{mode}: SIGTERM ended the server with {status}: {server.said()}")
    return faults


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=Path, required=True)
    options = parser.parse_args()
    try:
        need_namespaces()
        expected = reference(options.program)
        faults = [fault for mode in ("full", "sealed") for fault in run_mode(options.program, mode, expected)]
    except Skip as reason:
        print(f"skipped: {reason}")
        return SKIPPED
    print("\n".join(faults) or "no faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
