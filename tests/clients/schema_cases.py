"""200 JSON Schemas of increasing nastiness: those that people write, those that break compilers, and drawn ones."""
import random

SHORT = {"type": "string", "maxLength": 12}
KEYS = ["a", "name", "été", "水", "with space", 'quo"te', "back\\slash", "sl/ash", "til~de", "🔥", "$ref", "new\nline", "type", "", "properties",
        "__proto__", "null", "\u0001", "a" * 60]


def closed(properties, **more):
    """An object with all of these and nothing else."""
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False, **more}


def plain_cases():
    """What applications ask for."""
    yield closed({"ok": {"type": "boolean"}})
    yield closed({"count": {"type": "integer"}})
    yield closed({"name": SHORT})
    yield closed({"name": {"type": "string"}})
    yield closed({"nothing": {"type": "null"}})
    yield closed({"ratio": {"type": "number"}})
    yield closed({"mood": {"enum": ["good", "bad"]}})
    yield closed({"version": {"const": 3}})
    yield closed({"name": SHORT, "age": {"type": "integer", "minimum": 0, "maximum": 150}})
    yield closed({"tags": {"type": "array", "items": SHORT, "maxItems": 3}})
    yield closed({"at": closed({"x": {"type": "integer"}, "y": {"type": "integer"}})})
    yield closed({"day": {"type": "string", "format": "date"}})
    yield closed({"id": {"type": "string", "format": "uuid"}})
    yield closed({"code": {"type": "string", "pattern": "^[A-Z]{3}-[0-9]{2}$"}})
    yield closed({"maybe": {"type": ["string", "null"], "maxLength": 8}})
    yield closed({"either": {"anyOf": [{"type": "integer"}, {"type": "boolean"}]}})
    yield {"type": "object", "properties": {"left": SHORT, "right": SHORT}, "required": ["left"]}
    yield {"type": "object"}
    yield {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 4}
    yield {"type": "string", "maxLength": 20}
    yield {"enum": [1, "two", None, False, [3], {"four": 4}]}
    yield {"$defs": {"p": closed({"n": SHORT})}, **closed({"one": {"$ref": "#/$defs/p"}, "two": {"$ref": "#/$defs/p"}})}
    yield {"definitions": {"p": closed({"n": SHORT})}, **closed({"one": {"$ref": "#/definitions/p"}})}
    yield closed({"steps": {"type": "array", "items": closed({"what": SHORT, "why": SHORT}), "minItems": 1, "maxItems": 2}, "answer": SHORT})


