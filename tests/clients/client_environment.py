"""The official clients, installed below the build folder by the ordinary package clients from pinned, hashed lists."""
import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from hearth_server import ROOT, Skip  # noqa: E402

PINS = ROOT / "third_party" / "clients"
STAMP = ".complete"


@contextmanager
def turn(folder):
    """One installation at a time, though ctest runs tests side by side."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / ".lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def digest(*names):
    return hashlib.sha256(b"".join((PINS / name).read_bytes() for name in names)).hexdigest()[:12]


def install(command, what, **options):
    """Runs a package client. A pin that does not match is a failure; a registry that does not answer is a reason to skip."""
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=600, check=False, **options)
    said = (done.stdout + done.stderr).strip()
    if done.returncode == 0:
        return
    if "DO NOT MATCH THE HASHES" in said or "EINTEGRITY" in said:
        raise AssertionError(f"{what} came with another hash than third_party/clients pins: {said[-600:]}")
    raise Skip(f"{what} could not be installed; is the registry within reach? {said[-300:]}")


def need_network(what):
    if os.environ.get("HEARTH_OFFLINE") == "1":
        raise Skip(f"{what} is not installed yet and HEARTH_OFFLINE=1 forbids asking a registry")


def python_environment(folder, pins, what):
    """The interpreter of an environment that has the packages of the pinned list."""
    home = folder / f"python-{sys.version_info[0]}.{sys.version_info[1]}-{digest(pins)}"
    python = home / "bin" / "python3"
    with turn(folder):
        if (home / STAMP).exists():
            return python
        need_network(f"the Python package {what}")
        shutil.rmtree(home, ignore_errors=True)
        install([sys.executable, "-m", "venv", home], "a Python environment")
        install([python, "-m", "pip", "install", "--require-hashes", "--only-binary", ":all:", "--disable-pip-version-check", "--quiet",
                 "-r", PINS / pins], f"the Python package {what}")
        (home / STAMP).touch()
    return python


def python_with_kserve(folder):
    """The interpreter of an environment that has tritonclient; its pins are of one Python and one processor family."""
    if sys.version_info[:2] != (3, 11) or platform.machine() != "x86_64":
        raise Skip("tritonclient is pinned for CPython 3.11 on x86-64 only")
    return python_environment(folder, "kserve.txt", "tritonclient")


def python_with_clients(folder):
    """The interpreter of an environment that has openai and anthropic."""
    return python_environment(folder, "requirements.txt", "openai")


def python_with_evaluation(folder):
    """The interpreter of an environment that has pycocotools."""
    return python_environment(folder, "evaluation.txt", "pycocotools")


def python_with_transcript_evaluation(folder):
    """The interpreter of an environment that has jiwer; its pins are of one Python and one processor family."""
    if sys.version_info[:2] != (3, 11) or platform.machine() != "x86_64":
        raise Skip("jiwer's rapidfuzz is pinned for CPython 3.11 on x86-64 only")
    return python_environment(folder, "transcripts.txt", "jiwer")


def node_with_client(folder):
    """(node, folder with node_modules) that has openai."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        raise Skip("node and npm are not installed (./dev setup --for clients)")
    home = folder / f"node-{digest('package.json', 'package-lock.json')}"
    with turn(folder):
        if (home / STAMP).exists():
            return node, home
        need_network("the Node package openai")
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
        for name in ("package.json", "package-lock.json"):
            shutil.copyfile(PINS / name, home / name)
        install([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], "the Node package openai", cwd=home)
        (home / STAMP).touch()
    return node, home
