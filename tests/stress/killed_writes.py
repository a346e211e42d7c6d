#!/usr/bin/env python3
"""kill -9 while prefixes are written to the disk, at random points: the next start works and answers right.

Every start is checked against answers of a server that never cached anything; at the end it is checked that the cache was
really used, since a cache that never works is never wrong.
"""
import argparse
import http.client
import random
import sys
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
import cache_prompts  # noqa: E402
from hearth_server import HearthServer  # noqa: E402

MODELS = {"prefill": HERE / "prefill.fake.json"}
OPTIONS = ["--slots", 4, "--ctx", 4096, "--transport", "in-process"]
ENDS = 6


def reference(program):
    """{prompt: answer}, computed without any cache."""
    with HearthServer(program, MODELS, OPTIONS) as server:
        return {prompt: cache_prompts.ask(server.address, prompt, use_cache=False)[0] for prompt in cache_prompts.prompts(ENDS)}


def keep_asking(server, prompts, stopping):
    """Asks until the server is gone."""
    for prompt in prompts:
        if stopping.is_set():
            return
        try:
            cache_prompts.ask(server.address, prompt)
        except (OSError, http.client.HTTPException, ValueError):
            return


def one_life(program, home, expected, draw):
    """A start, two checked answers, then work and SIGKILL in the middle of it: ([fault], tokens that came from the disk)."""
    prompts = list(expected)
    draw.shuffle(prompts)
    faults, from_disk = [], 0
    with HearthServer(program, MODELS, OPTIONS, home=home) as server:
        for i, prompt in enumerate(prompts[:2]):
            answer, from_cache = cache_prompts.ask(server.address, prompt)
            from_disk += from_cache if i == 0 else 0  # what the first one finds can only be from an earlier life
            if answer != expected[prompt]:
                faults.append(f"a wrong answer with {from_cache} cached tokens: {answer} instead of {expected[prompt]}")
        stopping = threading.Event()
        askers = [threading.Thread(target=keep_asking, args=(server, prompts[2 + i::4], stopping), daemon=True) for i in range(4)]
        for each in askers:
            each.start()
        time.sleep(draw.random() * 1.2)
        if not server.alive():
            faults.append(f"the server ended by itself: {server.said()}")
        server.stop(kill=True)
        stopping.set()
        for each in askers:
            each.join()
    return faults, from_disk


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    draw = random.Random(options.seed)
    expected = reference(options.program)
    faults, from_disk = [], 0
    with tempfile.TemporaryDirectory(prefix="hearth-test-") as home:
        for i in range(options.kills):
            found, tokens = one_life(options.program, home, expected, draw)
            faults += [f"life {i}: {fault}" for fault in found]
            from_disk += tokens
            if len(faults) > 5:
                break
        with HearthServer(options.program, MODELS, OPTIONS, home=home) as server:
            for prompt, answer in expected.items():
                got, from_cache = cache_prompts.ask(server.address, prompt)
                faults += [] if got == answer else [f"at the end: a wrong answer with {from_cache} cached tokens"]
        sizes = [path.stat().st_size for path in Path(home).rglob("*") if path.is_file()]
    if from_disk == 0:
        faults.append(f"no prompt token ever came from the disk ({len(sizes)} files in the home): this test showed nothing")
    print("\n".join(faults[:10]))
    print(f"{options.kills} kills, {from_disk} prompt tokens came from the disk, {len(sizes)} files of "
          f"{sum(sizes) >> 10} KiB at the end; {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
