"""Set-up: what builds a prefix again, what a broken fetch leaves behind, and what it says."""
import hashlib
import io
import json
import os
import platform
import signal
import subprocess
import sys
import tarfile
import tempfile
import threading
import unittest
import zipfile
from pathlib import Path
from unittest import mock

import deps
import fetch
import manifest
import step

HERE = Path(__file__).resolve().parent


def source_distribution(folder, files):
    """A small thing-1.0.tar.gz and its hash."""
    path = folder / "thing-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo("thing-1.0/" + name)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
    return path, manifest.file_sha256(path)


class PrefixTest(unittest.TestCase):
    PACKAGE = {"name": "thing", "package": "thing", "version": "1.0", "source": "pypi", "sha256": "0" * 64, "recipe": "cmake",
               "cmake_args": ["-DA=1"], "why": "x", "licence": "MIT"}

    def prefix(self, **changes):
        return manifest.prefix_of({**self.PACKAGE, **changes}, Path("/c")).name

    def test_same_recipe_same_prefix(self):
        self.assertEqual(self.prefix(), self.prefix(why="another reason", licence="Apache-2.0"))

    def test_options_and_hash_make_another_prefix(self):
        names = {self.prefix(), self.prefix(cmake_args=["-DA=2"]), self.prefix(sha256="1" * 64), self.prefix(version="1.1")}
        self.assertEqual(len(names), 4)

    def test_headers_are_shared_by_all_machines_and_builds_are_not(self):
        before = self.prefix(), self.prefix(recipe="headers")
        with mock.patch.object(manifest, "platform_tag", return_value="another-machine"):
            self.assertNotEqual(self.prefix(), before[0])
            self.assertEqual(self.prefix(recipe="headers"), before[1])

    def test_every_pinned_package_has_a_prefix_of_its_own(self):
        packages = manifest.load()["packages"]
        self.assertEqual(len({manifest.prefix_of(package, Path("/c")) for package in packages}), len(packages))


