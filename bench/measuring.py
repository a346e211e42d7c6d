"""What the benchmark scripts share: an idle machine, interleaved samples, honest statistics, one results file."""
import datetime
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench" / "results"


def cpu_idle_share(seconds):
    """The share of all processors' time that was idle during the next `seconds`. Source: proc(5), /proc/stat."""
    def read():
        fields = [int(x) for x in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
        return fields[3] + fields[4], sum(fields[:8])
    idle_a, total_a = read()
    time.sleep(seconds)
    idle_b, total_b = read()
    return (idle_b - idle_a) / max(1, total_b - total_a)


def wait_until_idle(share=0.95, patience_s=600):
    """Competing work halves two-thread decode; without an idle machine a figure means nothing."""
    deadline = time.monotonic() + patience_s
    while True:
        idle = cpu_idle_share(2.0)
        if idle >= share:
            return idle
        if time.monotonic() > deadline:
            sys.exit(f"the machine did not become idle within {patience_s} s (idle share {idle:.2f}, wanted {share}); "
                     "end what else runs, or pass --busy to measure all the same")
        time.sleep(3)


def run(command, timeout_s=600):
    """Standard output of a command that must succeed."""
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=timeout_s)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return done.stdout


def summary(samples):
    """Median, extremes and the half-width of the middle half, relative to the median."""
    ordered = sorted(samples)
    median = statistics.median(ordered)
    quartiles = statistics.quantiles(ordered, n=4) if len(ordered) > 1 else [median] * 3
    return {"n": len(ordered), "median": median, "min": ordered[0], "max": ordered[-1],
            "spread": (quartiles[2] - quartiles[0]) / 2 / median if median else 0.0}


def machine():
    model = next((line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.processor())
    return {"cpu": model, "cpus": os.cpu_count(), "system": platform.platform()}


def commit():
    done = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_results(name):
    """What write_results wrote last under this name; None where there is nothing."""
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else None


def write_results(name, document, quiet=False):
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps({"benchmark": name, "time": now(), "commit": commit(), "machine": machine(), **document}, indent=1) + "\n")
    if not quiet:
        print(f"raw samples: {path.relative_to(ROOT)}")
