"""One streaming HTTP request over a bare connection: what arrives is noted with its time and read only afterwards.

The same client for every server, with as little work as possible while tokens flow, so that the client takes nothing away
from the server on the same processors.
"""
import asyncio
import json
import time
from dataclasses import dataclass, field


@dataclass
class StreamResult:
    """Times are seconds of time.perf_counter(); `token_times` has one entry for each event that carried output."""
    started: float = 0.0
    ended: float = 0.0
    status: int = 0
    error: str = ""
    text: str = ""
    token_times: list = field(default_factory=list)
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0

    @property
    def ok(self):
        return self.status == 200 and not self.error

    @property
    def ttft_s(self):
        return self.token_times[0] - self.started

    @property
    def tpot_s(self):
        """(last minus first token time) / (n - 1)."""
        return (self.token_times[-1] - self.token_times[0]) / max(1, self.completion_tokens - 1)

    def gaps_s(self):
        """Between one event with output and the next."""
        return [b - a for a, b in zip(self.token_times, self.token_times[1:])]


class _Recorder(asyncio.Protocol):
    """Sends one request, notes every piece with its arrival, ends with the connection."""

    def __init__(self, payload, done):
        self.payload, self.done = payload, done
        self.pieces, self.started = [], 0.0

    def connection_made(self, transport):
        self.started = time.perf_counter()
        transport.write(self.payload)

    def data_received(self, data):
        self.pieces.append((time.perf_counter(), data))

    def connection_lost(self, exc):
        if not self.done.done():
            self.done.set_result(exc)


def request_bytes(path, body, host="localhost", headers=()):
    """An HTTP/1.1 POST of a JSON body; the server closes the connection after its answer."""
    content = json.dumps(body).encode()
    lines = [f"POST {path} HTTP/1.1", f"Host: {host}", "Content-Type: application/json", f"Content-Length: {len(content)}",
             "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


async def stream(address, payload, timeout_s=600.0):
    """Sends `payload` to (host, port) and returns a StreamResult; failures are results, not exceptions."""
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    recorder = _Recorder(payload, done)
    asked = time.perf_counter()
    try:
        transport, _ = await loop.create_connection(lambda: recorder, *address)
    except OSError as error:
        return StreamResult(started=asked, ended=time.perf_counter(), error=f"cannot connect: {error}")
    try:
        broken = await asyncio.wait_for(done, timeout_s)
    except asyncio.TimeoutError:
        broken = f"no end within {timeout_s:.0f} s"
    finally:
        transport.abort()
    result = read_pieces(recorder.pieces)
    result.started, result.ended = recorder.started or asked, time.perf_counter()
    if broken:
        result.error = result.error or str(broken)
    return result


def read_pieces(pieces):
    """A StreamResult from (time, bytes) pieces of one response."""
    result = StreamResult()
    head, body = split_head(pieces)
    if head is None:
        result.error = "the connection ended before a complete response head"
        return result
    result.status = int(head.split(b" ", 2)[1])
    chunked = b"transfer-encoding: chunked" in head.lower()
    content = list(dechunk(body)) if chunked else body
    if result.status != 200:
        result.error = b"".join(data for _, data in content).decode(errors="replace")[:2000] or f"status {result.status}"
        return result
    ended = False
    for when, event in events(content):
        if event == b"[DONE]":
            ended = True
            continue
        take_event(result, when, json.loads(event))
    if not ended and not result.error:
        result.error = "the stream ended without [DONE]"
    return result


def split_head(pieces):
    """(head, the pieces after it); (None, []) when there is no complete head."""
    seen = b""
    for i, (when, data) in enumerate(pieces):
        seen += data
        end = seen.find(b"\r\n\r\n")
        if end >= 0:
            return seen[:end], [(when, seen[end + 4:]), *pieces[i + 1:]]
    return None, []


def dechunk(pieces):
    """Pieces without HTTP's chunk framing. Source: RFC 9112, 7.1."""
    buffer = b""
    left = 0          # bytes of the present chunk that are still to come, its closing CRLF included
    for when, data in pieces:
        buffer += data
        out = b""
        while buffer:
            if left == 0:
                line_end = buffer.find(b"\r\n")
                if line_end < 0:
                    break
                left = int(buffer[:line_end].split(b";")[0] or b"0", 16) + 2
                buffer = buffer[line_end + 2:]
                continue
            part = buffer[:left]
            buffer = buffer[left:]
            out += part[:max(0, min(len(part), left - 2))]
            left -= len(part)
        if out:
            yield when, out


def events(pieces):
    """(arrival of its last byte, data) of each server-sent event."""
    buffer = b""
    for when, data in pieces:
        buffer += data.replace(b"\r\n", b"\n")
        *whole, buffer = buffer.split(b"\n\n")
        for block in whole:
            lines = [line[5:].strip() for line in block.split(b"\n") if line.startswith(b"data:")]
            if lines:
                yield when, b"\n".join(lines)


def take_event(result, when, event):
    """Adds one chunk of /v1/completions or /v1/chat/completions."""
    if "error" in event:
        result.error = json.dumps(event["error"])
        return
    for choice in event.get("choices", []):
        piece = choice.get("text") or (choice.get("delta") or {}).get("content") or (choice.get("delta") or {}).get("reasoning_content")
        if piece:
            result.text += piece
            result.token_times.append(when)
    usage = event.get("usage")
    if usage:
        result.prompt_tokens = usage.get("prompt_tokens", 0)
        result.completion_tokens = usage.get("completion_tokens", 0)
        result.cached_tokens = (usage.get("prompt_tokens_details") or {}).get("cached_tokens", 0)
