"""File names, and units in the names of quantities."""
import json
import posixpath
import re

from sources import Finding, blank, line_of

NAMELESS = {"utils", "util", "common", "helpers", "helper", "misc"}
# What a bare number needs its unit for, with the units that say it.
TIME_UNITS = ("_s", "_ms", "_us", "_ns", "_min", "_h", "_days")
UNITS = {
    **dict.fromkeys(("timeout", "latency", "duration", "interval", "delay", "elapsed", "deadline"), TIME_UNITS),
    "bandwidth": ("_GBps", "_gbps", "_bytes_per_s"),
    "energy": ("_J", "_j", "_Wh"),
    "bitrate": ("_kbps", "_bps"),
    "footprint": ("_bytes",),
}
# "size" alone is a count in many published names (vocab_size); of these things it is bytes.
BYTE_THINGS = ("file", "cache", "buffer", "memory", "weights", "disk", "download", "heap", "arena", "pool", "blob")
NUMBER = r"(?:std::)?(?:u?int(?:8|16|32|64)_t|size_t|double|float|int|long|unsigned)"
DECLARATION = re.compile(rf"\b{NUMBER}\s+(\w+)\s*(?=[;={{,)])")


def file_names(tree):
    """Names that say nothing, and C++ names that are not snake_case."""
    findings = []
    for name in tree.names:
        stem, extension = posixpath.splitext(posixpath.basename(name))
        if stem.lower() in NAMELESS:
            findings.append(Finding(name, 1, f"'{stem}' names no concept; name what the file holds"))
        if extension in (".cpp", ".h") and not re.fullmatch(r"[a-z0-9_]+", stem):
            findings.append(Finding(name, 1, "C++ file names are snake_case"))
    return findings


def missing_unit(identifier):
    """The suffixes one of which `identifier` lacks, or None."""
    words = identifier.rstrip("_").lower().split("_")
    if words[-1] in UNITS:
        return UNITS[words[-1]]
    if len(words) > 1 and words[-1] == "size" and words[-2] in BYTE_THINGS:
        return ("_bytes",)
    return None


def units_in_headers(tree):
    """Numeric declarations in the public headers whose name hides the unit; std::chrono types need none."""
    findings = []
    for name in tree.cpp():
        if not name.startswith("include/"):
            continue
        text = blank(tree.text(name))
        for match in DECLARATION.finditer(text):
            units = missing_unit(match.group(1))
            if units:
                findings.append(Finding(name, line_of(text, match.start()), f"'{match.group(1)}' hides its unit; end it in {' or '.join(units)}"))
    return findings


def number_keys(node, path=""):
    """Keys below a JSON value whose value is a number."""
    if isinstance(node, dict):
        for key, value in node.items():
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                yield f"{path}.{key}", key
            yield from number_keys(value, f"{path}.{key}")
    elif isinstance(node, list):
        for value in node:
            yield from number_keys(value, f"{path}[]")


def schema_keys(node, path=""):
    """Properties of a JSON Schema that are numbers."""
    if isinstance(node, dict):
        for key, value in node.get("properties", {}).items() if isinstance(node.get("properties"), dict) else ():
            if isinstance(value, dict) and value.get("type") in ("number", "integer"):
                yield f"{path}.{key}", key
        for key, value in node.items():
            yield from schema_keys(value, path if key == "properties" else f"{path}.{key}")
    elif isinstance(node, list):
        for value in node:
            yield from schema_keys(value, path)


def units_in_json(tree):
    """Number fields of records and schemas whose name hides the unit."""
    findings = []
    for name in tree.names:
        if not (name.startswith("data/") and name.endswith(".json")):
            continue
        try:
            content = json.loads(tree.text(name))
        except ValueError:
            continue  # records() reports it
        keys = schema_keys(content) if name.startswith("data/schemas/") else number_keys(content)
        for path, key in keys:
            units = missing_unit(key)
            if units:
                findings.append(Finding(name, 1, f"{path.lstrip('.')} hides its unit; end it in {' or '.join(units)}"))
    return findings
