"""Holds the files that plans write against what reads them. Usage: check_configs.py CHECK SAMPLES; exit status 77: skipped, the reason is printed."""
import configparser
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

import emitted
import onnx_session
from emitted import documents, every_command, files, record, run_script, yaml

RECORD_OF = {"llama-server": "llama-server", "vllm": "vllm", "ovms": "ovms", "mlx_lm.server": "mlx_lm.server", "mlx_lm.convert": "mlx_lm.convert",
             "trtllm-build": "trtllm-build", "trtllm-serve": "trtllm-serve", "python3": "trtllm-quantize"}


class Skip(Exception):
    """Why a check can't be made on this machine."""


def check_scripts(samples):
    """Each script parses, says which weights are missing, and starts exactly one server; no name in it is executed."""
    for path in files(samples, "*.sh"):
        assert subprocess.run(["bash", "-n", path], check=False).returncode == 0, f"{path} does not parse"
        status, errors, commands, _, left = run_script(path, False)
        if "\nneed " in path.read_text(encoding="utf-8"):
            assert status == 4 and errors.startswith("error: ") and not commands, f"{path}: missing weights give {status}: {errors}"
        status, errors, commands, _, left = run_script(path, True)
        assert status == 0 and commands, f"{path}: {status} {errors}"
        assert not left and not errors, f"{path} left {left} {errors}"


def check_options(samples):
    """Every option of every command line is one that the recorded version knows, with a value that it knows."""
    seen = set()
    for path, words in every_command(samples):
        program = pathlib.PurePosixPath(words[0]).name
        if program not in RECORD_OF:
            continue
        known = record(RECORD_OF[program])
        for at, word in enumerate(words):
            if word.startswith("--"):
                seen.add((program, word))
                assert word in known["options"], f"{path}: {program} knows no {word}"
                allowed = known.get("values", {}).get(word)
                assert not allowed or words[at + 1] in allowed, f"{path}: {word} {words[at + 1]} is none of {allowed}"
    assert {program for program, _ in seen} == set(RECORD_OF), "some tool is in no sample plan"
    environment = {name: value for path in files(samples, "*.sh") for name, value in run_script(path, True)[3].items()}
    for name in environment:
        if name.startswith("OLLAMA_"):
            assert name in record("ollama")["environment"], f"Ollama reads no {name}"
    for path in files(samples, "llama-models.ini"):
        parser = configparser.ConfigParser(interpolation=None)
        parser.read_string("[top]\n" + path.read_text(encoding="utf-8"))
        known = record("llama-server")
        for section in parser.sections():
            for key in parser[section]:
                assert f"--{key}" in known["options"] or key in known["preset_options"], f"{path}: no key {key}"
    if yaml:
        for path in files(samples, "vllm.yaml"):
            for key in documents(path)[0]:
                assert f"--{key}" in record("vllm")["options"], f"{path}: vLLM knows no --{key}"


def llama_server():
    """The real program, or a skip."""
    path = os.environ.get("HEARTH_LLAMA_SERVER") or shutil.which("llama-server")
    if not path or not os.path.exists(path):
        raise Skip("no llama-server is here; name one with -DHEARTH_LLAMA_SERVER=FILE or HEARTH_LLAMA_SERVER")
    environment = dict(os.environ)
    environment["LD_LIBRARY_PATH"] = f"{os.path.dirname(path)}:{environment.get('LD_LIBRARY_PATH', '')}"
    return path, environment


