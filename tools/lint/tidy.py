"""clang-tidy over the sources of a build folder with compile commands."""
import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import sys
import time

from sources import Finding

MAJOR = "14"
BUILD = "build/dev"
PROBLEM = re.compile(r"^(?P<path>[^:\n]+):(?P<line>\d+):\d+: (?:warning|error): (?P<message>.*)$", re.M)


def tool():
    """clang-tidy, the wanted major version first."""
    return shutil.which(f"clang-tidy-{MAJOR}") or shutil.which("clang-tidy")


def changed(tree):
    """C++ files that differ from where this branch left main, or from the last commit on main itself."""

    def git(*words):
        return subprocess.run(["git", *words], cwd=tree.root, capture_output=True, text=True, check=False).stdout.split()

    base = git("merge-base", "HEAD", "main")
    head = git("rev-parse", "HEAD")
    since = base[0] if base and base != head else "HEAD"
    return set(git("diff", "--name-only", since)) | set(git("ls-files", "--others", "--exclude-standard"))


def problems(tree, path, name):
    """Findings of one source."""
    result = subprocess.run([path, "-p", BUILD, "--quiet", name], cwd=tree.root, capture_output=True, text=True, check=False)
    findings = []
    for match in PROBLEM.finditer(result.stdout):
        where = os.path.relpath(match["path"], tree.root) if os.path.isabs(match["path"]) else match["path"]
        findings.append(Finding(where, int(match["line"]), match["message"]))
    if result.returncode != 0 and not findings:
        findings.append(Finding(name, 1, f"clang-tidy failed: {result.stderr.strip()[-300:]}"))
    return findings


def tidy(tree, everything=False):
    """clang-tidy's findings, each once, whichever source showed it."""
    path = tool()
    if path is None:
        return [Finding(".clang-tidy", 1, "static analysis is not done: clang-tidy is not installed", warning=True)]
    try:
        commands = json.loads((tree.root / BUILD / "compile_commands.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return [Finding(".clang-tidy", 1, f"{BUILD}/compile_commands.json is missing; run ./dev lint --tidy, which builds it")]
    compiled = {os.path.relpath(command["file"], tree.root) for command in commands}
    wanted = compiled if everything else compiled & changed(tree)
    names = [name for name in tree.cpp() if name in wanted]
    begin, done, findings = time.monotonic(), 0, set()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for part in pool.map(lambda name: problems(tree, path, name), names):
            findings.update(part)
            done += 1
            if sys.stderr.isatty() or done % 20 == 0:
                print(f"\r  clang-tidy {done}/{len(names)}, {time.monotonic() - begin:.0f} s", end="" if sys.stderr.isatty() else "\n",
                      file=sys.stderr, flush=True)
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    return sorted(findings, key=lambda f: (f.path, f.line))
