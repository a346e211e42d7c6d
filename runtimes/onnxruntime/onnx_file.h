// What an ONNX file says of itself, read without its weights and before ONNX Runtime sees it: so that a broken file is
// named in our words, and a model's ports cost no session.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "hearth/sdk/tensor.h"

namespace hearth::onnxruntime {

struct OnnxNode {
  std::string name;
  std::string op;
};

struct OnnxFile {
  sdk::TensorPorts ports;
  std::map<std::string, std::string> metadata;  // the file's own, and "opset", "producer", "ir_version"
  std::vector<OnnxNode> nodes;
  // Names of open dimensions by input: "" where one has a value or no name.
  std::vector<std::vector<std::string>> input_dim_names;
  std::vector<std::filesystem::path> external_files;  // absolute or relative to the working folder, as `path` is
  std::uint64_t weight_bytes = 0;
};

// Throws NOT_FOUND without such a file or without a file of weights that it names, PERMISSION_DENIED, INVALID_DATA
// when it is truncated, no ONNX, without a graph, or names weights outside its own folder.
[[nodiscard]] OnnxFile read_onnx_file(const std::string& path);
// The same of the file's bytes; `path` says where they came from, for messages and for the files of weights.
[[nodiscard]] OnnxFile parse_onnx(std::string_view bytes, const std::string& path);

}  // namespace hearth::onnxruntime