def check_llama_server(samples):
    """llama-server takes every emitted command line: it gets as far as the weights, which are not there."""
    program, environment = llama_server()
    count = 0
    for path, words in every_command(samples):
        if pathlib.PurePosixPath(words[0]).name != "llama-server" or "--models-preset" in words:
            continue
        words = [("--model" if word == "--hf-repo" else word) for word in words[1:]]
        words[words.index("--model") + 1] = "/nonexistent/model.gguf"
        # The loaded model comes before the port; the address of a container is not for a test.
        words[words.index("--host") + 1] = "127.0.0.1"
        words[words.index("--port") + 1] = str(free_port())
        done = subprocess.run([program, *words], env=environment, capture_output=True, text=True, check=False, timeout=60)
        said = done.stdout + done.stderr
        assert "failed to load model" in said and "error: invalid" not in said, f"{path}: {' '.join(words)}\n{said[-600:]}"
        count += 1
    assert count >= 8, f"only {count} command lines"
    refused = subprocess.run([program, "--no-such-option"], env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert "failed to load model" not in refused.stdout + refused.stderr, "a wrong option would pass unseen"


def free_port():
    """A port of the loopback that was free just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def check_llama_preset(samples):
    """llama-server's router lists every model of the preset file with the arguments that the file gives it."""
    program, environment = llama_server()
    for path in files(samples, "llama-models.ini"):
        port = free_port()
        command = [program, "--models-preset", str(path), "--host", "127.0.0.1", "--port", str(port), "--no-models-autoload", "--offline"]
        with tempfile.TemporaryFile() as log, subprocess.Popen(command, env=environment, stdout=log, stderr=log) as server:
            try:
                listed = models_of(server, port)
            finally:
                server.terminate()
                server.wait(20)
            log.seek(0)
            assert listed is not None, f"{path} is refused: {log.read().decode(errors='replace')[-400:]}"
        sections = re.findall(r"^\[(.*)\]$", path.read_text(encoding="utf-8"), re.M)
        assert sections and set(sections) <= set(listed), f"{path}: {sections} are not in {sorted(listed)}"
        for name in sections:
            assert "--fit" in listed[name] and "--ctx-size" in listed[name], f"{path}: {name} lost its arguments: {listed[name]}"


def models_of(server, port):
    """Arguments by model of a started router; None when it ended instead."""
    for _ in range(200):
        if server.poll() is not None:
            return None
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/models", timeout=5) as answer:
                return {model["id"]: model["status"].get("args", []) for model in json.load(answer)["data"]}
        except OSError:
            time.sleep(0.1)
    return None


def check_systemd(samples):
    """systemd-analyze accepts each unit, and reads the words of its command line as they were meant."""
    if not shutil.which("systemd-analyze"):
        raise Skip("systemd-analyze is not installed")
    with tempfile.TemporaryDirectory() as room:
        for number, path in enumerate(files(samples, "*.service")):
            # The program itself need not be installed where the tests run.
            unit = pathlib.Path(room) / f"sample{number}.service"
            unit.write_text(re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", path.read_text(encoding="utf-8"), flags=re.M), encoding="utf-8")
            done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False, timeout=60)
            said = done.stdout + done.stderr
            if "Failed to" in said and "sample" not in said:
                raise Skip(f"systemd-analyze does not work here: {said.strip()[:200]}")
            assert done.returncode == 0 and "sample" not in said, f"{path}: {said}"
    shell = {tuple(words[1:]) for path in files(samples, "llama-server.sh") for words in run_script(path, True)[2]}
    for path in files(samples, "llama-server-*.service"):
        assert tuple(emitted.service_words(path)[1:]) in shell, f"{path} starts something else than its script"


def check_modelfile(samples):
    """Each line of a Modelfile is an instruction of Ollama, each parameter one that it knows with a value of the right kind."""
    known = record("ollama")
    for path in files(samples, "Modelfile"):
        lines = [text for text in path.read_text(encoding="utf-8").splitlines() if text and not text.startswith("#")]
        assert sum(text.startswith("FROM ") for text in lines) == 1, f"{path} needs one FROM"
        for text in lines:
            instruction, rest = text.split(" ", 1)
            assert instruction in known["options"], f"{path}: {instruction} is no instruction"
            if instruction == "PARAMETER":
                name, value = rest.split(" ")
                assert name in known["parameters"], f"{path}: {name} is no parameter"
                assert value in ("true", "false") if name.startswith("use_") else value.isdigit(), f"{path}: {rest}"


def need_yaml():
    if yaml is None:
        raise Skip("python3-yaml is not installed")


def check_yaml(samples):
    """Every YAML file parses, and the arguments in it are those of the container file beside it."""
    need_yaml()
    for path in files(samples, "*.yaml"):
        for document in documents(path):
            assert isinstance(document, dict) and document, f"{path} holds something that is no mapping"
            for container in emitted.pod_containers(document) if "kind" in document else []:
                words = container["command"] + [word.replace("$$(", "$(") for word in container["args"]]
                assert words == emitted.container_words(path.parent / "Containerfile"), f"{path}: {words}"
                assert all(isinstance(word, str) for word in container["args"]), f"{path}: an argument is no text"


def check_fields(value, kind, objects, where):
    """`value` has only fields of `kind`, of the right types; kinds that were not recorded are not looked into."""
    listed = re.fullmatch(r"[Ll]ist\[(.*)\]", kind)
    if listed:
        assert isinstance(value, list), f"{where} is no list"
        for at, item in enumerate(value):
            check_fields(item, listed.group(1), objects, f"{where}[{at}]")
    elif kind in objects:
        assert isinstance(value, dict), f"{where} is no mapping"
        for key, child in value.items():
            assert key in objects[kind], f"{where}: {kind} has no field {key}"
            check_fields(child, objects[kind][key], objects, f"{where}.{key}")
    elif kind in ("str", "int", "bool"):
        assert type(value).__name__ == kind, f"{where} is {value!r}, no {kind}"
    elif re.match(r"[Dd]ict\(?\[?str, ?str", kind):
        assert all(isinstance(text, str) for text in value.values()), f"{where} holds something that is no text"


def check_kubernetes(samples):
    """Deployments, Services and InferenceServices have fields of the recorded API only, and what refers to another thing finds it."""
    need_yaml()
    objects = {**record("kubernetes")["objects"], **record("kserve")["objects"]}
    kinds = {"Deployment": "V1Deployment", "Service": "V1Service", "InferenceService": "V1beta1InferenceService"}
    for path in files(samples, "kubernetes.yaml") + files(samples, "kserve.yaml"):
        found = documents(path)
        for document in found:
            check_fields(document, kinds[document["kind"]], objects, f"{path}:{document['kind']}")
            assert re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", document["metadata"]["name"]), f"{path}: name"
            for container in emitted.pod_containers(document):
                check_container(path, document, container)
        if path.name == "kubernetes.yaml":
            deployment, service = found
            labels = deployment["spec"]["template"]["metadata"]["labels"].items()
            assert deployment["spec"]["selector"]["matchLabels"].items() <= labels and service["spec"]["selector"].items() <= labels, f"{path}: selectors"


def check_container(path, document, container):
    """Ports, probes and mounts of one container agree with each other and with its arguments."""
    pod = document["spec"]["template"]["spec"] if document["kind"] == "Deployment" else document["spec"]["predictor"]
    assert {mount["name"] for mount in container["volumeMounts"]} <= {volume["name"] for volume in pod["volumes"]}, f"{path}: mounts"
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert container["readinessProbe"]["httpGet"]["port"] in ports, f"{path}: probe"
    assert container["args"][container["args"].index("--port") + 1] == str(ports["http1"]), f"{path}: port"
    assert re.fullmatch(r"\d+Mi", container["resources"]["requests"]["memory"]), f"{path}: memory"


def check_openvino(samples):
    """config.json of the model server has the fields of its schema."""
    known = record("ovms")
    for path in files(samples, "ovms.json"):
        config = json.loads(path.read_text(encoding="utf-8"))
        kinds = {name: {field: kind.replace("list[object]", "object") for field, kind in fields.items()} for name, fields in known["objects"].items()}
        check_fields(config, "config", kinds, str(path))
        for entry in config["model_config_list"]:
            for field in known["required"]["model_config"]:
                assert field in entry["config"], f"{path}: {field} is missing"
            target = (path.parent / entry["config"]["base_path"]).resolve()
            assert target.parent == (emitted.plan_folder(path) / "models").resolve(), f"{path}: weights at {target}"


def check_onnxruntime(samples):
    """Session options and providers are known ones; where ONNX Runtime is here, the session opens and runs."""
    known = record("onnxruntime")
    for path in files(samples, "onnxruntime.json"):
        config = json.loads(path.read_text(encoding="utf-8"))
        for name, value in config["session_options"].items():
            assert name in known["options"], f"{path}: no option {name}"
            assert value in known["values"].get(name, [value]), f"{path}: {name} {value}"
        for name, _ in config["providers"]:
            assert name in known["values"]["providers"], f"{path}: no provider {name}"
        reason = onnx_session.try_session(path)
        if reason:
            raise Skip(reason)


REMOTE = re.compile(r"https?://|hf\.co|huggingface\.co|ghcr\.io|docker\.io|--hf-repo|hf-repo =|--source_model|--model-url|--hf-path")


def check_offline(samples):
    """Files of offline and private plans fetch nothing, and servers of all plans listen on the loopback unless in a container."""
    for plan in ("pi5", "windows"):
        for path in files(pathlib.Path(samples) / plan, "*.*") + files(pathlib.Path(samples) / plan, "Modelfile"):
            found = REMOTE.search(path.read_text(encoding="utf-8"))
            assert not found, f"{path} reaches out: {found.group(0)}"
    for path in files(pathlib.Path(samples) / "pi5", "Containerfile"):
        assert re.search(r"^FROM localhost/", path.read_text(encoding="utf-8"), re.M), f"{path} fetches its image"
    for path, words in every_command(samples):
        for option in ("--host", "--rest_bind_address"):
            if option in words and path.suffix in (".sh", ".ps1", ".service"):
                assert words[words.index(option) + 1] == "127.0.0.1", f"{path} listens beyond this machine"


def main():
    check, samples = sys.argv[1:3]
    try:
        globals()[f"check_{check}"](samples)
    except Skip as reason:
        print(f"skipped: {reason}")
        return 77
    except AssertionError as problem:
        print(f"error: {problem}")
        return 1
    print(f"{check}: every file passes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
