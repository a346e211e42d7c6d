#include "plugin_host/wire_messages.h"

#include <array>

#include "base/units.h"

namespace hearth {

std::string_view method_name(Method method) {
  static constexpr std::array<std::string_view, kMethodMax + 1> kNames = {"unknown",
                                                                          "describe",
                                                                          "score",
                                                                          "estimate",
                                                                          "load",
                                                                          "placement",
                                                                          "memory_now",
                                                                          "free",
                                                                          "capability",
                                                                          "info",
                                                                          "metadata",
                                                                          "tokenize",
                                                                          "token_bytes",
                                                                          "token_attributes",
                                                                          "context_new",
                                                                          "context_free",
                                                                          "context_info",
                                                                          "decode",
                                                                          "sequence_trim",
                                                                          "sequence_copy",
                                                                          "sequence_shift",
                                                                          "sequence_range",
                                                                          "sequence_save",
                                                                          "sequence_restore",
                                                                          "adapter_load",
                                                                          "adapter_free",
                                                                          "context_set_adapters",
                                                                          "token_table",
                                                                          "capability",
                                                                          "estimate",
                                                                          "info",
                                                                          "metadata",
                                                                          "session_new",
                                                                          "session_free",
                                                                          "session_info",
                                                                          "session_specs",
                                                                          "nodes",
                                                                          "copies",
                                                                          "warm_up",
                                                                          "request_new",
                                                                          "request_free",
                                                                          "bind",
                                                                          "tensor",
                                                                          "run",
                                                                          "capability",
                                                                          "info",
                                                                          "stream_new",
                                                                          "stream_free",
                                                                          "accept",
                                                                          "finish",
                                                                          "capability",
                                                                          "info",
                                                                          "voices",
                                                                          "synthesize"};
  const auto index = static_cast<std::uint32_t>(method);
  return index <= kMethodMax ? kNames[index] : kNames[0];
}

void put(WireWriter& out, const CallHead& head) {
  out.put(head.method);
  out.put(head.n_threads);
  out.put(head.deadline_ns);
}
CallHead get_call_head(WireReader& in) {
  CallHead head;
  head.method = static_cast<Method>(in.get<std::uint32_t>());
  head.n_threads = in.get<std::uint32_t>();
  head.deadline_ns = in.get<std::int64_t>();
  return head;
}

void put(WireWriter& out, const ReplyHead& head) {
  out.put(head.code);
  out.put_text(head.message);
}
ReplyHead get_reply_head(WireReader& in) {
  ReplyHead head;
  head.code = in.get<std::int32_t>();
  head.message = in.get_text();
  return head;
}

void put(WireWriter& out, const hearth_load_options& options) {
  out.put(options.fallback);
  out.put_text(view(options.path));
  out.put_text(view(options.devices));
  out.put(options.n_gpu_layers);
  out.put(options.use_mmap);
  out.put(options.use_mlock);
  out.put(options.n_threads);
  for (const auto text : {options.extra_json, options.cache_dir, options.content_hash}) out.put_text(view(text));
}
hearth_load_options get_load_options(WireReader& in) {
  hearth_load_options options{};
  options.struct_size = sizeof(options);
  options.fallback = in.get<std::int32_t>();
  options.path = borrow(in.get_text());
  options.devices = borrow(in.get_text());
  options.n_gpu_layers = in.get<std::int32_t>();
  options.use_mmap = in.get<std::int32_t>();
  options.use_mlock = in.get<std::int32_t>();
  options.n_threads = in.get<std::uint32_t>();
  options.extra_json = borrow(in.get_text());
  options.cache_dir = borrow(in.get_text());
  options.content_hash = borrow(in.get_text());
  return options;
}

void put(WireWriter& out, const hearth_text_options& options) {
  for (const auto value : {options.n_ctx, options.n_seq_max, options.n_batch, options.n_ubatch, options.n_threads,
                           options.n_threads_batch})
    out.put(value);
  out.put(options.flash_attention);
  out.put(options.embeddings);
  out.put(options.unified_kv);
  for (const auto text : {options.kv_type_k, options.kv_type_v, options.pooling}) out.put_text(view(text));
}
hearth_text_options get_text_options(WireReader& in) {
  hearth_text_options options{};
  options.struct_size = sizeof(options);
  for (auto* value : {&options.n_ctx, &options.n_seq_max, &options.n_batch, &options.n_ubatch, &options.n_threads,
                      &options.n_threads_batch})
    *value = in.get<std::uint32_t>();
  options.flash_attention = in.get<std::int32_t>();
  options.embeddings = in.get<std::int32_t>();
  options.unified_kv = in.get<std::int32_t>();
  for (auto* text : {&options.kv_type_k, &options.kv_type_v, &options.pooling}) *text = borrow(in.get_text());
  return options;
}

void put(WireWriter& out, const hearth_memory_item& item) {
  for (const auto text : {item.device, item.buffer_kind, item.component}) out.put_text(view(text));
  out.put(item.bytes);
  out.put(item.mapped_bytes);
}
hearth_memory_item get_memory_item(WireReader& in) {
  hearth_memory_item item{};
  item.struct_size = sizeof(item);
  for (auto* text : {&item.device, &item.buffer_kind, &item.component}) *text = borrow(in.get_text());
  item.bytes = in.get<std::uint64_t>();
  item.mapped_bytes = in.get<std::uint64_t>();
  return item;
}

void put(WireWriter& out, const hearth_text_info& info) {
  for (const auto value : {info.n_vocab, info.n_ctx_train, info.n_embd, info.n_layer}) out.put(value);
  for (const auto token : {info.bos, info.eos, info.eot, info.pad}) out.put(token);
  out.put(info.add_bos);
  out.put(info.add_eos);
  out.put(info.n_params);
  out.put(info.n_bytes);
  for (const auto value : {info.is_recurrent, info.has_encoder, info.n_swa}) out.put(value);
}
hearth_text_info get_text_info(WireReader& in) {
  hearth_text_info info{};
  info.struct_size = sizeof(info);
  for (auto* value : {&info.n_vocab, &info.n_ctx_train, &info.n_embd, &info.n_layer}) *value = in.get<std::uint32_t>();
  for (auto* token : {&info.bos, &info.eos, &info.eot, &info.pad}) *token = in.get<hearth_token>();
  info.add_bos = in.get<std::uint32_t>();
  info.add_eos = in.get<std::uint32_t>();
  info.n_params = in.get<std::uint64_t>();
  info.n_bytes = in.get<std::uint64_t>();
  for (auto* value : {&info.is_recurrent, &info.has_encoder, &info.n_swa}) *value = in.get<std::uint32_t>();
  return info;
}

void put(WireWriter& out, const hearth_token_row& row) {
  out.put(row.token);
  out.put(row.attributes);
  out.put_text(view(row.bytes));
  out.put_text(view(row.written));
}
hearth_token_row get_token_row(WireReader& in) {
  hearth_token_row row{};
  row.struct_size = sizeof(row);
  row.token = in.get<hearth_token>();
  row.attributes = in.get<std::uint32_t>();
  row.bytes = borrow(in.get_text());
  row.written = borrow(in.get_text());
  return row;
}

void put(WireWriter& out, const TextFeatures& features) {
  out.put(features.present);
  out.put(features.major);
  out.put(features.calls);
}
TextFeatures get_text_features(WireReader& in) {
  TextFeatures features;
  features.present = in.get<std::uint32_t>();
  features.major = in.get<std::uint32_t>();
  features.calls = in.get<std::uint64_t>();
  return features;
}

void put_decode(WireWriter& out, WireId context, std::uint64_t known_region, const hearth_batch& batch) {
  out.put(context);
  out.put(known_region);
  out.put_array(std::span(batch.tokens, batch.n_tokens));
  out.put_array(std::span(batch.positions, batch.n_tokens));
  out.put_array(std::span(batch.sequences, batch.n_tokens));
  out.put_array(std::span(batch.wants_output, batch.n_tokens));
}
bool get_decode(WireReader& in, DecodeRequest& request) {
  request.context = in.get<WireId>();
  request.known_region = in.get<std::uint64_t>();
  in.get_array(request.tokens);
  in.get_array(request.positions);
  in.get_array(request.sequences);
  in.get_array(request.wants_output);
  const std::size_t n = request.tokens.size();
  return in.done() && request.positions.size() == n && request.sequences.size() == n &&
         request.wants_output.size() == n;
}

void put(WireWriter& out, const RowsReply& rows) {
  for (const auto value : {rows.region, rows.region_bytes, rows.offset}) out.put(value);
  out.put(rows.n_rows);
  out.put(rows.row_size);
}
RowsReply get_rows(WireReader& in) {
  RowsReply rows;
  for (auto* value : {&rows.region, &rows.region_bytes, &rows.offset}) *value = in.get<std::uint64_t>();
  rows.n_rows = in.get<std::uint32_t>();
  rows.row_size = in.get<std::uint32_t>();
  return rows;
}
bool fits(const RowsReply& rows) {
  if (rows.n_rows == 0) return true;
  std::uint64_t n_bytes = 0;
  std::uint64_t end = 0;
  return rows.region != 0 && rows.offset % alignof(float) == 0 &&
         checked_mul(std::uint64_t{rows.n_rows} * rows.row_size, sizeof(float), n_bytes) &&
         checked_add(rows.offset, n_bytes, end) && end <= rows.region_bytes;
}

void put(WireWriter& out, const LogLine& line) {
  out.put(line.level);
  out.put_text(line.component);
  out.put_text(line.message);
}
LogLine get_log_line(WireReader& in) {
  LogLine line;
  line.level = in.get<std::int32_t>();
  line.component = in.get_text();
  line.message = in.get_text();
  return line;
}

}  // namespace hearth
