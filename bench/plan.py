#!/usr/bin/env python3
"""How long a plan of all five modalities over the whole catalogue takes, once the machine is known."""
import argparse
import datetime
import json
import os
import subprocess
from pathlib import Path

import measuring


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", default=measuring.ROOT / "build/release/tests/plan_timing")
    parser.add_argument("--processes", type=int, default=5, help="runs of the program")
    parser.add_argument("--repeats", type=int, default=5, help="plans of each device in a run")
    parser.add_argument("--busy", action="store_true", help="measure although other programs run")
    args = parser.parse_args()
    idle = None if args.busy else measuring.wait_until_idle()
    samples = {}
    for _ in range(args.processes):
        for device, values in json.loads(measuring.run([args.program, args.repeats])).items():
            samples.setdefault(device, []).extend(values)
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=measuring.ROOT, capture_output=True, text=True).stdout.strip()
    results = [{"device": device, **measuring.summary(values), "samples_ms": [round(v, 3) for v in values]}
               for device, values in samples.items()]
    document = {"benchmark": "plan", "time": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "commit": commit, "machine": measuring.machine(), "idle_share": idle, "unit": "ms", "results": results}
    (measuring.RESULTS / "plan.json").write_text(json.dumps(document, indent=1) + "\n")
    for row in results:
        print(f"{row['device']:<32}{row['median']:8.1f} ms  (max {row['max']:.1f}, n {row['n']})")


if __name__ == "__main__":
    os.chdir(Path(__file__).resolve().parent)
    main()
