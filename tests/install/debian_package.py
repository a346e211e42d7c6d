"""Packs a .deb and runs it in a clean root: a debootstrap chroot where that is possible, else the unpacked tree."""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from installed_tree import clean_environment, run

SKIPPED = 77


def pack(arguments, work):
    """The .deb, made by cpack from the build tree."""
    run(Path(arguments.cmake).with_name("cpack"), "-G", "DEB", "--config", Path(arguments.build).resolve() / "CPackConfig.cmake", "-B", work / "pack",
        cwd=work)
    packages = list((work / "pack").glob("*.deb"))
    assert len(packages) == 1, f"cpack made {packages}"
    return packages[0]


def check_dependencies(package, tree):
    """Every library that a packed program needs comes from the package or from a package it depends on."""
    depends = run("dpkg-deb", "-f", package, "Depends")
    assert "libc6" in depends and "libstdc++6" in depends, f"Depends: {depends}"
    for binary in [tree / "usr/bin/hearth", *(tree / "usr/lib/hearth").rglob("*.so*")]:
        # ggml's backends are loaded into a process that has ggml's base library already; ldd looks at each file alone.
        beside = {**os.environ, "LD_LIBRARY_PATH": str(binary.parent)} if binary.parent.name == "llama" else None
        listing = run("ldd", binary, env=beside)
        assert "not found" not in listing, f"{binary}:\n{listing}"
        for path in re.findall(r"=> (/\S+)", listing):
            real = os.path.realpath(path)
            assert real.startswith((str(tree), "/usr/lib", "/lib")), f"{binary} would load {path}, which the package does not bring"


def answer_of(command, environment):
    """What the packed program says; it must reach a model's answer."""
    version = json.loads(run(*command, "version", "--json", env=environment, cwd="/"))
    said = json.loads(run(*command, "run", "complete", "-m", "starter", "-p", "Once", "-n", "4", "--json", env=environment, cwd="/"))
    assert said["usage"]["completion_tokens"] > 0, said
    return version


def may_use_chroot():
    """Root with the right to mount, a network, and debootstrap."""
    return (os.geteuid() == 0 and shutil.which("debootstrap") and os.environ.get("HEARTH_OFFLINE") != "1"
            and subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode == 0)


def in_chroot(package, work):
    """Installs the package with apt into the smallest Debian there is, and runs it there."""
    root = work / "root"
    codename = re.search(r"^VERSION_CODENAME=(\S+)", Path("/etc/os-release").read_text(), re.M).group(1)
    mirror = run("apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)", "Created-By: Packages")
    uri = next(line.split()[0] for line in mirror.splitlines() if line.split()[1] == codename)
    run("debootstrap", "--variant=minbase", codename, root, uri)
    shutil.copy(package, root / "tmp" / "hearth.deb")
    (root / "usr/sbin/policy-rc.d").write_text("#!/bin/sh\nexit 101\n")
    run("chroot", root, "apt-get", "install", "-y", "--no-install-recommends", "/tmp/hearth.deb")
    # A mount namespace of its own: /proc is there for the program and gone with it, however this test ends.
    inside = ["unshare", "--mount", "--pid", "--fork", f"--mount-proc={root}/proc", "chroot", str(root)]
    version = answer_of([*inside, "/usr/bin/hearth"], {**clean_environment(Path("/tmp")), "PATH": "/usr/sbin:/usr/bin:/bin"})
    run("chroot", root, "apt-get", "purge", "-y", "hearth")
    left = [str(path) for path in (root / "usr").rglob("*hearth*") if path.name != "hearth.deb"]
    assert not left, f"purging leaves {left}"
    return version


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("--cmake", "--build", "--compiler", "--c-compiler"):
        parser.add_argument(name, required=True)
    arguments = parser.parse_args()
    if not shutil.which("dpkg-shlibdeps") or not shutil.which("file"):
        print("skipped: cpack needs dpkg-dev and file to make a .deb")
        return SKIPPED
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        package = pack(arguments, work)
        run("dpkg-deb", "-x", package, work / "tree")
        check_dependencies(package, work / "tree")
        version = answer_of([work / "tree/usr/bin/hearth"], clean_environment(work))
        where = "unpacked"
        if may_use_chroot():
            version, where = in_chroot(package, work), "installed by apt in a fresh debootstrap root"
        print(f"{package.name} ({package.stat().st_size / 2**20:.1f} MiB): hearth {version['version']} answers, {where}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
