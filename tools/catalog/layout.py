"""How a catalogue record is written: key order of its schema, short values on one line."""
import json

WIDTH = 116


def ordered(value, schema, root):
    """Returns `value` with the keys of every object in the order of the schema's properties."""
    schema = resolve(schema, root)
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        known = [key for key in properties if key in value]
        rest = sorted(key for key in value if key not in properties)
        other = schema.get("additionalProperties")
        other = other if isinstance(other, dict) else {}
        return {key: ordered(value[key], properties.get(key, other), root) for key in known + rest}
    if isinstance(value, list):
        items = schema.get("items", {})
        return [ordered(item, items if isinstance(items, dict) else {}, root) for item in value]
    return value


def resolve(schema, root):
    """Follows a local $ref of a draft-07 schema."""
    while "$ref" in schema:
        target = root
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        schema = target
    return schema


def render(value, indent=0):
    """JSON text; an object or list that fits the width stays on one line, except the record itself."""
    flat = json.dumps(value, ensure_ascii=False, separators=(", ", ": "))
    if not isinstance(value, (dict, list)) or not value:
        return flat
    if indent and len(flat) + 2 * indent <= WIDTH:
        return flat
    pad, close = "  " * (indent + 1), "  " * indent
    if isinstance(value, dict):
        body = [f"{pad}{json.dumps(key)}: {render(item, indent + 1)}" for key, item in value.items()]
        return "{\n" + ",\n".join(body) + "\n" + close + "}"
    body = [pad + render(item, indent + 1) for item in value]
    return "[\n" + ",\n".join(body) + "\n" + close + "]"


def text_of(record, schema):
    """The one text a record has on disk."""
    return render(ordered(record, schema, schema)) + "\n"
