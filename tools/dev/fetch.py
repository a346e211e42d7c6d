"""Fetches the pinned archives with the ordinary package clients (pip, apt) and checks their hashes."""
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import manifest
import step
from step import StepFailed

WORK = "work-"
REGISTRY = {"pypi": "the Python package index (PyPI, asked through pip)", "suite": "a Debian archive (asked through apt)"}


def by_hand(package, downloads):
    """What to put where for a machine that reaches no registry."""
    if "sha256" in package:
        return f"the archive with sha256 {package['sha256']} into {downloads}"
    return "the wheels of third_party/manifest.json into a folder that PIP_FIND_LINKS names"


def explain(package, log_path, downloads):
    """Why a fetch failed and what to do about it."""
    text = Path(log_path).read_text(encoding="utf-8", errors="replace")
    name = f"{package['package']} {package['version']}"
    if "DO NOT MATCH THE HASHES" in text:
        return (f"{name} came from {REGISTRY[package['source']]} with another hash than third_party/manifest.json pins. "
                "Nothing was installed; ask who changed the archive before changing the pin.")
    settings = "pip config list" if package["source"] == "pypi" else "apt-config dump, /etc/apt"
    return (f"cannot fetch {name} from {REGISTRY[package['source']]}. Check the network and the client's proxy and mirror "
            f"settings ({settings}), or put {by_hand(package, downloads)}, then run the same command again; nothing was left "
            f"half installed.\nThe last lines of {log_path}:\n{step.tail(log_path, 12)}")


def refuse_when_offline(package, downloads):
    """HEARTH_OFFLINE=1 forbids every registry."""
    if os.environ.get("HEARTH_OFFLINE") == "1":
        raise StepFailed(f"{package['package']} {package['version']} is not in the cache and HEARTH_OFFLINE=1 forbids asking "
                         f"{REGISTRY[package['source']]}. Unset it, or put {by_hand(package, downloads)}.")


def build_python(tools, cache, logs):
    """A private Python environment with the pinned build back-ends; returns its interpreter."""
    key = manifest.content_sha256([(tool["name"], tool["sha256"].encode()) for tool in tools])[:12]
    home = cache / "deps" / f"python-{sys.version_info[0]}.{sys.version_info[1]}-{key}"
    python = home / "bin" / "python3"
    if (home / manifest.STAMP).exists():
        return python
    shutil.rmtree(home, ignore_errors=True)
    log_path = logs / "python.log"
    log_path.unlink(missing_ok=True)
    package = {"package": "the Python build tools (" + ", ".join(tool["name"] for tool in tools) + ")", "version": "as pinned",
               "source": "pypi"}
    refuse_when_offline(package, logs)
    requirements = logs / "python-requirements.txt"
    requirements.write_text("".join(f"{t['name']}=={t['version']} --hash=sha256:{t['sha256']}\n" for t in tools))
    try:
        step.run("Private Python environment", [sys.executable, "-m", "venv", home], log_path)
        step.run("Python build tools", [python, "-m", "pip", "install", "--no-deps", "--require-hashes",
                                        "--disable-pip-version-check", "-r", requirements], log_path)
    except BaseException as error:
        shutil.rmtree(home, ignore_errors=True)
        if isinstance(error, StepFailed):
            raise StepFailed(explain(package, log_path, logs)) from error
        raise
    (home / manifest.STAMP).touch()
    return python


def in_downloads(package, downloads):
    """An archive that is there already, by hash; None when there is none."""
    stem = package["package"].replace("-", "_").lower()
    for path in sorted(downloads.glob("*")):
        if path.is_file() and path.name.replace("-", "_").lower().startswith(stem) and manifest.file_sha256(path) == package["sha256"]:
            return path
    return None


def fetch_pypi(package, python, downloads, logs):
    """The source distribution of a PyPI package; pip itself checks the hash."""
    log_path = logs / f"{package['name']}-fetch.log"
    log_path.unlink(missing_ok=True)
    requirements = logs / f"{package['name']}-requirements.txt"
    requirements.write_text(f"{package['package']}=={package['version']} --hash=sha256:{package['sha256']}\n")
    with tempfile.TemporaryDirectory(prefix=WORK, dir=downloads) as folder:
        try:
            # pip asks the build back-end for metadata; SKBUILD-style back-ends answer that without compiling.
            step.run(f"Fetch {package['package']} {package['version']}",
                     [python, "-m", "pip", "download", "--no-deps", "--no-binary", ":all:", "--no-build-isolation",
                      "--require-hashes", "--disable-pip-version-check", "--dest", folder, "-r", requirements], log_path)
        except StepFailed as error:
            raise StepFailed(explain(package, log_path, downloads)) from error
        return keep_one(folder, downloads)


