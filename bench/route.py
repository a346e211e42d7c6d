#!/usr/bin/env python3
"""How long a whole route takes: features, intent, policy with its bandit, on live telemetry, 100,000 calls of each kind."""
import argparse
import json
import os
from pathlib import Path

import measuring


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", default=measuring.ROOT / "build/release/tests/routing_timing")
    parser.add_argument("--calls", type=int, default=100_000, help="routes of each kind of prompt")
    parser.add_argument("--busy", action="store_true", help="measure although other programs run")
    args = parser.parse_args()
    idle = None if args.busy else measuring.wait_until_idle()
    results = json.loads(measuring.run([args.program, args.calls]))
    measuring.write_results("route", {"idle_share": idle, "unit": "us", "results": results})
    for kind, row in results.items():
        print(f"{kind:<22}stage {row['stage']}  p50 {row['p50_us']:7.1f} us  p99 {row['p99_us']:7.1f} us  "
              f"max {row['max_us']:8.1f} us  {row['allocations_a_call']:.4f} allocations a call")


if __name__ == "__main__":
    os.chdir(Path(__file__).resolve().parent)
    main()