def nasty_cases():
    """What breaks compilers of grammars."""
    for key in KEYS:
        yield closed({key: {"type": "boolean"}})
    yield closed({key: {"type": "null"} for key in KEYS})
    yield closed({f"field_{i}": {"type": "boolean"} for i in range(40)})
    yield closed({"pick": {"enum": [f"value {i} \"quoted\" \\ back" for i in range(300)]}})
    yield closed({"pick": {"enum": ["", " ", "\n", "\t", "\"", "\\", "\u2028", "𝄞"]}})
    yield closed({"exact": {"const": {"deep": [1, {"er": ["x", None, True, 1.5e-7]}], "text": "\"\\\n"}}})
    yield closed({"tuple": {"type": "array", "prefixItems": [SHORT, {"type": "integer"}, {"type": "null"}], "items": False, "minItems": 3}})
    yield closed({"low": {"type": "integer", "minimum": -7, "maximum": -3}})
    yield closed({"wide": {"type": "integer", "minimum": -1000000, "maximum": 1000000}})
    yield closed({"one": {"type": "integer", "minimum": 5, "maximum": 5}})
    yield closed({"over": {"type": "integer", "exclusiveMinimum": 9, "exclusiveMaximum": 12}})
    yield closed({"even": {"type": "integer", "multipleOf": 2, "minimum": 0, "maximum": 99}})
    yield closed({"long": {"type": "string", "minLength": 40, "maxLength": 60}})
    yield closed({"exact": {"type": "string", "minLength": 7, "maxLength": 7}})
    yield closed({"empty": {"type": "string", "maxLength": 0}})
    yield closed({"none": {"type": "array", "maxItems": 0}})
    yield closed({"five": {"type": "array", "items": {"enum": [0, 1]}, "minItems": 5, "maxItems": 5}})
    yield closed({"unique": {"type": "array", "items": {"enum": [1, 2, 3]}, "uniqueItems": True, "maxItems": 3}})
    yield {"type": "object", "patternProperties": {"^k[0-9]$": {"type": "integer"}}, "additionalProperties": False, "maxProperties": 3}
    yield {"type": "object", "additionalProperties": {"type": "boolean"}, "maxProperties": 3}
    yield {"allOf": [closed({"a": SHORT}) | {"additionalProperties": True}, {"properties": {"b": {"type": "integer"}}, "required": ["b"]}]}
    yield {"anyOf": [closed({"kind": {"const": "circle"}, "r": {"type": "number"}}), closed({"kind": {"const": "square"}, "side": {"type": "number"}})]}
    yield {"oneOf": [closed({"a": {"type": "null"}}), closed({"b": {"type": "null"}})]}
    yield {"$defs": {"node": closed({"v": {"type": "integer", "minimum": 0, "maximum": 9}, "next": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/node"}]}})},
           "$ref": "#/$defs/node"}
    yield {"$defs": {"tree/~x": closed({"kids": {"type": "array", "items": {"$ref": "#/$defs/tree~1~0x"}, "maxItems": 1}})}, "$ref": "#/$defs/tree~1~0x"}
    deep = {"type": "boolean"}
    for _ in range(20):
        deep = closed({"d": deep})
    yield deep
    deep = {"type": "integer", "minimum": 1, "maximum": 3}
    for _ in range(12):
        deep = {"type": "array", "items": deep, "minItems": 1, "maxItems": 1}
    yield deep
    for name in ("date-time", "time", "email", "ipv4", "no-such-format"):
        yield closed({"text": {"type": "string", "format": name, "maxLength": 40}})
    for pattern in ("^$", "^(foo|ba[rz])+$", "^\\d{3}-\\w{1,4}$", "^[^\"\\\\]{0,9}x$", "^[\\u4e00-\\u4e05]{2}$"):
        yield closed({"text": {"type": "string", "pattern": pattern}})
    yield closed({"x": {"if": {"type": "integer"}, "then": {"minimum": 3}, "type": "integer", "minimum": 0, "maximum": 9}})
    yield closed({"x": {"not": {"type": "string"}, "type": "boolean"}})
    yield closed({"x": {"title": "t", "description": "d", "default": 3, "examples": [1], "deprecated": True, "type": "integer", "minimum": 0, "maximum": 9}})
    yield {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "https://example.org/x", **closed({"a": {"type": "null"}})}
    yield closed({"any": {"enum": [[[]], {}, [{}], {"": {"": ""}}]}})
    yield closed({"n": {"type": "number", "minimum": 0, "maximum": 1}})


class Drawn:
    """Schemas by a seeded generator; `level` from 0 to 99 lets them grow deeper and stranger."""

    def __init__(self, level, seed):
        self.level, self.draw = level, random.Random(seed)

    def schema(self):
        root = closed({self.draw.choice(KEYS[:2]): self.node(0), self.draw.choice(KEYS[2:]): self.node(0)})
        if self.level > 60:
            root["$defs"] = {"list": closed({"v": {"type": "boolean"}, "rest": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/list"}]}})}
            root["properties"]["list"] = {"$ref": "#/$defs/list"}
            root["required"].append("list")
        return root

    def node(self, depth):
        leaves = [self.text, self.number, self.choice, lambda _: {"type": "boolean"}, lambda _: {"type": ["null", "boolean"]}]
        inner = [self.object, self.array, self.any_of, self.tuple]
        if depth >= 1 + self.level // 30 or self.draw.random() < 0.4:
            return self.draw.choice(leaves)(depth)
        return self.draw.choice(inner)(depth)

    def text(self, _):
        shapes = [{"maxLength": self.draw.randint(1, 16)}, {"minLength": 2, "maxLength": 9}, {"format": "date"}, {"format": "uuid"},
                  {"pattern": "^[a-z]{2,5}$"}, {"pattern": "^(yes|no)( indeed)?$"}, {"const": "fix \"ed\" ü"}]
        return {"type": "string", **self.draw.choice(shapes)}

    def number(self, _):
        low = self.draw.randint(-500, 500)
        return {"type": "integer", "minimum": low, "maximum": low + self.draw.randint(0, 700)}

    def choice(self, _):
        return {"enum": self.draw.sample(["x", "水\n", 7, -1.5, None, [1, "two"], {"k": False}, "\u0000", ""], self.draw.randint(1, 6))}

    def object(self, depth):
        keys = self.draw.sample(KEYS, self.draw.randint(1, 2 + self.level // 40))
        made = closed({key: self.node(depth + 1) for key in keys})
        made["required"] = [key for key in keys if self.draw.random() < 0.8]
        return made

    def array(self, depth):
        least = self.draw.randint(0, 2)
        return {"type": "array", "items": self.node(depth + 1), "minItems": least, "maxItems": least + self.draw.randint(0, 2)}

    def any_of(self, depth):
        return {"anyOf": [self.node(depth + 1) for _ in range(self.draw.randint(2, 3))]}

    def tuple(self, depth):
        items = [self.node(depth + 1) for _ in range(self.draw.randint(1, 3))]
        return {"type": "array", "prefixItems": items, "items": False, "minItems": len(items)}


def cases(count=200):
    """`count` schemas in order."""
    made = [*plain_cases(), *nasty_cases()]
    drawn = count - len(made)
    return (made + [Drawn(100 * i // max(1, drawn), i).schema() for i in range(drawn)])[:count]


# Schemas that no finite answer satisfies, or that are none: refused before anything is said, with a word of the reason.
REFUSED = [
    ({"$ref": "#"}, "#"),
    ({"type": "nonsense"}, "nonsense"),
    (closed({"x": {"$ref": "#/$defs/missing"}}), "missing"),
    (closed({"x": {"type": "integer", "minimum": 5, "maximum": 4}}), "x"),
    (closed({"x": {"enum": []}}), "enum"),
    ({"$ref": "https://example.org/other.json"}, "example.org"),
    (closed({"x": {"type": "string", "pattern": "("}}), "parenthesis"),
    ({"$defs": {"n": closed({"next": {"$ref": "#/$defs/n"}})}, "$ref": "#/$defs/n"}, "finite"),
]
