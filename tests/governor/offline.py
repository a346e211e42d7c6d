#!/usr/bin/env python3
"""What a server does without: a system prompt that was computed beforehand, and an honest answer where no rung is left."""
import argparse
import json
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "support"), str(HERE)]
from expectations import Expectations  # noqa: E402
from hearth_server import ROOT, HearthServer  # noqa: E402
from simulated_machine import SimulatedMachine  # noqa: E402

SYSTEM = "You are the voice of a lighthouse. Answer in one short sentence, and tell what you do not know. " * 4
CANNED = "This machine is short of memory and computed nothing. Please ask again in a while."
STARVED = ('{"hearth_fake": 1, "name": "starved", "context_length": 2048, "otherwise": {"rule": "text", "text": "more "},'
           ' "faults": [{"call": "decode", "nth": 6, "times": 0, "do": "error", "code": "out_of_memory", "message": "no memory"}]}')


def chat(server, system, **more):
    """(status, answer, rung) of one conversation."""
    body = {"model": "m", "messages": [{"role": "system", "content": system}, {"role": "user", "content": "Who are you?"}],
            "max_tokens": 4, "temperature": 0, **more}
    request = urllib.request.Request(server.url + "/v1/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.loads(answer.read()), answer.headers.get("x-hearth-rung")
    except urllib.error.HTTPError as refused:
        return refused.code, json.loads(refused.read()), refused.headers.get("x-hearth-rung")


def prewarmed(program, folder, expect):
    """The first request finds the system prompt computed."""
    (folder / "system.txt").write_text(SYSTEM + "\n", encoding="utf-8")
    starter = {"m": ROOT / "data/starter/hearth-starter.gguf"}
    with HearthServer(program, starter, ["--system-prompt", folder / "system.txt"]) as server:
        _, known, _ = chat(server, SYSTEM)
        _, unknown, _ = chat(server, "A prompt that nobody announced. " * 12)
    cached = [answer["usage"]["prompt_tokens_details"]["cached_tokens"] for answer in (known, unknown)]
    print(f"cached tokens of the first answers: {cached[0]} of {known['usage']['prompt_tokens']} announced, {cached[1]} else")
    expect(cached[0] * 2 > known["usage"]["prompt_tokens"], f"the system prompt was not computed beforehand: {known['usage']}")
    expect(cached[1] < 64, f"the other one was: {unknown['usage']}")


def canned(program, folder, expect):
    """A model whose memory is at an end: errors at first, then the canned answer, which says so."""
    (folder / "starved.fake.json").write_text(STARVED, encoding="utf-8")
    machine = SimulatedMachine(folder / "machine")
    options = ["--machine-tree", machine.folder, "--canned-answer", CANNED, "--slots", "1"]
    with HearthServer(program, {"m": folder / "starved.fake.json"}, options) as server:
        end, got = time.monotonic() + 60, None
        while time.monotonic() < end:
            status, answer, rung = chat(server, "Go on.")
            if status == 200 and rung == "canned answer":
                got = answer["choices"][0]["message"]["content"]
                break
            time.sleep(0.02)
        expect(got == CANNED, f"no canned answer within a minute, last {status} {answer} {rung}")
        status, answer, _ = chat(server, "Go on.", response_format={"type": "json_object"})
        expect(status != 200, f"who asked for JSON got {answer}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=Path, required=True)
    options = parser.parse_args()
    expect = Expectations()
    with tempfile.TemporaryDirectory(prefix="hearth-offline-") as folder:
        prewarmed(options.program, Path(folder), expect)
        canned(options.program, Path(folder), expect)
    return expect.status()


if __name__ == "__main__":
    sys.exit(main())
