#!/usr/bin/env python3
"""What a hot server tells of itself: the header, the status and its events, `hearth status --watch`, the metrics; and what it does."""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
sys.path.insert(0, str(HERE))
from expectations import Expectations  # noqa: E402
from hearth_server import HearthServer  # noqa: E402
from simulated_machine import SimulatedMachine  # noqa: E402

BIG = ('{"hearth_fake": 1, "name": "big", "context_length": 2048, "otherwise": {"rule": "text", "text": "big words "},'
       ' "latency": {"decode_us": 4000}}')
SMALL = '{"hearth_fake": 1, "name": "small", "context_length": 2048, "otherwise": {"rule": "text", "text": "small words "}}'


def complete(server, tokens):
    """(model, text, rung) of an answer by the big model, or by who stands in for it."""
    body = {"model": "big", "prompt": "go", "max_tokens": tokens, "temperature": 0}
    request = urllib.request.Request(server.url + "/v1/completions", json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        document = json.loads(answer.read())
        return document["model"], document["choices"][0]["text"], answer.headers.get("x-hearth-rung")


def fetch(server, path):
    with urllib.request.urlopen(server.url + path, timeout=10) as answer:
        return answer.read().decode()


def status_events(server, seconds):
    """Documents of the status as events, for a while."""
    request = urllib.request.Request(server.url + "/v1/hearth/status", headers={"accept": "text/event-stream"})
    documents, end = [], time.monotonic() + seconds
    with urllib.request.urlopen(request, timeout=10) as stream:
        for line in stream:
            if line.startswith(b"data: "):
                documents.append(json.loads(line[6:]))
            if time.monotonic() > end:
                break
    return documents


def wait_for(server, rung, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if json.loads(fetch(server, "/v1/hearth/status"))["rung"] == rung:
            return True
        time.sleep(0.1)
    return False


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=Path, required=True)
    options = parser.parse_args()
    expect = Expectations()
    with tempfile.TemporaryDirectory(prefix="hearth-watching-") as folder:
        for name, script in (("big", BIG), ("small", SMALL)):
            (Path(folder) / f"{name}.fake.json").write_text(script, encoding="utf-8")
        machine = SimulatedMachine(Path(folder) / "machine")
        models = {name: Path(folder) / f"{name}.fake.json" for name in ("big", "small")}
        with HearthServer(options.program, models, ["--machine-tree", machine.folder, "--smaller", "big=small", "--threads", "4"]) as server:
            expect(complete(server, 300)[0::2] == ("big", "full"), f"as planned: {complete(server, 3)}")
            machine.temperature(88)
            expect(wait_for(server, "fewer threads", 20), "no first step")
            expect(complete(server, 3)[2] == "fewer threads", "the header does not tell the rung")
            expect(wait_for(server, "smaller model"), "the smaller model was never reached")
            model, text, rung = complete(server, 4)
            expect((model, rung) == ("small", "smaller model") and text, f"who answered: {model} {text!r} {rung}")
            expect(wait_for(server, "short answers"), "short answers were never reached")
            expect(len(complete(server, 300)[1].split()) <= 128, "short answers are long")
            documents = status_events(server, 2.5)
            expect(len(documents) >= 2, f"{len(documents)} events in 2.5 s")
            governor = documents[-1]["governor"]
            expect(governor["sample"]["temperature_c"] == 88, f"sample: {governor['sample']}")
            steps = [event for event in governor["events"] if event["kind"] == "step"]
            expect([step["to"] for step in steps][:1] == ["fewer threads"] and all(step["cause"] == "heat" for step in steps), f"{steps}")
            metrics = fetch(server, "/metrics")
            expect('hearth_governor_steps_total{modality="llm",cause="heat",direction="down"}' in metrics, "the steps are not counted")
            expect('rung="short answers"' in metrics, "hearth_rung does not tell")
            shown = subprocess.run([str(options.program), "status", "--watch", "--times", "2"], capture_output=True, text=True, timeout=30,
                                   env=dict(os.environ, HEARTH_HOME=str(server.home)), check=False)
            expect(shown.returncode == 0 and "temperature" in shown.stdout and "short answers" in shown.stdout, f"--watch: {shown.stdout!r}{shown.stderr!r}")
            print(shown.stdout[-900:])
            expect(server.stop() == 0, "SIGTERM did not end it well")
    return expect.status()


if __name__ == "__main__":
    sys.exit(main())
