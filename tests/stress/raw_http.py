"""HTTP by hand, so that it can be wrong."""
import json
import re
import select
import socket
import time


def post(path, body, headers=()):
    """The bytes of a POST; `body` is bytes, or something for JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", "Content-Type: application/json", f"Content-Length: {len(content)}",
             "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def connect(address, timeout_s=20.0):
    made = socket.create_connection(address, timeout=timeout_s)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


def read_all(connection, silence_s=None, timeout_s=20.0):
    """Everything until the other side closes; what there is when time is up or the connection breaks.

    After `silence_s` without a byte the sending side is closed: whoever waits for more knows that none will come.
    """
    deadline = time.monotonic() + timeout_s
    data = b""
    while time.monotonic() < deadline:
        try:
            if silence_s is not None and not select.select([connection], [], [], silence_s)[0]:
                silence_s = None
                connection.shutdown(socket.SHUT_WR)
            connection.settimeout(max(0.01, deadline - time.monotonic()))
            part = connection.recv(65536)
        except OSError:
            break
        if not part:
            break
        data += part
    return data


def exchange(address, request, silence_s=None, timeout_s=20.0):
    """Sends bytes, however wrong, and returns what comes back as read_all() does; b"" when nothing does."""
    with connect(address, timeout_s) as connection:
        try:
            connection.sendall(request)
        except OSError:
            pass  # refused in the middle of the body: the answer is there all the same
        return read_all(connection, silence_s, timeout_s)


def status_of(response):
    """The status code of a response; 0 when it is none."""
    words = response.split(b"\r\n", 1)[0].split(b" ")
    return int(words[1]) if len(words) > 1 and words[0].startswith(b"HTTP/1.") and words[1].isdigit() else 0


def body_of(response):
    """The body of the first response, without chunk framing."""
    head, _, body = response.partition(b"\r\n\r\n")
    if b"transfer-encoding: chunked" not in head.lower():
        length = re.search(rb"\r\ncontent-length: *(\d+)", head.lower())
        return body[:int(length.group(1))] if length else body
    whole = b""
    while body:
        size, _, rest = body.partition(b"\r\n")
        count = int(size.split(b";")[0] or b"0", 16)
        if count == 0:
            break
        whole += rest[:count]
        body = rest[count + 2:]
    return whole


def error_of(response):
    """The error object of a response, None when it has none of the right form."""
    try:
        error = json.loads(body_of(response))["error"]
        return error if error["message"] and error["type"] else None
    except (ValueError, KeyError, TypeError):
        return None
