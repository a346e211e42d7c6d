// The text table of a plugin in a worker.
#include "plugin_host/abi_values.h"
#include "plugin_host/worker_client.h"

namespace hearth {
namespace {

ProxyModel& proxy(hearth_model* model) { return *reinterpret_cast<ProxyModel*>(model); }
ProxyContext& proxy(hearth_text_context* context) { return *reinterpret_cast<ProxyContext*>(context); }
ProxyAdapter& proxy(hearth_adapter* adapter) { return *reinterpret_cast<ProxyAdapter*>(adapter); }

hearth_status broken_reply() {
  return make_status(Error(ErrorCode::kInternal, "the worker sent a broken reply", "load the model again"));
}

// Fills what the maker of `to` compiled in.
template <class T>
void write_struct(T value, T* to) {
  const auto size = to->struct_size;
  std::memcpy(to, &value, std::min<std::size_t>(size, sizeof(T)));
  to->struct_size = size;
}

// Runs a request that answers with one id, for which it makes a proxy.
template <class Proxy, class Handle>
hearth_status make_handle(WorkerLink& link, Method method, const WireWriter& arguments, Handle** out) {
  const Result<WorkerReply> reply = link.call(method, arguments, nullptr, {});
  if (!reply) return make_status(reply.error());
  WireReader in(reply->payload);
  const auto id = in.get<WireId>();
  if (!in.done() || id == 0) return broken_reply();
  auto made = std::make_unique<Proxy>();
  made->link = &link;
  made->id = id;
  *out = reinterpret_cast<Handle*>(made.release());
  return ok_status();
}

hearth_status info(hearth_model* model, hearth_text_info* out) {
  WireWriter arguments;
  arguments.put(proxy(model).id);
  const Result<WorkerReply> reply = proxy(model).link->call(Method::kTextInfo, arguments, nullptr, {});
  if (!reply) return make_status(reply.error());
  WireReader in(reply->payload);
  const hearth_text_info value = get_text_info(in);
  if (!in.done()) return broken_reply();
  write_struct(value, out);
  return ok_status();
}

hearth_status metadata(hearth_model* model, hearth_str key, const hearth_sink* out) {
  WireWriter arguments;
  arguments.put(proxy(model).id);
  arguments.put_text(view(key));
  return status_of(proxy(model).link->call(Method::kMetadata, arguments, nullptr, {.sink = out}));
}

hearth_status tokenize(hearth_model* model, hearth_str text, std::int32_t add_special, std::int32_t parse_special,
                       const hearth_tokens_emit* emit) {
  WireWriter arguments;
  arguments.put(proxy(model).id);
  arguments.put(add_special);
  arguments.put(parse_special);
  arguments.put_text(view(text));
  return status_of(proxy(model).link->call(Method::kTokenize, arguments, nullptr, {.tokens = emit}));
}

hearth_status token_bytes(hearth_model* model, hearth_token token, std::int32_t special, const hearth_sink* out) {
  WireWriter arguments;
  arguments.put(proxy(model).id);
  arguments.put(token);
  arguments.put(special);
  return status_of(proxy(model).link->call(Method::kTokenBytes, arguments, nullptr, {.sink = out}));
}

hearth_status token_attributes(hearth_model* model, hearth_token token, std::uint32_t* out) {
  WireWriter arguments;
  arguments.put(proxy(model).id);
  arguments.put(token);
  const Result<WorkerReply> reply = proxy(model).link->call(Method::kTokenAttributes, arguments, nullptr, {});
  if (!reply) return make_status(reply.error());
  WireReader in(reply->payload);
  *out = in.get<std::uint32_t>();
  return in.done() ? ok_status() : broken_reply();
}

hearth_status context_new(hearth_model* model, const hearth_text_options* options, hearth_text_context** out) {
  WireWriter arguments;
  arguments.put(proxy(model).id);
  put(arguments, *options);
  return make_handle<ProxyContext>(*proxy(model).link, Method::kContextNew, arguments, out);
}

void context_free(hearth_text_context* context) {
  if (context == nullptr) return;
  const std::unique_ptr<ProxyContext> owned(&proxy(context));
  free_in_worker(*owned->link, Method::kContextFree, owned->id);
}

hearth_status context_info(hearth_text_context* handle, hearth_text_options* out) {
  ProxyContext& context = proxy(handle);
  WireWriter arguments;
  arguments.put(context.id);
  const Result<WorkerReply> reply = context.link->call(Method::kContextInfo, arguments, nullptr, {});
  if (!reply) return make_status(reply.error());
  WireReader in(reply->payload);
  hearth_text_options options = get_text_options(in);
  if (!in.done()) return broken_reply();
  context.kv_type_k = view(options.kv_type_k);
  context.kv_type_v = view(options.kv_type_v);
  context.pooling = view(options.pooling);
  options.kv_type_k = borrow(context.kv_type_k);
  options.kv_type_v = borrow(context.kv_type_v);
  options.pooling = borrow(context.pooling);
  write_struct(options, out);
  return ok_status();
}

// Makes `context.rows` the mapping of the region the reply names.
Status map_rows(ProxyContext& context, const RowsReply& rows, FileDescriptor descriptor) {
  if (rows.n_rows == 0 || (rows.region == context.region && rows.region_bytes <= context.rows.size_bytes())) return {};
  if (rows.region_bytes > SIZE_MAX / 2)
    return fail(ErrorCode::kInternal, "the worker promised rows of an impossible size");
  HEARTH_ASSIGN(mapped, SharedMemory::map(std::move(descriptor), static_cast<std::size_t>(rows.region_bytes),
                                          SharedMemory::Access::kRead));
  context.rows = std::move(mapped);
  context.region = rows.region;
  return {};
}

hearth_status decode(hearth_text_context* handle, const hearth_batch* batch, const hearth_call* call,
                     hearth_rows* out) {
  ProxyContext& context = proxy(handle);
  WireWriter arguments;
  put_decode(arguments, context.id, context.region, *batch);
  Result<WorkerReply> reply = context.link->call(Method::kDecode, arguments, call, {});
  if (!reply) return make_status(reply.error());
  WireReader in(reply->payload);
  const RowsReply rows = get_rows(in);
  if (!in.done() || !fits(rows)) return broken_reply();
  if (Status mapped = map_rows(context, rows, std::move(reply->descriptor)); !mapped)
    return make_status(mapped.error());
  out->n_rows = rows.n_rows;
  out->row_size = rows.row_size;
  out->data = rows.n_rows == 0 ? nullptr : reinterpret_cast<const float*>(context.rows.data() + rows.offset);
  return ok_status();
}

// A request of a context with numbers only.
template <class... Numbers>
Result<WorkerReply> ask(hearth_text_context* context, Method method, const CallReceivers& receivers,
                        Numbers... numbers) {
  WireWriter arguments;
  arguments.put(proxy(context).id);
  (arguments.put(numbers), ...);
  return proxy(context).link->call(method, arguments, nullptr, receivers);
}

hearth_status sequence_trim(hearth_text_context* context, std::int32_t sequence, std::int32_t p0, std::int32_t p1) {
  return status_of(ask(context, Method::kTrim, {}, sequence, p0, p1));
}

hearth_status sequence_copy(hearth_text_context* context, std::int32_t from, std::int32_t to, std::int32_t p0,
                            std::int32_t p1) {
  return status_of(ask(context, Method::kCopy, {}, from, to, p0, p1));
}

hearth_status sequence_shift(hearth_text_context* context, std::int32_t sequence, std::int32_t p0, std::int32_t p1,
                             std::int32_t delta) {
  return status_of(ask(context, Method::kShift, {}, sequence, p0, p1, delta));
}

hearth_status sequence_range(hearth_text_context* context, std::int32_t sequence, std::int32_t* first,
                             std::int32_t* last) {
  const Result<WorkerReply> reply = ask(context, Method::kRange, {}, sequence);
  if (!reply) return make_status(reply.error());
  WireReader in(reply->payload);
  *first = in.get<std::int32_t>();
  *last = in.get<std::int32_t>();
  return in.done() ? ok_status() : broken_reply();
}

hearth_status sequence_save(hearth_text_context* context, std::int32_t sequence, const hearth_sink* out) {
  return status_of(ask(context, Method::kSave, {.sink = out}, sequence));
}

hearth_status sequence_restore(hearth_text_context* context, std::int32_t sequence, const hearth_source* in) {
  return status_of(ask(context, Method::kRestore, {.source = in}, sequence));
}

hearth_status adapter_load(hearth_model* model, hearth_str path, hearth_adapter** out) {
  WireWriter arguments;
  arguments.put(proxy(model).id);
  arguments.put_text(view(path));
  return make_handle<ProxyAdapter>(*proxy(model).link, Method::kAdapterLoad, arguments, out);
}

void adapter_free(hearth_adapter* adapter) {
  if (adapter == nullptr) return;
  const std::unique_ptr<ProxyAdapter> owned(&proxy(adapter));
  free_in_worker(*owned->link, Method::kAdapterFree, owned->id);
}

hearth_status context_set_adapters(hearth_text_context* context, hearth_adapter* const* adapters, const float* scales,
                                   std::size_t n) {
  std::vector<WireId> ids;
  for (std::size_t i = 0; i < n; ++i) ids.push_back(proxy(adapters[i]).id);
  WireWriter arguments;
  arguments.put(proxy(context).id);
  arguments.put_array(std::span<const WireId>(ids));
  arguments.put_array(std::span(scales, n));
  return status_of(proxy(context).link->call(Method::kSetAdapters, arguments, nullptr, {}));
}

// More than any vocabulary has; bounds what a broken worker can make this process hold.
constexpr std::size_t kTokenTableBytesMax = 256U << 20U;

hearth_status token_table(hearth_model* model, const hearth_token_emit* emit) {
  WireWriter arguments;
  arguments.put(proxy(model).id);
  BoundedText stream(kTokenTableBytesMax);
  const hearth_sink sink = stream.sink();
  const Result<WorkerReply> reply = proxy(model).link->call(Method::kTokenTable, arguments, nullptr, {.sink = &sink});
  if (stream.overflowed()) return broken_reply();
  if (!reply) return make_status(reply.error());
  WireReader in(std::as_bytes(std::span(stream.text())));
  while (in.ok() && !in.at_end()) {
    const hearth_token_row row = get_token_row(in);
    if (in.ok()) emit->token(emit->ctx, &row);
  }
  return in.ok() ? ok_status() : broken_reply();
}

}  // namespace

hearth_text make_text_proxy() {
  hearth_text table{};
  table.struct_size = sizeof(table);
  table.major = HEARTH_CAP_TEXT_MAJOR;
#define HEARTH_SET_CALL(name) table.name = &name;
  HEARTH_TEXT_CALLS(HEARTH_SET_CALL)
#undef HEARTH_SET_CALL
  return table;
}

}  // namespace hearth
