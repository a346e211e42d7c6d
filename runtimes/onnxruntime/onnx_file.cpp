#include "onnx_file.h"

#include <algorithm>
#include <set>

#include "hearth/sdk/mapped_file.h"
#include "protobuf_reader.h"

namespace hearth::onnxruntime {
namespace {

namespace fs = std::filesystem;

// Field numbers below. Source: onnx.proto of ONNX 1.19 (ModelProto, GraphProto, NodeProto, TensorProto,
// ValueInfoProto).

// Element types. Source: TensorProto.DataType of onnx.proto.
DLDataType element_type(std::uint64_t type) {
  switch (type) {
    case 1: return {kDLFloat, 32, 1};
    case 2: return {kDLUInt, 8, 1};
    case 3: return {kDLInt, 8, 1};
    case 4: return {kDLUInt, 16, 1};
    case 5: return {kDLInt, 16, 1};
    case 6: return {kDLInt, 32, 1};
    case 7: return {kDLInt, 64, 1};
    case 9: return {kDLBool, 8, 1};
    case 10: return {kDLFloat, 16, 1};
    case 11: return {kDLFloat, 64, 1};
    case 12: return {kDLUInt, 32, 1};
    case 13: return {kDLUInt, 64, 1};
    case 16: return {kDLBfloat, 16, 1};
    default: return {kDLOpaqueHandle, 0, 0};
  }
}

struct Initializer {
  std::string name;
  std::uint64_t bytes = 0;
  std::string external_file;
};

// {1 key, 2 value} of StringStringEntryProto.
std::pair<std::string, std::string> read_entry(std::string_view message) {
  std::pair<std::string, std::string> entry;
  ProtoReader in(message);
  for (ProtoField field; in.next(field);) {
    if (field.number == 1) entry.first = field.bytes;
    if (field.number == 2) entry.second = field.bytes;
  }
  return entry;
}

Initializer read_initializer(std::string_view message) {
  Initializer tensor;
  ProtoReader in(message);
  std::uint64_t external_bytes = 0;
  for (ProtoField field; in.next(field);) {
    switch (field.number) {
      case 8: tensor.name = field.bytes; break;
      case 4:
      case 5:
      case 7:
      case 9:
      case 10:
      case 11: tensor.bytes += field.bytes.size(); break;
      case 13: {
        const auto [key, value] = read_entry(field.bytes);
        if (key == "location") tensor.external_file = value;
        if (key == "length") external_bytes = std::strtoull(value.c_str(), nullptr, 10);
        break;
      }
      default: break;
    }
  }
  if (!tensor.external_file.empty()) tensor.bytes = external_bytes;
  return tensor;
}

// TypeProto.Tensor: element type and shape, with the names of open dimensions.
void read_tensor_type(std::string_view message, sdk::TensorSpec& spec, std::vector<std::string>& names) {
  ProtoReader in(message);
  for (ProtoField field; in.next(field);) {
    if (field.number == 1) spec.type = element_type(field.value);
    if (field.number != 2) continue;
    ProtoReader dims(field.bytes);
    for (ProtoField dim; dims.next(dim);) {
      std::int64_t value = -1;
      std::string name;
      ProtoReader parts(dim.bytes);
      for (ProtoField part; parts.next(part);) {
        if (part.number == 1) value = static_cast<std::int64_t>(part.value);
        if (part.number == 2) name = part.bytes;
      }
      spec.shape.push_back(value < 0 ? -1 : value);
      names.push_back(name);
    }
  }
}

sdk::TensorSpec read_value_info(std::string_view message, std::vector<std::string>& names) {
  sdk::TensorSpec spec;
  spec.type = {kDLOpaqueHandle, 0, 0};
  ProtoReader in(message);
  for (ProtoField field; in.next(field);) {
    if (field.number == 1) spec.name = field.bytes;
    if (field.number != 2) continue;
    ProtoReader type(field.bytes);
    for (ProtoField kind; type.next(kind);) {
      if (kind.number == 1) read_tensor_type(kind.bytes, spec, names);
    }
  }
  return spec;
}

OnnxNode read_node(std::string_view message) {
  OnnxNode node;
  ProtoReader in(message);
  for (ProtoField field; in.next(field);) {
    if (field.number == 3) node.name = field.bytes;
    if (field.number == 4) node.op = field.bytes;
  }
  return node;
}

void read_graph(std::string_view message, OnnxFile& file, std::set<std::string>& external) {
  std::set<std::string> initializers;
  std::vector<std::string> dim_names;
  ProtoReader in(message);
  for (ProtoField field; in.next(field);) {
    dim_names.clear();
    switch (field.number) {
      case 1: file.nodes.push_back(read_node(field.bytes)); break;
      case 5: {
        const auto tensor = read_initializer(field.bytes);
        initializers.insert(tensor.name);
        file.weight_bytes += tensor.bytes;
        if (!tensor.external_file.empty()) external.insert(tensor.external_file);
        break;
      }
      case 11:
        file.ports.inputs.push_back(read_value_info(field.bytes, dim_names));
        file.input_dim_names.push_back(dim_names);
        break;
      case 12: file.ports.outputs.push_back(read_value_info(field.bytes, dim_names)); break;
      default: break;
    }
  }
  // Before IR version 4 weights were inputs too.
  for (std::size_t i = file.ports.inputs.size(); i-- > 0;) {
    if (!initializers.contains(file.ports.inputs[i].name)) continue;
    file.ports.inputs.erase(file.ports.inputs.begin() + static_cast<std::ptrdiff_t>(i));
    file.input_dim_names.erase(file.input_dim_names.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

void read_opset(std::string_view message, OnnxFile& file) {
  std::string domain;
  std::uint64_t version = 0;
  ProtoReader in(message);
  for (ProtoField field; in.next(field);) {
    if (field.number == 1) domain = field.bytes;
    if (field.number == 2) version = field.value;
  }
  file.metadata[domain.empty() || domain == "ai.onnx" ? "opset" : "opset." + domain] = std::to_string(version);
}

sdk::MappedFile map_bytes(const std::string& path) {
  std::error_code error;
  if (!fs::exists(path, error)) throw sdk::Error(HEARTH_NOT_FOUND, "no ONNX model at " + path + "; check the path");
  if (!fs::is_regular_file(path, error))
    throw sdk::Error(HEARTH_INVALID_DATA, path + " is not a file; give the path of an ONNX model");
  auto file = sdk::MappedFile::open(path);
  if (!file) throw sdk::Error(HEARTH_PERMISSION_DENIED, "cannot open " + path + "; allow this user to read it");
  return std::move(*file);
}

void resolve_external(const std::string& path, const std::set<std::string>& names, OnnxFile& file) {
  for (const auto& name : names) {
    const fs::path relative(name);
    const bool climbs = std::ranges::find(relative, fs::path("..")) != relative.end();
    if (relative.is_absolute() || climbs)
      throw sdk::Error(HEARTH_INVALID_DATA, path + " names weights outside its own folder ('" + name + "')");
    file.external_files.push_back(fs::path(path).parent_path() / relative);
    std::error_code error;
    if (!fs::is_regular_file(file.external_files.back(), error))
      throw sdk::Error(HEARTH_NOT_FOUND, path + " keeps weights in '" + name +
                                             "', which is not beside it; fetch the model with all its files");
  }
}

}  // namespace

OnnxFile read_onnx_file(const std::string& path) { return parse_onnx(map_bytes(path).text(), path); }

OnnxFile parse_onnx(std::string_view bytes, const std::string& path) {
  OnnxFile file;
  std::set<std::string> external;
  bool has_graph = false;
  try {
    ProtoReader in(bytes);
    for (ProtoField field; in.next(field);) {
      switch (field.number) {
        case 1: file.metadata["ir_version"] = std::to_string(field.value); break;
        case 2: file.metadata["producer"] = field.bytes; break;
        case 7:
          read_graph(field.bytes, file, external);
          has_graph = true;
          break;
        case 8: read_opset(field.bytes, file); break;
        case 14: file.metadata.insert(read_entry(field.bytes)); break;
        default: break;
      }
    }
  } catch (const sdk::Error& error) {
    throw sdk::Error(error.code(), path + ": " + error.what() + "; fetch it again");
  }
  if (!has_graph || !file.metadata.contains("opset") || file.ports.outputs.empty())
    throw sdk::Error(HEARTH_INVALID_DATA, path + " holds no ONNX graph; fetch it again");
  resolve_external(path, external, file);
  return file;
}

}  // namespace hearth::onnxruntime