def fetch_wheel(package, python, downloads, logs):
    """The binary wheel that is pinned for this machine, whatever Python it was packed for: only its libraries are taken."""
    log_path = logs / f"{package['name']}-fetch.log"
    log_path.unlink(missing_ok=True)
    requirements = logs / f"{package['name']}-requirements.txt"
    requirements.write_text(f"{package['package']}=={package['version']} --hash=sha256:{package['sha256']}\n")
    wheel = package["wheel"]
    with tempfile.TemporaryDirectory(prefix=WORK, dir=downloads) as folder:
        try:
            step.run(f"Fetch {package['package']} {package['version']}",
                     [python, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--implementation", "cp",
                      "--python-version", wheel["python"], "--abi", f"cp{wheel['python']}", "--platform", wheel["platform"],
                      "--require-hashes", "--disable-pip-version-check", "--dest", folder, "-r", requirements], log_path)
        except StepFailed as error:
            raise StepFailed(explain(package, log_path, downloads)) from error
        return keep_one(folder, downloads)


def keep_one(folder, downloads):
    """Moves the one archive of a temporary folder to the downloads; atomic, since both are on one file system."""
    archive, = Path(folder).iterdir()
    return Path(shutil.move(str(archive), str(downloads / archive.name)))


def distribution_of(release, known):
    """The machine's distribution, or the one that it is derived from, as far as `known` has it; else its own name."""
    names = [release.get("ID", ""), *release.get("ID_LIKE", "").split()]
    return next((name for name in names if name in known), names[0])


def machine_archive():
    """(URI, keyring) of the archive this machine's own release comes from, as apt understands its sources."""
    codename = manifest.os_release().get("VERSION_CODENAME", "")
    listing = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT) $(SIGNED_BY)",
                              "Created-By: Packages"], capture_output=True, text=True, check=False).stdout
    for line in listing.splitlines():
        uri, release, component, *keyring = line.split()
        if release == codename and component == "main":
            return uri, keyring[0] if keyring and keyring[0].startswith("/") else None
    raise StepFailed(f"apt knows no source for the release '{codename}' with the component main; check /etc/apt/sources.list.d.")


def private_apt(state, suite, logs):
    """Options that give apt lists, cache, sources and status of its own below `state`; the system's are not touched.

    `suite` is "sid/main": suite and component.
    """
    uri, keyring = machine_archive()
    for folder in ("lists/partial", "cache/archives/partial", "sources"):
        (state / folder).mkdir(parents=True)
    (state / "status").touch()
    if keyring is None:
        keyring = next((k for k in ("/usr/share/keyrings/debian-archive-keyring.gpg", "/usr/share/keyrings/ubuntu-archive-keyring.gpg")
                        if manifest.os_release().get("ID", "debian") in k and Path(k).exists()), None)
    signed = f"Signed-By: {keyring}\n" if keyring else ""
    name, _, component = suite.partition("/")
    (state / "sources" / "suite.sources").write_text(f"Types: deb\nURIs: {uri}\nSuites: {name}\nComponents: {component}\n{signed}")
    options = {"Dir::State": state, "Dir::State::lists": state / "lists", "Dir::State::status": state / "status",
               "Dir::Cache": state / "cache", "Dir::Etc::SourceList": "/dev/null", "Dir::Etc::SourceParts": state / "sources",
               "Dir::Etc::Preferences": "/dev/null", "Dir::Etc::PreferencesParts": "/dev/null", "Acquire::Retries": "2"}
    if os.geteuid() == 0:
        options["APT::Sandbox::User"] = "root"
    flags = [word for key, value in options.items() for word in ("-o", f"{key}={value}")]
    step.run(f"Package list of {suite}, in a private apt state", ["apt-get", *flags, "--error-on=any", "update"],
             logs / "suite.log")
    return flags


def fetch_suite(package, downloads, logs):
    """A header-only package that only a newer suite of the distribution has; apt checks the archive's signature."""
    log_path = logs / "suite.log"
    log_path.unlink(missing_ok=True)
    distribution = distribution_of(manifest.os_release(), package["suites"])
    suites = package["suites"].get(distribution, [])
    if not suites:
        raise StepFailed(f"{package['package']} {package['version']} is taken from a newer suite of the distribution, and "
                         f"third_party/manifest.json names none for '{distribution or sys.platform}'. Put the Debian package "
                         f"with sha256 {package['sha256']} into {downloads}.")
    for suite in suites:
        with tempfile.TemporaryDirectory(prefix=WORK, dir=downloads) as folder:
            try:
                flags = private_apt(Path(folder) / "state", suite, logs)
                (Path(folder) / "deb").mkdir()
                step.run(f"Fetch {package['package']} from {suite}", ["apt-get", *flags, "download", package["package"]],
                         log_path, cwd=Path(folder) / "deb")
            except StepFailed:
                continue
            return keep_one(Path(folder) / "deb", downloads)
    raise StepFailed(explain(package, log_path, downloads))


def fetch(package, python, cache, logs):
    """The archive of a package, from the downloads or its registry."""
    downloads = cache / "downloads"
    downloads.mkdir(parents=True, exist_ok=True)
    found = in_downloads(package, downloads)
    if found:
        return found
    refuse_when_offline(package, downloads)
    if package["recipe"] == "wheel":
        return fetch_wheel(package, python(), downloads, logs)
    return fetch_pypi(package, python(), downloads, logs) if package["source"] == "pypi" else fetch_suite(package, downloads, logs)
