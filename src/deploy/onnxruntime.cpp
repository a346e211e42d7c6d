// ONNX Runtime: options of a session with its execution providers, and a small program that opens it.
// Providers and options: data/tools/onnxruntime.json.
#include <fmt/format.h>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "deploy/engines.h"

namespace hearth {
namespace {

using Json = nlohmann::ordered_json;

// Reads the file beside it, opens the session and times one run on zeros.
constexpr const char* kStarter =
    R"py("""Opens the ONNX Runtime session that onnxruntime.json describes and runs it once. Usage: python3 onnxruntime_session.py"""
import json
import pathlib
import sys
import time

try:
    import numpy
    import onnxruntime
except ImportError as error:
    sys.exit(f"error: {error.name} is not installed; pip install onnxruntime numpy (for GPUs: onnxruntime-gpu)")

ELEMENT_TYPES = {"tensor(float)": "float32", "tensor(float16)": "float16", "tensor(double)": "float64", "tensor(int64)": "int64",
                 "tensor(int32)": "int32", "tensor(int8)": "int8", "tensor(uint8)": "uint8", "tensor(bool)": "bool"}


def open_session(here):
    config = json.loads((here / "onnxruntime.json").read_text(encoding="utf-8"))
    model = (here / config["model"]).resolve()
    if not model.exists():
        sys.exit(f"error: {model} is not there; put {config['weights']} there")
    options = onnxruntime.SessionOptions()
    enums = {"execution_mode": onnxruntime.ExecutionMode, "graph_optimization_level": onnxruntime.GraphOptimizationLevel}
    for name, value in config["session_options"].items():
        setattr(options, name, getattr(enums[name], value) if name in enums else value)
    for key, value in config["session_config"].items():
        options.add_session_config_entry(key, value)
    wanted = [(name, settings) for name, settings in config["providers"]]
    present = [entry for entry in wanted if entry[0] in onnxruntime.get_available_providers()]
    for name, _ in wanted:
        if name not in onnxruntime.get_available_providers():
            print(f"note: this build of ONNX Runtime has no {name}; the plan's speed will not be reached", file=sys.stderr)
    return onnxruntime.InferenceSession(str(model), options, providers=present)


def zeros_for(session):
    feed = {}
    for value in session.get_inputs():
        shape = [side if isinstance(side, int) and side > 0 else 1 for side in value.shape]
        if value.type in ELEMENT_TYPES:
            feed[value.name] = numpy.zeros(shape, dtype=ELEMENT_TYPES[value.type])
    return feed


def main():
    session = open_session(pathlib.Path(__file__).resolve().parent)
    print("providers:", ", ".join(session.get_providers()))
    feed = zeros_for(session)
    start = time.perf_counter()
    try:
        outputs = session.run(None, feed)
    except Exception as error:  # the runtime's own exception types are not public
        sys.exit(f"error: the session opened, but does not run on zeros with every open dimension set to 1: {error}")
    print(f"one run: {1000 * (time.perf_counter() - start):.1f} ms; outputs:", ", ".join(str(getattr(o, 'shape', '')) for o in outputs))


if __name__ == "__main__":
    main()
)py";

// The provider of a backend with its settings; empty: the CPU's own, which is always last.
Json provider(const DeployTarget& target) {
  const auto& backend = target.choice.backend;
  const std::string memory = std::to_string(target.device_bytes());
  const bool half = target.choice.precision == "fp16";
  if (backend == "cuda" && target.choice.runtime == "tensorrt")
    return Json::array({"TensorrtExecutionProvider",
                        {{"device_id", "0"},
                         {"trt_fp16_enable", half ? "True" : "False"},
                         {"trt_int8_enable", target.choice.precision == "int8" ? "True" : "False"},
                         {"trt_engine_cache_enable", "True"},
                         {"trt_engine_cache_path", "trt_engines"}}});
  if (backend == "cuda")
    return Json::array(
        {"CUDAExecutionProvider",
         {{"device_id", "0"}, {"gpu_mem_limit", memory}, {"arena_extend_strategy", "kSameAsRequested"}}});
  if (backend == "rocm") return Json::array({"MIGraphXExecutionProvider", {{"device_id", "0"}}});
  if (backend == "directml") return Json::array({"DmlExecutionProvider", {{"device_id", "0"}}});
  if (backend == "metal" || backend == "ane")
    return Json::array(
        {"CoreMLExecutionProvider", {{"MLComputeUnits", backend == "ane" ? "CPUAndNeuralEngine" : "CPUAndGPU"}}});
  if (backend == "intel_gpu" || backend == "intel_npu")
    return Json::array({"OpenVINOExecutionProvider", {{"device_type", backend == "intel_gpu" ? "GPU" : "NPU"}}});
  if (backend == "qnn_npu")
    return Json::array(
        {"QNNExecutionProvider", {{"backend_path", target.os() == "windows" ? "QnnHtp.dll" : "libQnnHtp.so"}}});
  if (backend == "xdna_npu") return Json::array({"VitisAIExecutionProvider", Json::object()});
  if (backend == "webgpu") return Json::array({"WebGpuExecutionProvider", Json::object()});
  return nullptr;
}

std::string config_text(const DeployTarget& target) {
  const auto& choice = target.choice;
  const auto& path = target.weights.path;
  const bool absolute = path.front() == '/' || path.find(':') == 1;
  Json providers = Json::array();
  const Json first = provider(target);
  if (!first.is_null()) providers.push_back(first);
  if (choice.runtime == "tensorrt") providers.push_back(Json::array({"CUDAExecutionProvider", {{"device_id", "0"}}}));
  providers.push_back(Json::array({"CPUExecutionProvider", Json::object()}));
  const bool directml = choice.backend == "directml";  // allows neither patterns nor parallel execution
  Json options{{"intra_op_num_threads", std::max(0, choice.settings.threads)},
               {"inter_op_num_threads", 1},
               {"execution_mode", "ORT_SEQUENTIAL"},
               {"graph_optimization_level", "ORT_ENABLE_ALL"},
               {"enable_mem_pattern", !directml}};
  Json config{{"model", absolute ? path : "../../" + path},
              {"weights", target.weights.wanted},
              {"session_options", options},
              {"session_config", {{"session.intra_op.allow_spinning", target.on_cpu() ? "1" : "0"}}},
              {"providers", providers}};
  return config.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

ConfigFiles onnxruntime_files(const DeployTarget& target) {
  const auto& runtime = target.choice.runtime;
  const bool browser = target.os() == "browser" || target.os() == "ios" || target.os() == "android";
  if ((runtime != "onnxruntime" && runtime != "tensorrt") || target.choice.format != "onnx" || browser) return {};
  return {{"onnxruntime", target.file("onnxruntime.json"), config_text(target), false},
          {"onnxruntime", target.file("onnxruntime_session.py"), kStarter, false}};
}

}  // namespace hearth
