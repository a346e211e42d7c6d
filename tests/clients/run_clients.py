#!/usr/bin/env python3
"""Runs one suite of an official client, unmodified, against hearth serve on the fake runtime.

Two servers: one that anybody may ask, one with keys, of which "limited" may ask once a minute, and with 64 KiB for a body.
"""
import argparse
import hashlib
import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

from client_environment import node_with_client, python_with_clients, python_with_kserve
from hearth_server import SKIPPED, HearthServer, Skip

HERE = Path(__file__).resolve().parent
GOOD_KEY, LIMITED_KEY = "test-key-of-the-client-suites", "test-key-with-a-tight-limit"


def key_line(name, key, limits=""):
    """A line of the key file: name, salt, SHA-256 of salt and key, limits."""
    salt = hashlib.sha256(name.encode()).digest()[:16]
    return f"{name} sha256:{salt.hex()}:{hashlib.sha256(salt + key.encode()).hexdigest()} {limits}".strip() + "\n"


def command_of(suite, folder):
    """The command line that runs the suite."""
    if suite.endswith("_node"):
        node, home = node_with_client(folder)
        # A module is looked for from where the importing file lies.
        script = home / "suite.mjs"
        script.write_text((HERE / f"{suite}.mjs").read_text(encoding="utf-8"), encoding="utf-8")
        return [node, "--test", script]
    if suite.startswith("kserve"):
        return [python_with_kserve(folder), HERE / f"{suite}.py"]
    return [python_with_clients(folder), HERE / f"{suite}.py"]


def models_of(suite):
    """The models that the suite asks, by name."""
    if suite not in ("openai_audio_python", "openai_realtime_python"):
        return {"clients": HERE / "clients.fake.json", "doubler": HERE / "doubler.fake.json"}
    others = {"chat": "starter"} if suite == "openai_realtime_python" else {}
    for folder in ("/usr/local/share", "/usr/share"):
        floor = Path(folder) / "pocketsphinx/model/en-us/en-us.lm.bin"
        if floor.exists():
            return {"ears": floor, **others}
    raise Skip("no speech model that needs no download; install the package pocketsphinx-en-us")


def run_suite(program, suite, folder):
    """The exit status of the suite."""
    command = command_of(suite, folder)
    keys = folder / f"{suite}.keys"
    keys.write_text(key_line("good", GOOD_KEY) + key_line("limited", LIMITED_KEY, "requests_per_minute=1"), encoding="ascii")
    keys.chmod(0o600)
    models = models_of(suite)
    options = ["--slots", "4", "--ctx", "4096"]
    has_voice = (program.parent.parent / "lib/hearth/runtimes/libhearth_runtime_flite.so").exists()
    if has_voice:
        models["voice"] = "flite"
    with HearthServer(program, models, options) as server, HearthServer(program, models, [*options, "--keys", keys, "--body-limit", "64kb"]) as locked:
        environment = dict(os.environ, HEARTH_URL=server.url, HEARTH_LOCKED_URL=locked.url, HEARTH_KEY=GOOD_KEY,
                           HEARTH_LIMITED_KEY=LIMITED_KEY, NO_COLOR="1")
        environment["HEARTH_VOICE"] = "1" if has_voice else ""
        for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "OPENAI_BASE_URL", "ANTHROPIC_BASE_URL", "ANTHROPIC_AUTH_TOKEN"):
            environment.pop(name, None)
        environment.update(no_proxy="127.0.0.1", NO_PROXY="127.0.0.1")
        status = subprocess.run([str(word) for word in command], env=environment, timeout=540, check=False).returncode
        for each in (server, locked):
            assert each.alive(), f"the server ended while the suite ran: {each.said()}"
            with urllib.request.urlopen(each.url + "/health", timeout=10) as answer:
                json.load(answer)
    return status


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("suite", choices=["openai_python", "openai_audio_python", "openai_realtime_python", "anthropic_python", "openai_node", "kserve_python"])
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True, help="for the installed clients")
    options = parser.parse_args()
    try:
        return run_suite(options.program, options.suite, options.folder)
    except Skip as reason:
        print(f"skipped: {reason}")
        return SKIPPED
    except AssertionError as problem:
        print(f"error: {problem}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
