#include "plugin_host/wire_tensor.h"

#include "base/units.h"

namespace hearth {

void put(WireWriter& out, const hearth_tensor_spec& spec) {
  out.put(spec.port);
  out.put(spec.index);
  out.put(spec.type_code);
  out.put(spec.type_bits);
  out.put(spec.type_lanes);
  out.put_text(view(spec.name));
  out.put_array(std::span(spec.shape, spec.n_dims));
  out.put_text(view(spec.layout));
}
hearth_tensor_spec get_tensor_spec(WireReader& in, std::vector<std::int64_t>& dims) {
  hearth_tensor_spec spec{};
  spec.struct_size = sizeof(spec);
  spec.port = in.get<std::int32_t>();
  spec.index = in.get<std::uint32_t>();
  spec.type_code = in.get<std::uint8_t>();
  spec.type_bits = in.get<std::uint8_t>();
  spec.type_lanes = in.get<std::uint16_t>();
  spec.name = borrow(in.get_text());
  in.get_array(dims);
  spec.shape = dims.data();
  spec.n_dims = static_cast<std::uint32_t>(dims.size());
  spec.layout = borrow(in.get_text());
  return spec;
}

void put(WireWriter& out, const hearth_tensor_options& options) {
  for (const auto value : {options.n_requests, options.n_streams, options.n_threads}) out.put(value);
  out.put(options.pin_threads);
  out.put(options.hint);
  for (const auto text : {options.precision, options.shapes_json, options.preprocess_json, options.extra_json})
    out.put_text(view(text));
}
hearth_tensor_options get_tensor_options(WireReader& in) {
  hearth_tensor_options options{};
  options.struct_size = sizeof(options);
  for (auto* value : {&options.n_requests, &options.n_streams, &options.n_threads}) *value = in.get<std::uint32_t>();
  options.pin_threads = in.get<std::int32_t>();
  options.hint = in.get<std::int32_t>();
  for (auto* text : {&options.precision, &options.shapes_json, &options.preprocess_json, &options.extra_json})
    *text = borrow(in.get_text());
  return options;
}

void put(WireWriter& out, const hearth_tensor_session_info& info) {
  for (const auto value : {info.n_requests, info.n_streams, info.n_threads}) out.put(value);
  out.put(info.pin_threads);
  out.put(info.hint);
  for (const auto text : {info.precision, info.device, info.cache_note}) out.put_text(view(text));
  out.put(info.from_cache);
  out.put(info.preprocess_fused);
  out.put(info.compile_ns);
}
hearth_tensor_session_info get_session_info(WireReader& in) {
  hearth_tensor_session_info info{};
  info.struct_size = sizeof(info);
  for (auto* value : {&info.n_requests, &info.n_streams, &info.n_threads}) *value = in.get<std::uint32_t>();
  info.pin_threads = in.get<std::int32_t>();
  info.hint = in.get<std::int32_t>();
  for (auto* text : {&info.precision, &info.device, &info.cache_note}) *text = borrow(in.get_text());
  info.from_cache = in.get<std::uint32_t>();
  info.preprocess_fused = in.get<std::uint32_t>();
  info.compile_ns = in.get<std::uint64_t>();
  return info;
}

void put(WireWriter& out, const hearth_tensor_node& node) {
  for (const auto text : {node.name, node.op, node.provider, node.device, node.precision}) out.put_text(view(text));
  out.put(node.is_fallback);
}
hearth_tensor_node get_node(WireReader& in) {
  hearth_tensor_node node{};
  node.struct_size = sizeof(node);
  for (auto* text : {&node.name, &node.op, &node.provider, &node.device, &node.precision})
    *text = borrow(in.get_text());
  node.is_fallback = in.get<std::uint32_t>();
  return node;
}

void put(WireWriter& out, const hearth_tensor_copy& copy) {
  for (const auto text : {copy.from, copy.to, copy.why}) out.put_text(view(text));
  out.put(copy.n);
  out.put(copy.bytes);
}
hearth_tensor_copy get_copy(WireReader& in) {
  hearth_tensor_copy copy{};
  copy.struct_size = sizeof(copy);
  for (auto* text : {&copy.from, &copy.to, &copy.why}) *text = borrow(in.get_text());
  copy.n = in.get<std::uint64_t>();
  copy.bytes = in.get<std::uint64_t>();
  return copy;
}

void put(WireWriter& out, const TensorFeatures& features) {
  for (const auto value :
       {features.present, features.major, features.has_nodes, features.has_copies, features.has_warm_up})
    out.put(value);
}
TensorFeatures get_tensor_features(WireReader& in) {
  TensorFeatures features;
  for (auto* value :
       {&features.present, &features.major, &features.has_nodes, &features.has_copies, &features.has_warm_up})
    *value = in.get<std::uint32_t>();
  return features;
}

void put(WireWriter& out, const ShareRequest& share) {
  out.put(share.request);
  out.put(share.port);
  out.put(share.index);
  out.put(share.as_specified);
  out.put(share.type_code);
  out.put(share.type_bits);
  out.put(share.type_lanes);
  for (const auto value : {share.flags, share.region, share.offset}) out.put(value);
  out.put_array(std::span<const std::int64_t>(share.shape));
}
bool get_share(WireReader& in, ShareRequest& share) {
  share.request = in.get<WireId>();
  share.port = in.get<std::int32_t>();
  share.index = in.get<std::uint32_t>();
  share.as_specified = in.get<std::uint32_t>();
  share.type_code = in.get<std::uint8_t>();
  share.type_bits = in.get<std::uint8_t>();
  share.type_lanes = in.get<std::uint16_t>();
  for (auto* value : {&share.flags, &share.region, &share.offset}) *value = in.get<std::uint64_t>();
  in.get_array(share.shape);
  return in.done() && share.shape.size() <= Shape::kRankMax;
}

void put(WireWriter& out, const SharedTensor& tensor) {
  out.put(tensor.type_code);
  out.put(tensor.type_bits);
  out.put(tensor.type_lanes);
  for (const auto value : {tensor.flags, tensor.region, tensor.region_bytes, tensor.offset}) out.put(value);
  out.put(tensor.was_copied);
  out.put_array(std::span<const std::int64_t>(tensor.shape));
}
bool get_shared_tensor(WireReader& in, SharedTensor& tensor) {
  tensor.type_code = in.get<std::uint8_t>();
  tensor.type_bits = in.get<std::uint8_t>();
  tensor.type_lanes = in.get<std::uint16_t>();
  for (auto* value : {&tensor.flags, &tensor.region, &tensor.region_bytes, &tensor.offset})
    *value = in.get<std::uint64_t>();
  tensor.was_copied = in.get<std::uint32_t>();
  in.get_array(tensor.shape);
  const auto type = data_type_of({tensor.type_code, tensor.type_bits, tensor.type_lanes});
  const auto shape = Shape::from(tensor.shape);
  if (!in.done() || !type || !shape || tensor.region == 0) return false;
  const auto bytes = tensor_bytes(*type, *shape);
  std::uint64_t end = 0;
  return bytes.has_value() && checked_add(tensor.offset, *bytes, end) && end <= tensor.region_bytes;
}

}  // namespace hearth
