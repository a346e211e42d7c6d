"""third_party/manifest.json and where its packages lie in the per-user cache."""
import hashlib
import json
import os
import platform
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MANIFEST = ROOT / "third_party" / "manifest.json"
# Fields that say how a package is made; a change of any other (why, licence) must not build it again.
RECIPE_FIELDS = ("name", "package", "version", "source", "sha256", "content_sha256", "recipe", "cmake_args", "extract", "drop",
                 "drop_sources", "source_dir", "extract_folders")
# Raised when the code of a recipe changes what it leaves behind.
RECIPE_REVISION = {"pip-target": 1, "cmake": 1, "headers": 1, "wheel": 1}
STAMP = ".complete"


def load(path=MANIFEST):
    """The manifest as a dict; the file's own schema is checked by ./dev lint."""
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def cache_dir():
    """HEARTH_CACHE, or the platform's cache folder."""
    if os.environ.get("HEARTH_CACHE"):
        return Path(os.environ["HEARTH_CACHE"]).absolute()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "hearth"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hearth"


def os_release():
    """ID, ID_LIKE, VERSION_ID and VERSION_CODENAME of this machine; empty on macOS."""
    try:
        lines = Path("/etc/os-release").read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    return {key: value.strip('"') for key, _, value in (line.partition("=") for line in lines) if value}


def platform_tag():
    """What a compiled prefix depends on: a home folder may be shared by machines and containers."""
    release = os_release()
    return f"{platform.machine()}-{release.get('ID', platform.system().lower())}{release.get('VERSION_ID', '')}"


def prefix_of(package, cache):
    """deps/<name>-<version>-<recipe hash>: the same recipe is built once, whatever else the manifest says."""
    recipe = {field: package[field] for field in RECIPE_FIELDS if field in package}
    if package.get("needed_prefixes"):
        recipe["stands_on"] = [Path(prefix).name for prefix in package["needed_prefixes"]]
    recipe["revision"] = RECIPE_REVISION[package["recipe"]]
    recipe["platform"] = "any" if package["recipe"] == "headers" else platform_tag()
    digest = hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()[:12]
    version = package["version"].replace("~", "-").replace("/", "-")
    return cache / "deps" / f"{package['name']}-{version}-{digest}"


def for_machine(package):
    """The package with the hash of this machine's wheel; as it is where it is built; None where no wheel is pinned."""
    if package["recipe"] != "wheel":
        return package
    wheel = package["wheels"].get(f"{platform.machine()}-{sys.platform}")
    return None if wheel is None else {**package, "sha256": wheel["sha256"], "wheel": wheel}


def file_sha256(path):
    """Hex digest of a file."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def content_sha256(files):
    """One digest over named contents [(name, bytes)]: the same headers, however a distribution packs them."""
    lines = sorted(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in files)
    return hashlib.sha256("".join(lines).encode()).hexdigest()
