#include "estimate/memory_runtime.h"

#include <algorithm>
#include <iterator>

namespace hearth {
namespace {

constexpr std::uint64_t kMiB = 1ULL << 20;

struct Row {
  std::string_view runtime;
  RuntimeOverhead overhead;
};

// llama: measured as the peak of both resident processes (program and worker) during an estimate, Linux x86_64, release
// build, over make_gguf's shapes: 26 MiB and 225 bytes a token of the vocabulary; merges of real vocabularies, which
// made ones lack, are assumed to take as much again. bench/memory.py measures it anew. The engines built on llama.cpp
// run a server of their own around it. The others are assumed, rounded up from the size of their libraries and what
// their documentation tells of start-up memory; a plan's verification replaces them by what was measured.
constexpr Row kRows[] = {
    {"llama", {26 * kMiB, 450, 24 << 10, 256 * kMiB}},
    {"ollama", {128 * kMiB, 450, 24 << 10, 320 * kMiB}},
    {"lm-studio", {512 * kMiB, 450, 24 << 10, 320 * kMiB}},
    {"wllama", {32 * kMiB, 450, 24 << 10, 0}},
    {"whisper", {24 * kMiB, 200, 64 << 10, 256 * kMiB}},
    {"faster-whisper", {350 * kMiB, 200, 0, 300 * kMiB}},
    {"onnxruntime", {64 * kMiB, 0, 0, 300 * kMiB}},
    {"sherpa-onnx", {80 * kMiB, 0, 0, 300 * kMiB}},
    {"transformers-js", {160 * kMiB, 200, 0, 128 * kMiB}},
    {"openvino", {160 * kMiB, 200, 0, 200 * kMiB}},
    {"ovms", {256 * kMiB, 200, 0, 200 * kMiB}},
    {"tensorrt", {512 * kMiB, 0, 0, 400 * kMiB}},
    {"tensorrt-llm", {3072 * kMiB, 200, 0, 1024 * kMiB}},
    {"vllm", {4096 * kMiB, 200, 0, 1536 * kMiB}},
    {"tei", {256 * kMiB, 200, 0, 400 * kMiB}},
    {"mlx", {256 * kMiB, 200, 0, 64 * kMiB}},
    {"mlc", {256 * kMiB, 200, 0, 256 * kMiB}},
    {"webllm", {300 * kMiB, 200, 0, 128 * kMiB}},
    {"coreml", {64 * kMiB, 0, 0, 32 * kMiB}},
    {"litert", {24 * kMiB, 100, 0, 64 * kMiB}},
    {"executorch", {24 * kMiB, 100, 0, 64 * kMiB}},
    {"ncnn", {12 * kMiB, 0, 0, 64 * kMiB}},
    {"mnn", {16 * kMiB, 100, 0, 64 * kMiB}},
    {"hailo", {48 * kMiB, 0, 0, 0}},
    {"rknn", {48 * kMiB, 100, 0, 0}},
};

}  // namespace

RuntimeOverhead runtime_overhead(std::string_view runtime) {
  const auto* row =
      std::find_if(std::begin(kRows), std::end(kRows), [&](const Row& r) { return r.runtime == runtime; });
  return row == std::end(kRows) ? RuntimeOverhead{128 * kMiB, 0, 0, 256 * kMiB} : row->overhead;
}

}  // namespace hearth
