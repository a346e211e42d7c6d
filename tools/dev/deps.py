"""Makes the prefixes of third_party/manifest.json in the per-user cache and prints the folder that links them.

Every prefix is built under its final name, since some hold absolute paths, and counts only once it carries a stamp:
whatever breaks off leaves a prefix without one, which the next run removes and builds again.
"""
import argparse
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

import fetch
import manifest
import step
from step import StepFailed


WORK = "work-"


def sweep(cache):
    """Removes the work folders of a set-up that was killed outright; call it under the lock."""
    for folder in (*(cache / "deps").glob(WORK + "*"), *(cache / "downloads").glob(fetch.WORK + "*")):
        shutil.rmtree(folder, ignore_errors=True)


def unpack(archive, package, folder):
    """Unpacks a source distribution, a wheel or a Debian package; returns the root of its tree."""
    if archive.suffix == ".deb":
        subprocess.run(["dpkg-deb", "-x", archive, folder], check=True)
        return Path(folder)
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            wheel.extractall(folder)
        return Path(folder)
    with tarfile.open(archive) as tar:
        if hasattr(tarfile, "data_filter"):
            tar.extraction_filter = tarfile.data_filter
        tar.extractall(folder)
    return Path(folder) / f"{package['package'].replace('-', '_')}-{package['version']}"


def check_suite_package(package, archive, tree):
    """A rebuilt or re-uploaded Debian package is taken only when the files that we take are the pinned ones."""
    if manifest.file_sha256(archive) == package["sha256"]:
        return
    found = manifest.content_sha256([(name, (tree / name).read_bytes()) for name in package["extract"] if (tree / name).exists()
                                     and name.startswith("usr/include")])
    if found != package["content_sha256"]:
        archive.unlink()
        raise StepFailed(f"the distribution's newer suites now have another {package['package']} ({archive.name}) than the pinned "
                         f"{package['version']}. Put the pinned one (sha256 {package['sha256']}) into {archive.parent}, or review "
                         f"the new one and change third_party/manifest.json (its content_sha256 is {found}).")


def copy_extracts(package, tree, prefix):
    """The folders and single files that are named."""
    for source, target in package.get("extract_folders", {}).items():
        if not (tree / source).is_dir():
            raise StepFailed(f"{package['package']} {package['version']} holds no {source}, which third_party/manifest.json names.")
        shutil.copytree(tree / source, prefix / target, dirs_exist_ok=True)
    for source, target in package.get("extract", {}).items():
        if not (tree / source).is_file():
            raise StepFailed(f"{package['package']} {package['version']} holds no {source}, which third_party/manifest.json names.")
        (prefix / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(tree / source, prefix / target)


def build_with_pip(package, archive, python, prefix, work):
    """pip builds the source distribution and lays it into `prefix`; the package takes its options by CMAKE_ARGS.

    pip works in a folder beside the prefix: /tmp may be small, and sweep() finds what a killed pip leaves.
    """
    log_path = prefix.parents[1] / "logs" / f"{package['name']}-build.log"
    log_path.unlink(missing_ok=True)
    requirements = work / "requirements.txt"
    requirements.write_text(f"{package['package']}=={package['version']} --hash=sha256:{package['sha256']}\n")
    jobs = str(os.cpu_count() or 1)
    env = dict(os.environ, TMPDIR=str(work), CMAKE_ARGS=" ".join(package["cmake_args"]), CMAKE_BUILD_PARALLEL_LEVEL=jobs)
    command = [python, "-m", "pip", "install", "-v", "--no-deps", "--no-binary", package["package"], "--require-hashes",
               "--no-build-isolation", "--no-index", "--find-links", archive.parent, "--disable-pip-version-check",
               "--no-cache-dir", "--target", prefix, "-r", requirements]
    step.run(f"Build {package['name']} {package['version']}", command, log_path, env=env,
             hint=f" (about {package.get('about_minutes', 1)} minutes on two cores, once)")


def needed_prefixes(package, links):
    """The prefixes that the package stands on; one that is missing is the system's to have."""
    return [str((links / name).resolve()) for name in package.get("needs", []) if (links / name).exists()]


def build_with_cmake(package, tree, prefix, logs):
    """An ordinary CMake project: configure, build, install."""
    log_path = logs / f"{package['name']}-build.log"
    log_path.unlink(missing_ok=True)
    build = tree.parent / "build"
    for name in package.get("drop_sources", []):
        (tree / name).unlink()
    # Source and build lie at one distance from each other in every work folder, so that a second build hits the compiler cache.
    env = dict(os.environ, CCACHE_BASEDIR=str(tree.parent), CCACHE_NOHASHDIR="1")
    step.run(f"Configure {package['name']} {package['version']}",
             ["cmake", "-G", "Ninja", "-S", tree / package.get("source_dir", ""), "-B", build, f"-DCMAKE_INSTALL_PREFIX={prefix}",
              f"-DCMAKE_PREFIX_PATH={';'.join(package.get('needed_prefixes', []))}", *package["cmake_args"]], log_path, env=env)
    step.run(f"Build {package['name']} {package['version']}", ["cmake", "--build", build, "--target", "install"], log_path, env=env,
             hint=f" (about {package.get('about_minutes', 1)} minutes on two cores, once)")
    for name in package.get("drop", []):
        shutil.rmtree(prefix / name, ignore_errors=True)


def make_prefix(package, prefix, python, cache, logs):
    """Fetches, builds and stamps one prefix."""
    if (prefix / manifest.STAMP).exists():
        return
    shutil.rmtree(prefix, ignore_errors=True)
    archive = fetch.fetch(package, python, cache, logs)
    with tempfile.TemporaryDirectory(prefix=WORK, dir=cache / "deps") as folder:
        tree = unpack(archive, package, folder)
        if package["source"] == "suite":
            check_suite_package(package, archive, tree)
        prefix.mkdir(parents=True)
        try:
            if package["recipe"] == "pip-target":
                build_with_pip(package, archive, python(), prefix, Path(folder))
            elif package["recipe"] == "cmake":
                build_with_cmake(package, tree, prefix, logs)
            copy_extracts(package, tree, prefix)
        except BaseException:
            shutil.rmtree(prefix, ignore_errors=True)
            raise
    (prefix / manifest.STAMP).touch()


def system_has(package):
    """Whether the distribution's own package of the library is installed."""
    if "system_package" not in package or not shutil.which("dpkg-query"):
        return False
    query = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status}", package["system_package"]], capture_output=True,
                           text=True, check=False)
    return query.stdout == "installed"


