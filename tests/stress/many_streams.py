#!/usr/bin/env python3
"""1,000 streams at once, each of ten tokens a second from the fake runtime: all complete, memory stays small.

Asserted: every stream has every token in order, and the resident memory grows by at most 64 KiB a connection. Reported only,
since it depends on the machine: processor time a token (50 us is the aim) and the pace of the streams.
"""
import argparse
import statistics
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "support"), str(HERE.parents[1] / "bench")]
from hearth_server import SKIPPED, HearthServer, Skip  # noqa: E402
from serving.arrivals import open_loop  # noqa: E402
from serving.stream_client import request_bytes  # noqa: E402
import server_watch  # noqa: E402

BYTES_PER_CONNECTION_MAX = 64 << 10
CPU_US_PER_TOKEN_AIM = 50
SAID = "ten tokens a second "


def payload(tokens):
    return request_bytes("/v1/completions", {"model": "stream", "prompt": "go ", "max_tokens": tokens, "temperature": 0, "stream": True,
                                             "speculate": False, "stream_options": {"include_usage": True}})


def run_streams(server, streams, tokens):
    """(results, seconds of processor time, growth of the resident memory in bytes)."""
    pid = server.process.pid
    # The first streams fill pools and caches of the allocator that are there once, however many connections follow.
    warm = open_loop(server.address, [payload(3)] * 16, [0.0] * 16)
    assert all(r.ok for r in warm.results), warm.results[0].error
    before, cpu_before = server_watch.resident_bytes(pid), server_watch.cpu_s(pid)
    with server_watch.Peak(pid) as peak:
        # Connections come over one second, as clients do; all streams then run side by side.
        load = open_loop(server.address, [payload(tokens)] * streams, [i / streams for i in range(streams)], timeout_s=240)
    return load.results, server_watch.cpu_s(pid) - cpu_before, peak.bytes - before


def faults_of(results, tokens):
    """What is wrong with the streams, at most five lines."""
    # The story's place in its text depends on where the prompt ends; from there it must go on without a gap.
    faults = []
    endless = SAID * (tokens + 2)
    for i, result in enumerate(results):
        if not result.ok:
            faults.append(f"stream {i}: {result.status} {result.error[:300]}")
        elif result.completion_tokens != tokens or len(result.token_times) < 1:
            faults.append(f"stream {i}: {result.completion_tokens} tokens of {tokens}")
        elif result.text not in endless:
            faults.append(f"stream {i}: a token is lost or doubled: {result.text[:200]!r}")
    return [f"{len(faults)} of {len(results)} streams failed", *faults[:5]] if faults else []


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--streams", type=int, default=1000)
    parser.add_argument("--tokens", type=int, default=100)
    options = parser.parse_args()
    words = ["--slots", options.streams, "--ctx", 256, "--queue", options.streams, "--transport", "in-process"]
    try:
        with HearthServer(options.program, {"stream": HERE / "stream.fake.json"}, words) as server:
            if server_watch.many_descriptors() < options.streams + 64:
                raise Skip(f"this process may not open {options.streams} sockets (ulimit -n)")
            results, cpu_s, growth = run_streams(server, options.streams, options.tokens)
            faults = faults_of(results, options.tokens)
            faults += [] if server.alive() else [f"the server ended: {server.said()}"]
    except Skip as reason:
        print(f"skipped: {reason}")
        return SKIPPED
    good = [r for r in results if r.ok and r.token_times]
    total = sum(r.completion_tokens for r in good)
    if growth > BYTES_PER_CONNECTION_MAX * options.streams:
        faults.append(f"the resident memory grew by {growth / options.streams / 1024:.1f} KiB a connection, at most 64 are allowed")
    print("\n".join(faults))
    print(f"{options.streams} streams of {options.tokens} tokens: {growth / options.streams / 1024:.1f} KiB a connection, "
          f"{1e6 * cpu_s / max(1, total):.0f} us of processor time a token (aim {CPU_US_PER_TOKEN_AIM}), median TPOT "
          f"{1e3 * statistics.median([r.tpot_s for r in good] or [0]):.0f} ms, median TTFT {1e3 * statistics.median([r.ttft_s for r in good] or [0]):.0f} ms")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
