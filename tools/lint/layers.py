"""Who may include whom: cmake/layers.json against every #include line, and include cycles."""
import json
import posixpath
import re

from sources import Finding, line_of

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', re.M)


def includes(tree, name):
    """[(line, included name)] of the quoted includes of a file."""
    text = tree.text(name)
    return [(line_of(text, match.start()), match.group(1)) for match in INCLUDE.finditer(text)]


def allowed_of(folder, table):
    """Folders that `folder` may include, itself and base among them."""
    listed = table.get(folder, [])
    return set(table) if "*" in listed else {folder, "base", *listed}


def layers(tree):
    """Includes that cmake/layers.json does not allow."""
    table = json.loads(tree.text("cmake/layers.json"))["folders"]
    findings = []
    for name in tree.cpp():
        top, _, rest = name.partition("/")
        folder = rest.split("/")[0]
        for line, included in includes(tree, name):
            target = included.split("/")[0]
            if top == "include" and target != "hearth":
                findings.append(Finding(name, line, f'public header includes "{included}"; only "hearth/..." is installed'))
            elif top == "src" and target in table and target not in allowed_of(folder, table):
                findings.append(Finding(name, line, f"src/{folder} may not include src/{target}; cmake/layers.json allows "
                                                    f"{', '.join(sorted(allowed_of(folder, table) - {folder}))}"))
            elif top == "src" and included.startswith("../"):
                findings.append(Finding(name, line, f'write "{included}" relative to src/'))
            elif top == "runtimes" and target in table:
                findings.append(Finding(name, line, f"a runtime may include the ABI and the SDK, not src/{target}"))
    known = {name.split("/")[1] for name in tree.cpp() if name.startswith("src/") and name.count("/") > 1}
    findings += [Finding("cmake/layers.json", 1, f"src/{folder} is not in the table") for folder in sorted(known - set(table))]
    return findings


def resolve(included, name, names):
    """The repository's file that an include line means, or None."""
    for candidate in (posixpath.normpath(posixpath.join(posixpath.dirname(name), included)), "src/" + included,
                      "include/" + included, "runtimes/sdk/include/" + included, "runtimes/" + included):
        if candidate in names:
            return candidate
    return None


def cycles(tree):
    """Files that include each other in a ring, each ring once."""
    names = set(tree.names)
    graph = {name: [target for _, included in includes(tree, name) if (target := resolve(included, name, names))]
             for name in tree.cpp()}
    findings, done = [], set()
    for start in graph:
        path, on_path, stack = [], set(), [(start, iter(graph[start]))] if start not in done else []
        if stack:
            path, on_path = [start], {start}
        while stack:
            node, targets = stack[-1]
            target = next(targets, None)
            if target is None:
                stack.pop()
                done.add(path.pop())
                on_path.discard(node)
            elif target in on_path:
                ring = path[path.index(target):] + [target]
                findings.append(Finding(node, 1, "include cycle: " + " -> ".join(ring)))
            elif target not in done:
                stack.append((target, iter(graph.get(target, []))))
                path.append(target)
                on_path.add(target)
    return findings
