"""Requests gone wrong, drawn from a seed: bytes of a good one changed, and JSON bodies with values that belong nowhere."""
import json

from raw_http import post

PATHS = ["/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/responses", "/v1/messages", "/v1/messages/count_tokens",
         "/completion", "/tokenize", "/detokenize", "/apply-template"]
GOOD = {"model": "clients", "messages": [{"role": "user", "content": "hello"}], "max_tokens": 4, "temperature": 0}
LINES = [b"Content-Length: 5\r\n", b"Content-Length: -1\r\n", b"Content-Length: 99999999999999999999\r\n", b"Transfer-Encoding: chunked\r\n",
         b"Transfer-Encoding: gzip, chunked\r\n", b"Host: \x00\r\n", b": no name\r\n", b"X: " + b"a" * 40000 + b"\r\n", b"Connection: upgrade\r\n",
         b"Expect: 100-continue\r\n", b"Upgrade: h2c\r\n", b"\r\n", b" folded\r\n", b"Content-Type: \xff\r\n", b"Authorization: Bearer \xff\xfe\r\n",
         b"traceparent: 00-zz-zz-zz\r\n", b"Content-Encoding: br\r\n"]
FIRST = [b"GET / HTTP/9.9\r\n", b"POST\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x00" * 64 + b"\r\n\r\n",
         b"GET /%00%ff%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\n", b"GET " + b"/a" * 20000 + b" HTTP/1.1\r\n", b"DELETE /v1/models HTTP/1.1\r\n",
         b"OPTIONS * HTTP/1.1\r\n", b"GET http://[::1 HTTP/1.1\r\n", b"TRACE / HTTP/1.1\r\n", b"post /v1/completions http/1.1\r\n"]
VALUES = [-1, 0, 1e308, -(2**63), 2**64, 0.5, True, None, "", "x", "x" * 5000, "\x00", "\ud800", [], {}, [[]], [None], {"": {}}, [{}] * 50,
          {"type": "nonsense"}, "🔥" * 100, [1, 2, 3], ["a", 1], {"role": "user"}]
FIELDS = ["model", "messages", "prompt", "input", "max_tokens", "temperature", "top_p", "top_k", "n", "stream", "stop", "seed", "tools", "tool_choice",
          "response_format", "logprobs", "top_logprobs", "logit_bias", "presence_penalty", "stream_options", "system", "thinking", "echo", "suffix",
          "truncation", "adapters", "grammar", "json_schema", "n_predict", "tokens", "content", "user", "metadata", "dimensions", "encoding_format"]


def broken_bytes(draw):
    """A good request with its bytes changed."""
    request = bytearray(post(draw.choice(PATHS), GOOD))
    kind = draw.randrange(7)
    if kind == 0:
        for _ in range(draw.randint(1, 8)):
            request[draw.randrange(len(request))] = draw.randrange(256)
    elif kind == 1:
        del request[draw.randrange(len(request)):]
    elif kind == 2:
        at = draw.randrange(len(request))
        del request[at:at + draw.randint(1, 30)]
    elif kind == 3:
        at = draw.randrange(len(request))
        request[at:at] = bytes(draw.randrange(256) for _ in range(draw.randint(1, 60)))
    elif kind == 4:
        at = request.find(b"\r\n") + 2
        request[at:at] = draw.choice(LINES)
    elif kind == 5:
        request[:request.find(b"\r\n") + 2] = draw.choice(FIRST)
    else:
        request = bytearray(draw.randrange(256) for _ in range(draw.randint(0, 300)))
    return bytes(request)


def broken_body(draw):
    """A well-formed request whose JSON is none, or holds what it should not."""
    path = draw.choice(PATHS)
    kind = draw.randrange(6)
    if kind == 0:
        return post(path, draw.choice([b"", b"{", b"[", b"nul", b'{"a":', b"[" * 50000, b'{"a":' * 20000, b"\xff\xfe{}", b'"\\ud800"', b"{}{}", b"1e999",
                                       b'{"model":"\xc3\x28"}', b"\x00", b'{"model": "clients", "model": 3}']))
    body = dict(GOOD) if draw.random() < 0.7 else {"model": "clients", "prompt": "x", "input": "x", "content": "x", "max_tokens": 2}
    for _ in range(draw.randint(1, 3)):
        body[draw.choice(FIELDS)] = draw.choice(VALUES)
    if kind == 1:
        body["messages"] = [{"role": draw.choice(["user", "system", "tool", "nobody", 3]), "content": draw.choice(VALUES), "tool_calls": draw.choice(VALUES)}]
    if kind == 2:
        body["tools"] = [{"type": "function", "function": {"name": draw.choice(VALUES), "parameters": draw.choice(VALUES)}}]
    if kind == 3:
        body["response_format"] = {"type": draw.choice(["json_schema", "json_object", "x"]), "json_schema": {"name": "n", "schema": draw.choice(VALUES)}}
    # Whatever was drawn may ask for a long answer; the load is of requests, not of tokens.
    body.setdefault("max_tokens", 4)
    return post(path, json.dumps(body).encode())


def broken_request(draw):
    """One of either kind."""
    return broken_bytes(draw) if draw.random() < 0.5 else broken_body(draw)