def link(folder, name, prefix):
    """folder/name -> prefix, replaced atomically."""
    new = folder / f".{name}.{os.getpid()}"
    new.symlink_to(prefix)
    new.replace(folder / name)


def take_turn(lock, cache):
    """One set-up at a time: a second checkout waits instead of building the same prefix."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print(f"another set-up is at work in {cache}; waiting for it ...", file=sys.stderr, flush=True)
        fcntl.flock(lock, fcntl.LOCK_EX)


def ensure(content, when, links, cache):
    """Makes every prefix that the manifest's `content` has for the stages `when` and links it into `links`."""
    logs = cache / "logs"
    for folder in (logs, links, cache / "deps"):
        folder.mkdir(parents=True, exist_ok=True)
    with open(cache / "deps" / ".lock", "w", encoding="ascii") as lock:
        take_turn(lock, cache)
        sweep(cache)
        interpreter = []

        def python():
            if not interpreter:
                interpreter.append(fetch.build_python(content["python_build_tools"], cache, logs))
            return interpreter[0]

        for pinned in content["packages"]:
            package = pinned
            if package["when"] not in when:
                continue
            if system_has(package):
                print(f"{package['name']}: the system's {package['system_package']} is used", file=sys.stderr)
                continue
            package = manifest.for_machine(package)
            if package is None:
                print(f"{pinned['name']}: no wheel is pinned for this machine; what needs it is left out", file=sys.stderr)
                continue
            package = dict(package, needed_prefixes=needed_prefixes(package, links))
            prefix = manifest.prefix_of(package, cache)
            make_prefix(package, prefix, python, cache, logs)
            link(links, package["name"], prefix)
    for stage in when:
        (links / f"{manifest.STAMP}-{stage}").touch()


def main():
    parser = argparse.ArgumentParser(description="Builds the pinned third-party prefixes in the per-user cache.")
    parser.add_argument("--when", action="append", choices=["setup", "bench"], help="stages to make (default: setup)")
    parser.add_argument("--links", type=Path, required=True, help="folder that gets one link a package")
    parser.add_argument("--manifest", type=Path, default=manifest.MANIFEST, help="another manifest, for tests")
    arguments = parser.parse_args()
    # A polite end (a closed terminal, a CI limit) cleans up as an interrupt does.
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        ensure(manifest.load(arguments.manifest), arguments.when or ["setup"], arguments.links, manifest.cache_dir())
    except StepFailed as error:
        print(f"error: {error}", file=sys.stderr)
        return 6
    except (OSError, subprocess.CalledProcessError, tarfile.TarError, zipfile.BadZipFile) as error:
        print(f"error: setting up the third-party packages in {manifest.cache_dir()}: {error}. Make room or repair the folder "
              "(./dev clean --cache starts afresh), then run the same command again.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
