#include "ov_model.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "ov_session.h"

namespace hearth::openvino {
namespace {

namespace fs = std::filesystem;

// The file and those it can't do without; throws where one is missing.
std::vector<fs::path> files_of(const std::string& path) {
  std::error_code error;
  if (!fs::exists(path, error)) throw sdk::Error(HEARTH_NOT_FOUND, "no model at " + path + "; check the path");
  if (!fs::is_regular_file(path, error))
    throw sdk::Error(HEARTH_INVALID_DATA, path + " is not a file; give a model in IR (.xml), ONNX or TFLite");
  if (!std::ifstream(path, std::ios::binary))
    throw sdk::Error(HEARTH_PERMISSION_DENIED, "cannot open " + path + "; allow this user to read it");
  std::vector<fs::path> files = {path};
  if (fs::path(path).extension() != ".xml") return files;
  const auto weights = fs::path(path).replace_extension(".bin");
  if (!fs::is_regular_file(weights, error))
    throw sdk::Error(HEARTH_NOT_FOUND, path + " keeps its weights in " + weights.filename().string() +
                                           ", which is not beside it; fetch the model with all its files");
  files.push_back(weights);
  return files;
}

std::shared_ptr<ov::Model> read_model(const std::string& path) {
  try {
    auto model = ov_core().read_model(path);
    if (model->outputs().empty()) throw sdk::Error(HEARTH_INVALID_DATA, path + " has no outputs; fetch it again");
    return model;
  } catch (const sdk::Error&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    // A frontend has no code for it; its words are the only sign.
    const std::string said = error.what();
    const bool is_external =
        said.find("external data") != std::string::npos || said.find("External data") != std::string::npos;
    throw sdk::Error(is_external ? HEARTH_NOT_FOUND : HEARTH_INVALID_DATA,
                     "OpenVINO can't read " + path + ": " + plain_message(said) +
                         "; fetch the model again with all its files, or convert it to a newer opset");
  }
}

void flatten(const std::string& prefix, const ov::AnyMap& from, std::map<std::string, std::string>& to) {
  for (const auto& [key, value] : from) {
    const auto name = prefix.empty() ? key : prefix + "." + key;
    if (value.is<ov::AnyMap>()) {
      flatten(name, value.as<ov::AnyMap>(), to);
      continue;
    }
    std::ostringstream text;
    try {
      value.print(text);
    } catch (const std::exception&) {
      continue;  // a value that has no text is no metadata
    }
    to[name] = text.str();
  }
}

std::uint64_t total_size(const std::vector<fs::path>& files) {
  std::uint64_t total = 0;
  for (const auto& file : files) total += file.extension() == ".xml" ? 0 : fs::file_size(file);
  return total;
}

std::uint64_t bytes_of(const std::vector<sdk::TensorSpec>& specs) {
  std::uint64_t total = 0;
  for (const auto& spec : specs) {
    std::uint64_t n = spec.type.bits / 8U;
    for (const auto dim : spec.shape) n *= dim < 0 ? 1 : static_cast<std::uint64_t>(dim);
    total += n;
  }
  return total;
}

}  // namespace

std::uint64_t resident_bytes() {
  constexpr std::uint64_t kPageBytes = 4096;  // of the systems that have /proc and that OpenVINO runs on
  std::ifstream file("/proc/self/statm");
  std::uint64_t total = 0;
  std::uint64_t resident = 0;
  return file >> total >> resident ? resident * kPageBytes : 0;
}

sdk::TensorSpec spec_of(const ov::Output<const ov::Node>& port) {
  sdk::TensorSpec spec;
  spec.name = port.get_names().empty() ? port.get_node()->get_friendly_name() : port.get_any_name();
  spec.type = dl_type(port.get_element_type());
  const auto& shape = port.get_partial_shape();
  if (shape.rank().is_dynamic())
    throw sdk::Error(HEARTH_UNSUPPORTED, "the port '" + spec.name +
                                             "' has no fixed number of dimensions; export the "
                                             "model with one");
  for (const auto& dim : shape) spec.shape.push_back(dim.is_dynamic() ? -1 : dim.get_length());
  if (const auto layout = ov::layout::get_layout(port); !layout.empty()) {
    for (const char letter : layout.to_string()) {
      if (std::isalpha(static_cast<unsigned char>(letter)) != 0) spec.layout += letter;
    }
  }
  return spec;
}

OvModel::OvModel(const sdk::Host& host, sdk::LoadOptions options)
    : host_(host),
      options_(std::move(options)),
      devices_(sdk::choose_devices(options_, ov_devices())),
      files_(files_of(options_.path)),
      model_(read_model(options_.path)),
      ports_(ports_of(*std::const_pointer_cast<const ov::Model>(model_))),
      weight_bytes_(total_size(files_)) {}

std::map<std::string, std::string> OvModel::metadata() const {
  std::map<std::string, std::string> all;
  flatten("", model_->get_rt_info(), all);
  return all;
}

std::string OvModel::content_hash() {
  if (!options_.content_hash.empty() && files_.size() == 1) return options_.content_hash;
  const std::lock_guard lock(gate_);
  if (content_hash_.empty()) content_hash_ = sdk::hash_files(files_).value_or("");
  return content_hash_;
}

void OvModel::add(const SessionBytes* bytes) {
  const std::lock_guard lock(gate_);
  sessions_.push_back(bytes);
}

void OvModel::remove(const SessionBytes* bytes) {
  const std::lock_guard lock(gate_);
  std::erase(sessions_, bytes);
}

sdk::MemoryItems OvModel::placement() const {
  const auto device = devices_.empty() ? "cpu" : devices_[0];
  sdk::MemoryItems items = {{"cpu", "CPU_Mapped", HEARTH_MEM_WEIGHTS, weight_bytes_, weight_bytes_}};
  const std::lock_guard lock(gate_);
  std::uint64_t compute = 0;
  for (const auto* session : sessions_) compute += session->compute.load();
  if (compute != 0) items.push_back({device, "OpenVINO", HEARTH_MEM_COMPUTE, compute, 0});
  return items;
}

std::unique_ptr<sdk::TensorSession> OvModel::new_session(const sdk::TensorOptions& options,
                                                         const sdk::CallGuard& call) {
  return std::make_unique<OvSession>(*this, options, call);
}

sdk::MemoryItems estimate(const sdk::LoadOptions& load, const sdk::TensorOptions& options) {
  const auto files = files_of(load.path);
  const auto ports = ports_of(*std::const_pointer_cast<const ov::Model>(read_model(load.path)));
  const auto n_requests = std::max({options.n_requests, options.n_streams, 1U});
  const auto weights = total_size(files);
  const auto inputs = bytes_of(ports.inputs) * n_requests;
  const auto outputs = bytes_of(ports.outputs) * n_requests;
  // Assumed, not measured: weights packed for the kernels, feature maps, and the compiler's own structures.
  constexpr std::uint64_t kCompilerBytes = 24U << 20U;
  return {{"cpu", "CPU_Mapped", HEARTH_MEM_WEIGHTS, weights, weights},
          {load.devices.empty() ? "cpu" : load.devices[0], "OpenVINO", HEARTH_MEM_COMPUTE,
           2 * weights + 8 * inputs + kCompilerBytes, 0},
          {"cpu", "CPU", HEARTH_MEM_INPUT, inputs, 0},
          {"cpu", "CPU", HEARTH_MEM_OUTPUT, outputs, 0}};
}

}  // namespace hearth::openvino
