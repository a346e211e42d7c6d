#include <algorithm>
#include <charconv>
#include <map>
#include <pugixml.hpp>

#include "formats/openvino_ir.h"

namespace hearth {
namespace {

constexpr std::uint64_t kVersionMin = 7;

Unexpected invalid(const std::string& name, const std::string& found) {
  return fail(ErrorCode::kInvalidData, "'" + name + "' is not a valid OpenVINO IR: " + found,
              "the file is damaged or no OpenVINO model: fetch it again");
}

bool to_number(std::string_view text, std::uint64_t& number) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
}

// "64,3,7,7" or "" for a scalar.
bool to_dims(std::string_view text, std::vector<std::uint64_t>& dims) {
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    std::string_view part = text.substr(0, comma);
    while (!part.empty() && part.front() == ' ') part.remove_prefix(1);
    std::uint64_t dim = 0;
    if (!to_number(part, dim)) return false;
    dims.push_back(dim);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return true;
}

Result<WeightTensor> read_constant(const pugi::xml_node& layer, const std::string& name, std::uint64_t bin_bytes) {
  const pugi::xml_node data = layer.child("data");
  WeightTensor tensor;
  tensor.name = layer.attribute("name").value();
  tensor.type = data.attribute("element_type").value();
  if (!to_number(data.attribute("offset").value(), tensor.offset) ||
      !to_number(data.attribute("size").value(), tensor.size_bytes) ||
      !to_dims(data.attribute("shape").value(), tensor.dims))
    return invalid(name, "the constant '" + tensor.name + "' has no readable offset, size and shape");
  if (tensor.offset > bin_bytes || tensor.size_bytes > bin_bytes - tensor.offset)
    return invalid(name, "the constant '" + tensor.name + "' ends behind the " + std::to_string(bin_bytes) +
                             " bytes of its .bin file");
  return tensor;
}

// Collects the layers of type Const, those in the bodies of loops and branches too.
struct ConstantWalker final : pugi::xml_tree_walker {
  std::vector<pugi::xml_node> constants;
  bool for_each(pugi::xml_node& node) override {
    if (std::string_view(node.name()) == "layer" && std::string_view(node.attribute("type").value()) == "Const")
      constants.push_back(node);
    return true;
  }
};

// Constants may share bytes. Each byte counts once: an entry shrinks to what no earlier entry covers.
void drop_shared(std::vector<WeightTensor>& tensors) {
  std::sort(tensors.begin(), tensors.end(), [](const WeightTensor& a, const WeightTensor& b) {
    return a.offset != b.offset ? a.offset < b.offset : a.size_bytes > b.size_bytes;
  });
  std::uint64_t end = 0;
  std::vector<WeightTensor> kept;
  for (WeightTensor& tensor : tensors) {
    const std::uint64_t tensor_end = tensor.offset + tensor.size_bytes;
    if (tensor.size_bytes > 0 && tensor_end <= end) continue;
    const std::uint64_t shared = tensor.offset < end ? end - tensor.offset : 0;
    tensor.size_bytes -= std::min(shared, tensor.size_bytes);
    end = std::max(end, tensor_end);
    kept.push_back(std::move(tensor));
  }
  tensors = std::move(kept);
}

}  // namespace

Result<WeightTable> parse_openvino_ir(std::string_view xml, const std::string& name, const std::string& bin_name,
                                      std::uint64_t bin_bytes) {
  pugi::xml_document document;
  const pugi::xml_parse_result parsed = document.load_buffer(xml.data(), xml.size());
  if (!parsed)
    return invalid(name, std::string(parsed.description()) + " (at byte " + std::to_string(parsed.offset) + ")");
  const pugi::xml_node net = document.child("net");
  std::uint64_t version = 0;
  if (!net || !to_number(net.attribute("version").value(), version))
    return invalid(name, "it holds no <net version=...>");
  if (version < kVersionMin)
    return fail(ErrorCode::kUnsupported,
                "'" + name + "' is OpenVINO IR version " + std::to_string(version) + ", older than 7",
                "convert the model again");
  WeightTable table{
      name, "openvino", {}, {{"name", net.attribute("name").value()}, {"version", std::to_string(version)}}};
  ConstantWalker walker;
  net.child("layers").traverse(walker);
  for (const pugi::xml_node& layer : walker.constants) {
    HEARTH_ASSIGN(tensor, read_constant(layer, name, bin_bytes));
    tensor.external_file = bin_name;
    table.tensors.push_back(std::move(tensor));
  }
  drop_shared(table.tensors);
  return table;
}

}  // namespace hearth
