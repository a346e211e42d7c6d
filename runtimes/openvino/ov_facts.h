// What a model's file says of itself. OpenVINO reads the whole of a file to tell it, which takes as long as a warm
// start may in all: it is read once, and then kept beside what was compiled from it.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "hearth/sdk/options.h"
#include "hearth/sdk/tensor.h"
#include "ov_core.h"

namespace hearth::openvino {

struct OvFacts {
  sdk::TensorPorts ports;
  std::map<std::string, std::string> metadata;
};

// The file and those it can't do without. Throws NOT_FOUND, INVALID_DATA, PERMISSION_DENIED.
[[nodiscard]] std::vector<std::filesystem::path> files_of(const std::string& path);
// Throws INVALID_DATA where OpenVINO can't read it, NOT_FOUND where its weights are missing.
[[nodiscard]] std::shared_ptr<ov::Model> read_model(const std::string& path);
// Ports of a model or of a compiled one. Throws UNSUPPORTED for a port whose rank is open.
template <class M>
sdk::TensorPorts ports_of(const M& model);
[[nodiscard]] sdk::TensorSpec spec_of(const ov::Output<const ov::Node>& port);

// From the cache of `options`, or read and kept there; `model` is what was read, null where it was not. `hash` is that
// of content_hash_of. Throws as read_model, and IO where the cache's folder can't be made.
[[nodiscard]] OvFacts facts_of(const sdk::LoadOptions& options, const std::string& hash,
                               std::shared_ptr<ov::Model>& model);

template <class M>
sdk::TensorPorts ports_of(const M& model) {
  sdk::TensorPorts ports;
  for (const auto& port : model.inputs()) ports.inputs.push_back(spec_of(port));
  for (const auto& port : model.outputs()) ports.outputs.push_back(spec_of(port));
  return ports;
}

}  // namespace hearth::openvino
