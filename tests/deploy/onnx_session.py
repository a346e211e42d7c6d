"""Opens an emitted ONNX Runtime session on a model made here: one Identity node."""
import importlib.util
import pathlib
import shutil
import subprocess
import sys
import tempfile


def field(number, content):
    """One protobuf field: a number or bytes. Source: protobuf encoding, onnx.proto3."""
    if isinstance(content, int):
        return bytes([number << 3, content])
    return bytes([number << 3 | 2, len(content)]) + content


def identity_model():
    shape = field(2, field(1, field(1, 1)))
    value_type = field(2, field(1, field(1, 1) + shape))
    node = field(1, b"x") + field(2, b"y") + field(4, b"Identity")
    graph = field(1, node) + field(2, b"g") + field(11, field(1, b"x") + value_type) + field(12, field(1, b"y") + value_type)
    return field(1, 8) + field(7, graph) + field(8, field(2, 13))


def try_session(config):
    """Why it could not be tried, or None after it ran; a session that fails is an AssertionError."""
    if not importlib.util.find_spec("onnxruntime") or not importlib.util.find_spec("numpy"):
        return "the Python package onnxruntime is not installed; options were checked against the recorded list only"
    with tempfile.TemporaryDirectory() as room:
        folder = pathlib.Path(room) / "plan" / "deploy" / "task"
        shutil.copytree(config.parent, folder)
        starter = [sys.executable, str(folder / "onnxruntime_session.py")]
        missing = subprocess.run(starter, capture_output=True, text=True, check=False, timeout=60)
        assert missing.returncode != 0 and "is not there" in missing.stderr, f"{config}: no word of missing weights: {missing.stderr}"
        for line in config.read_text(encoding="utf-8").splitlines():
            if '"model":' in line:
                model = (folder / line.split('"')[3]).resolve()
        model.parent.mkdir(parents=True)
        model.write_bytes(identity_model())
        done = subprocess.run(starter, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0 and "CPUExecutionProvider" in done.stdout and "one run:" in done.stdout, f"{config}: {done.stdout}{done.stderr}"
    return None