class WheelTest(unittest.TestCase):
    """Binary wheels: one pinned hash a machine, folders and files taken out of the archive."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.cache = Path(folder.name)
        for name in ("downloads", "deps", "logs"):
            (self.cache / name).mkdir()
        archive = self.cache / "downloads" / "thing-1.0-cp311-cp311-any.whl"
        with zipfile.ZipFile(archive, "w") as wheel:
            wheel.writestr("thing/libs/libthing.so", "code")
            wheel.writestr("thing/__init__.py", "")
            wheel.writestr("thing/LICENSE", "words")
        self.package = {"name": "thing", "package": "thing", "version": "1.0", "source": "pypi", "recipe": "wheel",
                        "extract_folders": {"thing/libs": "lib"}, "extract": {"thing/LICENSE": "share/licences/thing"},
                        "wheels": {f"{platform.machine()}-{sys.platform}":
                                   {"platform": "any", "python": "311", "sha256": manifest.file_sha256(archive)}}}

    def make(self, package):
        prefix = manifest.prefix_of(package, self.cache)
        deps.make_prefix(package, prefix, lambda: self.fail("nothing is to be fetched"), self.cache, self.cache / "logs")
        return prefix

    def test_takes_what_is_named_and_nothing_else(self):
        prefix = self.make(manifest.for_machine(self.package))
        found = sorted(str(path.relative_to(prefix)) for path in prefix.rglob("*") if path.is_file())
        self.assertEqual(found, [manifest.STAMP, "lib/libthing.so", "share/licences/thing"])

    def test_a_folder_that_the_wheel_lacks_is_named(self):
        package = manifest.for_machine({**self.package, "extract_folders": {"thing/nothing": "lib"}})
        with self.assertRaisesRegex(step.StepFailed, "thing/nothing"):
            self.make(package)

    def test_another_machine_has_no_wheel_or_another_prefix(self):
        package = {**self.package, "wheels": {"abacus-linux": {"platform": "any", "python": "311", "sha256": "0" * 64}}}
        self.assertIsNone(manifest.for_machine(package))


class MakePrefixTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.cache = Path(folder.name)
        for name in ("downloads", "deps", "logs"):
            (self.cache / name).mkdir()
        _, digest = source_distribution(self.cache / "downloads", {"include/a.h": "int a;"})
        self.package = {"name": "thing", "package": "thing", "version": "1.0", "source": "pypi", "sha256": digest, "recipe": "headers",
                        "extract": {"include/a.h": "include/thing/a.h"}}
        self.prefix = manifest.prefix_of(self.package, self.cache)

    def make(self):
        deps.make_prefix(self.package, self.prefix, lambda: self.fail("no Python environment is needed"), self.cache, self.cache / "logs")

    def test_takes_the_downloaded_archive_and_stamps(self):
        self.make()
        self.assertEqual((self.prefix / "include/thing/a.h").read_text(), "int a;")
        self.assertTrue((self.prefix / manifest.STAMP).exists())

    def test_half_a_prefix_is_built_again(self):
        self.prefix.mkdir(parents=True)
        (self.prefix / "rest").touch()
        self.make()
        self.assertFalse((self.prefix / "rest").exists())

    def test_a_whole_prefix_is_left_alone(self):
        self.make()
        (self.cache / "downloads/thing-1.0.tar.gz").unlink()
        self.make()

    def test_a_missing_file_leaves_no_prefix(self):
        self.package["extract"] = {"include/b.h": "include/b.h"}
        with self.assertRaisesRegex(step.StepFailed, "holds no include/b.h"):
            self.make()
        self.assertFalse(self.prefix.exists())
        self.assertEqual([path.name for path in (self.cache / "deps").iterdir()], [])

    def test_an_archive_with_another_hash_is_not_taken(self):
        self.package["sha256"] = hashlib.sha256(b"other").hexdigest()
        with mock.patch.dict(os.environ, HEARTH_OFFLINE="1"), self.assertRaisesRegex(step.StepFailed, "HEARTH_OFFLINE=1 forbids"):
            self.make()

    def test_a_repacked_suite_package_needs_the_pinned_content(self):
        tree = self.cache / "tree"
        (tree / "usr/include").mkdir(parents=True)
        (tree / "usr/include/a.h").write_text("int a;")
        archive = self.cache / "downloads/thing_2.deb"
        package = {"package": "thing", "version": "1", "sha256": "0" * 64, "extract": {"usr/include/a.h": "include/a.h"},
                   "content_sha256": manifest.content_sha256([("usr/include/a.h", b"int a;")])}
        archive.touch()
        deps.check_suite_package(package, archive, tree)
        (tree / "usr/include/a.h").write_text("int b;")
        with self.assertRaisesRegex(step.StepFailed, "another thing .thing_2.deb. than the pinned"):
            deps.check_suite_package(package, archive, tree)
        self.assertFalse(archive.exists())


class RegistryTest(unittest.TestCase):
    def test_unreachable_registry_says_what_and_leaves_nothing(self):
        """Nothing listens on the discard port of loopback, so pip fails as without a network."""
        with tempfile.TemporaryDirectory() as folder:
            environment = {**os.environ, "HEARTH_CACHE": folder, "PIP_CONFIG_FILE": os.devnull, "PIP_RETRIES": "0",
                           "PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_EXTRA_INDEX_URL": "", "PIP_FIND_LINKS": ""}
            environment.pop("HEARTH_OFFLINE", None)
            content = manifest.load()
            content["packages"] = [package for package in content["packages"] if package["source"] == "pypi"]
            (Path(folder) / "manifest.json").write_text(json.dumps(content))
            result = subprocess.run([sys.executable, HERE / "deps.py", "--links", Path(folder) / "links", "--manifest",
                                     Path(folder) / "manifest.json"], env=environment, capture_output=True, text=True, check=False)
            self.assertEqual(result.returncode, 6, result.stderr)
            for word in ("the Python build tools (packaging", "the Python package index (PyPI", "then run the same command again"):
                self.assertIn(word, result.stderr)
            self.assertEqual([path.name for path in (Path(folder) / "deps").iterdir()], [".lock"])
            self.assertEqual(list((Path(folder) / "links").iterdir()), [])

    def test_a_wrong_hash_is_not_called_a_network_fault(self):
        with tempfile.TemporaryDirectory() as folder:
            log = Path(folder) / "log"
            log.write_text("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.")
            text = fetch.explain({"package": "thing", "version": "1", "source": "pypi", "sha256": "0"}, log, Path(folder))
            self.assertIn("with another hash", text)
            self.assertNotIn("Check the network", text)


class StepTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.log = Path(folder.name) / "log"

    def run_step(self, code, **options):
        with mock.patch("sys.stderr", new=io.StringIO()) as said:
            try:
                step.run("Work", [sys.executable, "-c", code], self.log, **options)
            finally:
                self.said = said.getvalue()

    def test_success_says_how_long(self):
        self.run_step("print('x')")
        self.assertRegex(self.said, r"Work \.\.\.\nWork: done \(\d+ s\)\n")

    def test_failure_carries_the_end_of_the_log(self):
        with self.assertRaisesRegex(step.StepFailed, "line 99"):
            self.run_step("import sys\nfor i in range(100): print('line', i)\nsys.exit(3)")
        self.assertIn("failed with status 3", self.said)

    def test_a_quick_quiet_step_says_nothing(self):
        self.run_step("pass", quiet_below_s=60)
        self.assertEqual(self.said, "")

    def test_an_interrupt_ends_the_whole_tree_of_processes(self):
        """The grandchild holds a pipe open; its end is seen as end of file."""
        reader, writer = os.pipe()
        code = f"import subprocess, sys\nsubprocess.run(['sleep', '600'], pass_fds=[{writer}])"
        os.set_inheritable(writer, True)
        real = subprocess.Popen

        def popen(*words, **options):
            child = real(*words, **options, pass_fds=[writer])
            os.close(writer)
            return child

        timer = threading.Timer(0.5, signal.raise_signal, [signal.SIGINT])
        with mock.patch("subprocess.Popen", popen), self.assertRaises(KeyboardInterrupt):
            timer.start()
            self.run_step(code)
        with os.fdopen(reader, "rb") as end:
            self.assertEqual(end.read(), b"")

    def test_elapsed(self):
        self.assertEqual([step.elapsed(5.2), step.elapsed(65)], ["5 s", "1:05 min"])


if __name__ == "__main__":
    unittest.main()
