#!/usr/bin/env python3
"""`hearth airgap prove`: clean as the program is, and with status 7 and the call's name once one DNS query leaks."""
import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

SKIPPED = 77


def prove(program, preload=None):
    environment = dict(os.environ)
    if preload:
        environment["LD_PRELOAD"] = str(preload)
    done = subprocess.run([str(program), "airgap", "prove", "--json"], capture_output=True, text=True, timeout=300, env=environment, check=False)
    return done.returncode, json.loads(done.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--leaky", type=Path, required=True, help="a library that looks a name up when it is loaded")
    options = parser.parse_args()
    status, clean = prove(options.program)
    if "error" in clean:
        print(f"skipped: {clean['error']['message']}")
        return SKIPPED
    faults = []
    steps = {step["step"]: step for step in clean["steps"]}
    if status != 0 or not clean["pass"] or set(steps) != {"plan", "pull", "run", "serve"}:
        faults.append(f"not clean: status {status}, {json.dumps(clean)}")
    if not steps.get("serve", {}).get("calls"):
        faults.append("the server's sockets were not looked at")
    status, leaky = prove(options.program, options.leaky)
    calls = [call for step in leaky["steps"] for call in step["refused"]]
    if status != 7 or leaky["pass"]:
        faults.append(f"a leaked query passed: status {status}")
    if not any(call["call"] in ("connect", "sendto", "sendmsg", "sendmmsg") and call["to"].rsplit(":", 1)[-1] == "53" for call in calls):
        faults.append(f"the query to a name server is not named: {calls}")
    print(f"clean: {[(name, step['calls']) for name, step in steps.items()]}; leaking: {calls[:2]}")
    for fault in faults:
        print("FAULT:", fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
