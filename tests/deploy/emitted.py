"""What the files of sample plans say: command lines as a shell, a service manager or a container would build them."""
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import tempfile

try:
    import yaml
except ImportError:
    yaml = None

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = ("llama-server", "ollama", "vllm", "ovms", "mlx_lm.server", "mlx_lm.convert", "trtllm-build", "trtllm-serve", "python3")
# A program that notes its arguments and environment instead of doing anything.
STUB = """#!/bin/bash
{ printf '%s\\0' "${0##*/}" "$@"; printf '\\n\\0'; } >> "$RECORD"
env -0 >> "$RECORD.env"
"""


def record(name):
    """The recorded options of one tool."""
    return json.loads((ROOT / "data" / "tools" / f"{name}.json").read_text(encoding="utf-8"))


def files(samples, pattern):
    """Files of all sample plans; none at all is a fault of the test itself."""
    found = sorted(pathlib.Path(samples).rglob(pattern))
    assert found, f"no sample plan has a file {pattern}"
    return found


def plan_folder(path):
    """The folder that plan.json would lie in."""
    return next(parent for parent in path.parents if parent.name == "deploy").parent


def run_script(path, with_weights):
    """Runs a copy of one script with stubs for programs: (exit status, error text, commands, environment, names left in its folder)."""
    with tempfile.TemporaryDirectory() as room:
        room = pathlib.Path(room)
        folder = shutil.copytree(plan_folder(path), room / "plan with 'blank'")
        script = folder / path.relative_to(plan_folder(path))
        if with_weights:
            text = script.read_text(encoding="utf-8")
            script.write_text(re.sub(r"^need\(\) \{.*$", "need() { :; }", text, flags=re.M), encoding="utf-8")
        stubs = room / "bin"
        stubs.mkdir()
        for program in PROGRAMS:
            (stubs / program).write_text(STUB, encoding="utf-8")
            (stubs / program).chmod(0o755)
        log = room / "record"
        before = {str(p.relative_to(room)) for p in room.rglob("*")}
        done = subprocess.run(["bash", str(script)], capture_output=True, text=True, check=False, timeout=60, cwd=room,
                              env={"PATH": f"{stubs}:{os.defpath}", "RECORD": str(log), "HOME": str(room)})
        commands = []
        if log.exists():
            commands = [words.split("\0")[:-1] for words in log.read_text(encoding="utf-8").split("\n\0")[:-1]]
        environment = {}
        if (room / "record.env").exists():
            environment = dict(entry.split("=", 1) for entry in (room / "record.env").read_text(encoding="utf-8").split("\0") if "=" in entry)
        left = {str(p.relative_to(room)) for p in room.rglob("*")} - before - {"record", "record.env"}
        return done.returncode, done.stderr, commands, environment, left


def service_words(path):
    """ExecStart of a unit, read as systemd does: quotes, doubled percent and dollar signs."""
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    command = re.search(r"^ExecStart=(.*)$", text, re.M).group(1)
    return [word.replace("%%", "%").replace("$$", "$") for word in shlex.split(command)]


def container_words(path):
    """Entry point and arguments of a container file."""
    text = path.read_text(encoding="utf-8")
    entry = re.search(r"^ENTRYPOINT (.*)$", text, re.M)
    return (json.loads(entry.group(1)) if entry else ["hearth"]) + json.loads(re.search(r"^CMD (.*)$", text, re.M).group(1))


def documents(path):
    """The documents of a YAML file."""
    return list(yaml.safe_load_all(path.read_text(encoding="utf-8")))


def pod_containers(document):
    """The containers of a Deployment or InferenceService."""
    if document["kind"] == "Deployment":
        return document["spec"]["template"]["spec"]["containers"]
    return document["spec"]["predictor"]["containers"] if document["kind"] == "InferenceService" else []


def every_command(samples):
    """(file, words) of every command line in every kind of file."""
    for path in files(samples, "*.sh"):
        for words in run_script(path, True)[2]:
            yield path, words
    for path in files(samples, "*.service"):
        yield path, service_words(path)
    for path in files(samples, "Containerfile"):
        yield path, container_words(path)
    for path in files(samples, "*.ps1"):
        text = re.sub(r"`\n\s*", " ", path.read_text(encoding="utf-8"))
        for command in re.findall(r"^& (.*)$", text, re.M):
            yield path, [word[1:-1].replace("''", "'") for word in re.findall(r"'(?:[^']|'')*'", command)]
    if yaml:
        for path in files(samples, "*.yaml"):
            for document in documents(path):
                for container in pod_containers(document) if "kind" in document else []:
                    yield path, container["command"] + [word.replace("$$(", "$(") for word in container["args"]]
