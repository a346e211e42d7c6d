"""Installs into a fresh prefix, builds a stranger's project against it, and runs what came out of both."""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
EXPECTED = (
    "bin/hearth", "libexec/hearth/hearth-worker", "lib/hearth/runtimes/libhearth_runtime_llama.so", "lib/hearth/llama/libllama.so.0",
    "include/hearth/hearth.h", "include/hearth/abi/hearth_plugin.h", "share/hearth/data/runtimes", "share/hearth/data/schemas",
    "share/man/man1/hearth.1", "share/bash-completion/completions/hearth", "share/zsh/vendor-completions/_hearth",
    "share/fish/vendor_completions.d/hearth.fish", "share/doc/hearth/LICENSE",
)


def run(*command, **options):
    """Runs a command; the end of its output when it fails."""
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, **options)
    if result.returncode != 0:
        sys.exit(f"$ {' '.join(map(str, command))}\n{(result.stdout + result.stderr)[-4000:]}failed with status {result.returncode}")
    return result.stdout


def clean_environment(home):
    """Nothing of the build must help the installed program: no library path, a home of its own."""
    return {"PATH": "/usr/bin:/bin", "HOME": str(home), "HEARTH_HOME": str(home / "hearth"), "HEARTH_OFFLINE": "1", "LANG": "C.UTF-8"}


def check_files(prefix, has_llama):
    """Everything that the documentation promises is there, and nothing of the tests."""
    missing = [name for name in EXPECTED if not (prefix / name).exists() and (has_llama or "llama" not in name)]
    assert not missing, f"not installed: {missing}"
    for unwanted in ("share/hearth/data/starter", "lib/hearth/runtimes/libhearth_runtime_fake.so"):
        assert not (prefix / unwanted).exists(), f"{unwanted} is installed"


def check_program(prefix, environment, cwd, has_llama):
    """The installed program runs from elsewhere, finds its runtimes and answers with the embedded model."""
    version = json.loads(run(prefix / "bin/hearth", "version", "--json", env=environment, cwd=cwd))
    names = {runtime["name"] for runtime in version["runtimes"] if runtime["present"]}
    assert not has_llama or "llama" in names, f"the installed program sees only {names}"
    if has_llama:
        answer = json.loads(run(prefix / "bin/hearth", "run", "complete", "-m", "starter", "-p", "Once", "-n", "4", "--json",
                                env=environment, cwd=cwd))
        assert answer["usage"]["completion_tokens"] > 0, answer
    return version


def check_texts(prefix, version):
    """The manual page and the completions are readable by the programs they are for, where those are installed."""
    page = (prefix / "share/man/man1/hearth.1").read_text()
    assert version["version"] in page and ".SS hearth run chat" in page, "hearth.1 lacks the version or a command"
    if shutil.which("man"):
        complaints = subprocess.run(["man", "--warnings", "-l", "-E", "UTF-8", "-Tutf8", "-Z", prefix / "share/man/man1/hearth.1"],
                                    capture_output=True, text=True, check=False, env={**os.environ, "MANPAGER": "cat"}).stderr
        assert "warning" not in complaints, complaints
    for shell, name in (("bash", "share/bash-completion/completions/hearth"), ("zsh", "share/zsh/vendor-completions/_hearth"),
                        ("fish", "share/fish/vendor_completions.d/hearth.fish")):
        if shutil.which(shell):
            run(shell, "-n", prefix / name)


def check_consumer(arguments, prefix, work, has_llama):
    """A project that knows only find_package(hearth) builds, runs, and adds a runtime to the installed program."""
    build, environment = work / "consumer", clean_environment(work)
    run(arguments.cmake, "-S", HERE / "consumer", "-B", build, f"-DCMAKE_PREFIX_PATH={prefix}", f"-DCMAKE_INSTALL_PREFIX={prefix}",
        f"-DCMAKE_CXX_COMPILER={arguments.compiler}", f"-DCMAKE_C_COMPILER={arguments.c_compiler}")
    run(arguments.cmake, "--build", build)
    if has_llama:
        said = run(build / "consumer", prefix, env=environment)
        assert re.fullmatch(r"[1-4] tokens from \S+; exit status 4 for a missing file\n", said), said
    run(arguments.cmake, "--install", build)
    listed = json.loads(run(prefix / "bin/hearth", "runtimes", "--json", env=environment, cwd=work))
    mine = [runtime for runtime in listed["runtimes"] if runtime["name"] == "consumer"]
    assert mine and mine[0]["score"] == 0 and mine[0]["reason"] == "built by a stranger", listed


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("--cmake", "--build", "--compiler", "--c-compiler"):
        parser.add_argument(name, required=True)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work, prefix = Path(folder), Path(folder) / "prefix"
        run(arguments.cmake, "--install", arguments.build, "--prefix", prefix)
        has_llama = (Path(arguments.build) / "lib/hearth/runtimes/libhearth_runtime_llama.so").exists()
        environment = clean_environment(work)
        check_files(prefix, has_llama)
        version = check_program(prefix, environment, work, has_llama)
        check_texts(prefix, version)
        check_consumer(arguments, prefix, work, has_llama)
    print("installed tree: files, program, texts and consumer project are right")


if __name__ == "__main__":
    main()
