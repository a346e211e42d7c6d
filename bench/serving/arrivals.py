"""How requests come: a fixed number of clients that each wait for their answer, or arrivals that wait for nobody."""
import asyncio
import random
import time
from dataclasses import dataclass

from serving.stream_client import stream


@dataclass
class LoadResult:
    """`results` in the order of the payloads; `window_s` from the first request to the last byte."""
    results: list
    window_s: float
    cpu_s: float = 0.0
    pss_peak_bytes: int = 0
    rss_peak_bytes: int = 0
    shares: list = None  # processor time by the steps' time, where the server tells: see OwnTime.shares_since

    @property
    def completion_tokens(self):
        return sum(r.completion_tokens for r in self.results)

    @property
    def prompt_tokens(self):
        return sum(r.prompt_tokens for r in self.results)


async def _closed(address, payloads, clients, timeout_s):
    waiting = list(enumerate(payloads))[::-1]
    results = [None] * len(payloads)

    async def client():
        while waiting:
            i, payload = waiting.pop()
            results[i] = await stream(address, payload, timeout_s)

    await asyncio.gather(*(client() for _ in range(clients)))
    return results


async def _open(address, payloads, times, timeout_s):
    async def arrive(payload, when):
        await asyncio.sleep(when)
        return await stream(address, payload, timeout_s)

    return await asyncio.gather(*(arrive(p, t) for p, t in zip(payloads, times)))


def poisson_times(count, rate_per_s, seed):
    """Arrival times with exponential gaps of mean 1/rate; the same seed gives the same times."""
    draw = random.Random(seed)
    now, times = 0.0, []
    for _ in range(count):
        now += draw.expovariate(rate_per_s)
        times.append(now)
    return times


def closed_loop(address, payloads, clients, timeout_s=900.0):
    """`clients` connections take the payloads in turn; each sends the next when its answer is complete."""
    begin = time.perf_counter()
    results = asyncio.run(_closed(address, payloads, clients, timeout_s))
    return LoadResult(results, max(r.ended for r in results) - begin)


def open_loop(address, payloads, times, timeout_s=900.0):
    """Payload i is sent times[i] seconds after the start, whatever the others do."""
    begin = time.perf_counter()
    results = asyncio.run(_open(address, payloads, times, timeout_s))
    return LoadResult(results, max(r.ended for r in results) - begin)
