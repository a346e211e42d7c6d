#!/usr/bin/env python3
"""200 JSON Schemas through /v1/chat/completions on the starter model: every answer is valid JSON and keeps to its schema."""
import argparse
import json
import sys
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from hearth_server import ROOT, SKIPPED, HearthServer, Skip  # noqa: E402
import schema_cases  # noqa: E402

PROMPTS = ["Fill in the form.", "Tell me a story about a cat.", "Answer in words, not in JSON.", "Who are you?"]


def validator():
    """jsonschema's validator for the newest draft."""
    try:
        import jsonschema
        return jsonschema.Draft202012Validator
    except (ImportError, AttributeError):
        raise Skip("the Python package jsonschema (4.0 or newer) is not installed") from None


def ask(server, schema, number):
    """(status, answer) of a request that is held to `schema`; every fourth is sampled hot."""
    body = {"model": "starter", "messages": [{"role": "user", "content": PROMPTS[number % len(PROMPTS)]}], "seed": number,
            "temperature": 1.5 if number % 4 == 3 else 0.0,
            "response_format": {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": schema}}}
    request = urllib.request.Request(server.url + "/v1/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=240) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def fault_of(server, validate, number, schema):
    """What is wrong with the answer to one schema; empty when nothing is."""
    status, answer = ask(server, schema, number)
    if status != 200:
        return f"refused with {status}: {answer['error']['message']}"
    choice = answer["choices"][0]
    text = choice["message"]["content"]
    try:
        said = json.loads(text)
    except ValueError as error:
        return f"no JSON ({error}; {choice['finish_reason']}): {text[:300]!r}"
    # What a grammar can't hold an answer to is said in the answer.
    if not answer.get("hearth", {}).get("notices"):
        for error in validate(schema).iter_errors(said):
            return f"{error.message[:200]} in {text[:300]!r}"
    return ""


def check_refusals(server):
    """Schemas that can't be held to are refused by name."""
    faults = []
    for schema, word in schema_cases.REFUSED:
        status, answer = ask(server, schema, 0)
        if status != 400 or word not in answer["error"]["message"]:
            faults.append(f"{json.dumps(schema)}: {status} {json.dumps(answer)[:300]} instead of 400 with '{word}'")
    return faults


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--count", type=int, default=200)
    options = parser.parse_args()
    try:
        validate = validator()
    except Skip as reason:
        print(f"skipped: {reason}")
        return SKIPPED
    listed = schema_cases.cases(options.count)
    with HearthServer(options.program, {"starter": ROOT / "data/starter/hearth-starter.gguf"}, ["--slots", 4, "--ctx", 1024]) as server:
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda item: fault_of(server, validate, *item), enumerate(listed)))
        refusals = check_refusals(server)
        assert server.alive(), server.said()
    faults = [f"schema {i}, {json.dumps(listed[i])[:400]}: {fault}" for i, fault in enumerate(found) if fault] + refusals
    print("\n".join(faults))
    print(f"{len(listed)} schemas and {len(schema_cases.REFUSED)} to refuse: {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
