"""clang-format 14 over the C++ files; what passed once is remembered by its content."""
import concurrent.futures
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys

from sources import Finding

MAJOR = "14"
MEMORY = "build/lint/layout.json"


def tool():
    """clang-format of the wanted major version, or None: every major lays out a little differently."""
    for name in (f"clang-format-{MAJOR}", "clang-format"):
        path = shutil.which(name)
        if path:
            version = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
            if re.search(rf"version {MAJOR}\.", version):
                return path
    return None


def remembered(tree):
    """Digests of contents that are laid out well."""
    try:
        return set(json.loads((tree.root / MEMORY).read_text(encoding="ascii")))
    except (OSError, ValueError):
        return set()


def remember(tree, digests):
    """Written aside and renamed: two lints may run at once."""
    path = tree.root / MEMORY
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(f".{os.getpid()}")
    new.write_text(json.dumps(sorted(digests)), encoding="ascii")
    new.replace(path)


def first_difference(tree, path, name):
    """Line of the first difference, or None when the layout is right."""
    result = subprocess.run([path, "--style=file", name], cwd=tree.root, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        return 1
    have, want = tree.text(name).splitlines(keepends=True), result.stdout.splitlines(keepends=True)
    if have == want:
        return None
    return next((at + 1 for at, (a, b) in enumerate(zip(have, want)) if a != b), min(len(have), len(want)) + 1)


def layout(tree):
    """Files that ./dev format would change."""
    path = tool()
    if path is None:
        return [Finding(".clang-format", 1, f"layout is not checked: clang-format {MAJOR} is not installed", warning=True)]
    style = tree.text(".clang-format")
    digest = {name: hashlib.sha256((style + tree.text(name)).encode()).hexdigest() for name in tree.cpp()}
    known = remembered(tree)
    todo = [name for name in digest if digest[name] not in known]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        lines = list(pool.map(lambda name: first_difference(tree, path, name), todo))
    bad = {name: line for name, line in zip(todo, lines) if line is not None}
    if todo:
        remember(tree, {digest[name] for name in digest if name not in bad})
    return [Finding(name, line, "layout differs from .clang-format; run ./dev format") for name, line in bad.items()]


if __name__ == "__main__":
    found = tool()
    print(found or "")
    sys.exit(0 if found else 1)
