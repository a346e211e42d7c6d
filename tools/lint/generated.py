"""Generated files are what their generator writes today; tools/lint/generated.json lists them."""
import json
import os
import subprocess

from sources import Finding

LIST = "tools/lint/generated.json"


def program(tree):
    """The built hearth, wherever this run has it; None where it is not built."""
    for candidate in (os.environ.get("HEARTH_PROGRAM", ""), tree.root / "build/release/bin/hearth"):
        if candidate and os.access(candidate, os.X_OK):
            return str(candidate)
    return None


def generated(tree):
    """Runs each generator and compares its standard output with the file."""
    findings = []
    for entry in json.loads(tree.text(LIST) or "[]"):
        command = list(entry["command"])
        if "{program}" in command:
            built = program(tree)
            if built is None:
                findings.append(Finding(entry["file"], 1, "not checked: build/release/bin/hearth is not built", warning=True))
                continue
            command = [built if word == "{program}" else word for word in command]
        try:
            result = subprocess.run(command, cwd=tree.root, capture_output=True, text=True, timeout=60, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            findings.append(Finding(entry["file"], 1, f"its generator {' '.join(entry['command'])} did not run: {error}"))
            continue
        again = f"write it again: {' '.join(entry['command'])} > {entry['file']}"
        if result.returncode != 0:
            findings.append(Finding(entry["file"], 1, f"its generator failed with status {result.returncode}: {result.stderr.strip()[-200:]}"))
        elif entry["file"] not in tree.names:
            findings.append(Finding(entry["file"], 1, f"is missing; {again}"))
        elif result.stdout != tree.text(entry["file"]):
            findings.append(Finding(entry["file"], 1, f"is stale; {again}"))
    return findings
