"""JSON files parse, schemas are schemas, and records are valid against theirs."""
import json
import posixpath

from sources import Finding

try:
    import jsonschema
except ImportError:
    jsonschema = None
try:
    import referencing.jsonschema  # newer releases of jsonschema look schemas up through it
except ImportError:
    referencing = None

SINGULAR = {"policies": "policy"}


def reject_duplicates(pairs):
    """JSON readers keep the last of two equal keys without a word."""
    content = dict(pairs)
    if len(content) != len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"key '{next(key for key in keys if keys.count(key) > 1)}' appears twice in one object")
    return content


def schema_name(name, names):
    """The schema a record answers to, or None: data/devices/x.json -> device, data/policies/slo/x.json -> slo, else its own name.

    A folder of one record each has a plural name or lies in another; what a command prints (fit) is described beside them.
    """
    if name == "third_party/manifest.json":
        return "third_party/manifest.schema.json"
    parts = name.split("/")
    if parts[0] != "data" or len(parts) < 3 or parts[1] == "schemas":
        return None
    folder, stem = parts[-2], parts[-1].removesuffix(".json")
    kinds = [stem]
    if len(parts) > 3 or folder.endswith("s"):
        kinds.insert(0, SINGULAR.get(folder, folder.removesuffix("s")))
    candidates = (f"data/schemas/{kind}.schema.json" for kind in kinds)
    return next((candidate for candidate in candidates if candidate in names), None)


def validator_of(schema, base, tree):
    """A validator whose "$ref" to a neighbouring file finds that file."""
    cls = jsonschema.validators.validator_for(schema, default=jsonschema.Draft7Validator)
    cls.check_schema(schema)
    neighbours = {}
    for name in tree.names:
        if posixpath.dirname(name) == posixpath.dirname(base) and name.endswith(".schema.json"):
            content = json.loads(tree.text(name))
            neighbours[posixpath.basename(name)] = content
            if "$id" in content:
                neighbours[content["$id"]] = content
    if referencing is None:
        return cls(schema, resolver=jsonschema.RefResolver(schema.get("$id", posixpath.basename(base)), schema, store=neighbours))
    resources = [(name, referencing.Resource.from_contents(content, referencing.jsonschema.DRAFT7)) for name, content in neighbours.items()]
    return cls(schema, registry=referencing.Registry().with_resources(resources))


def records(tree):
    """Broken JSON, broken schemas, records that their schema refuses, source records that no schema describes."""
    findings, parsed, names = [], {}, set(tree.names)
    for name in tree.names:
        if name.endswith(".json") and "/corpus/" not in name:
            try:
                parsed[name] = json.loads(tree.text(name), object_pairs_hook=reject_duplicates)
            except ValueError as error:
                findings.append(Finding(name, getattr(error, "lineno", 1), f"not valid JSON: {error}"))
    if jsonschema is None:
        return findings + [Finding("data", 1, "records are not checked against schemas: python3-jsonschema is not installed", warning=True)]
    validators = {}
    for name in parsed:
        if name.endswith(".schema.json"):
            try:
                validators[name] = validator_of(parsed[name], name, tree)
            except (jsonschema.SchemaError, ValueError) as error:
                findings.append(Finding(name, 1, f"not a JSON Schema: {getattr(error, 'message', error)}"))
    for name, content in parsed.items():
        schema = schema_name(name, names)
        if schema in validators:
            for error in sorted(validators[schema].iter_errors(content), key=lambda e: list(map(str, e.path))):
                where = "/".join(map(str, error.path)) or "the record"
                findings.append(Finding(name, 1, f"{where}: {error.message} ({schema})"))
    return findings
