#include "ov_facts.h"

#include <cctype>
#include <fstream>
#include <optional>
#include <sstream>

#include "hearth/sdk/compiled_cache.h"

namespace hearth::openvino {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

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

json json_of(const std::vector<sdk::TensorSpec>& specs) {
  json list = json::array();
  for (const auto& spec : specs)
    list.push_back({{"name", spec.name},
                    {"type", {spec.type.code, spec.type.bits, spec.type.lanes}},
                    {"shape", spec.shape},
                    {"layout", spec.layout}});
  return list;
}

std::vector<sdk::TensorSpec> specs_of(const json& list) {
  std::vector<sdk::TensorSpec> specs;
  for (const auto& each : list) {
    const auto& type = each.at("type");
    specs.push_back({each.at("name").get<std::string>(),
                     {type.at(0).get<std::uint8_t>(), type.at(1).get<std::uint8_t>(), type.at(2).get<std::uint16_t>()},
                     each.at("shape").get<std::vector<std::int64_t>>(),
                     each.at("layout").get<std::string>()});
  }
  return specs;
}

// Absent where the text, whose checksum is right, was written by a version with another form.
std::optional<OvFacts> parse_facts(std::string_view text) {
  try {
    const auto document = json::parse(text);
    return OvFacts{{specs_of(document.at("inputs")), specs_of(document.at("outputs"))},
                   document.at("metadata").get<std::map<std::string, std::string>>()};
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

OvFacts told_by(const ov::Model& model) {
  OvFacts facts;
  facts.ports = ports_of(model);
  flatten("", model.get_rt_info(), facts.metadata);
  return facts;
}

// A cache that can't be written only costs time.
void keep(const OvFacts& facts, const sdk::CompiledCache& cache, const sdk::CompiledKey& key) {
  const auto written = cache.begin(key);
  std::ofstream file(written, std::ios::binary);
  file << sdk::json_text({{"inputs", json_of(facts.ports.inputs)},
                          {"outputs", json_of(facts.ports.outputs)},
                          {"metadata", facts.metadata}});
  file.close();
  if (file.good() && cache.commit(key, written)) return;
  std::error_code ignored;
  fs::remove(written, ignored);
}

}  // namespace

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

OvFacts facts_of(const sdk::LoadOptions& options, const std::string& hash, std::shared_ptr<ov::Model>& model) {
  const sdk::CompiledCache cache(options.cache_dir);
  const sdk::CompiledKey key = {hash, std::string("openvino ") + ov::get_openvino_version().buildNumber, "", "facts 1"};
  std::string ignored;
  if (const auto kept = cache.find(key, ignored)) {
    if (auto facts = parse_facts(kept->text())) return std::move(*facts);
  }
  model = read_model(options.path);
  auto facts = told_by(*model);
  if (cache.enabled()) keep(facts, cache, key);
  return facts;
}

}  // namespace hearth::openvino
