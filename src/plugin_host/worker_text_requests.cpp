// The worker's answers to the calls of hearth_text.
#include <bit>
#include <chrono>
#include <cstring>
#include <optional>

#include "base/units.h"
#include "plugin_host/worker_state.h"

namespace hearth {
namespace {

hearth_status no_text() {
  return make_status(
      Error(ErrorCode::kUnsupported, "this runtime's plugin has no such text call", "update the runtime's plugin"));
}

using ModelHandler = hearth_status (*)(WorkerState&, Request&, const std::shared_ptr<ModelEntry>&);
using ContextHandler = hearth_status (*)(WorkerState&, Request&, ContextEntry&);

// Finds the model that the request names first.
template <ModelHandler handler>
hearth_status with_model(WorkerState& state, Request& request) {
  const auto model = state.models.get(request.in.get<WireId>());
  return model == nullptr ? no_such_handle("model") : handler(state, request, model);
}

// Finds the context that the request names first, and has it alone.
template <ContextHandler handler>
hearth_status with_context(WorkerState& state, Request& request) {
  const auto context = state.contexts.get(request.in.get<WireId>());
  if (context == nullptr) return no_such_handle("context");
  const std::lock_guard lock(context->busy);
  return handler(state, request, *context);
}

hearth_status info(WorkerState& state, Request& request, const std::shared_ptr<ModelEntry>& model) {
  hearth_text_info value{};
  value.struct_size = sizeof(value);
  value.bos = value.eos = value.eot = value.pad = HEARTH_TOKEN_NONE;
  const hearth_status status = state.text->info(model->handle, &value);
  if (status.code == HEARTH_OK) put(request.out, value);
  return status;
}

hearth_status metadata(WorkerState& state, Request& request, const std::shared_ptr<ModelEntry>& model) {
  const hearth_str key = borrow(request.in.get_text());
  if (!request.in.done()) return bad_request();
  const hearth_sink sink = request.sink();
  return state.text->metadata(model->handle, key, &sink);
}

hearth_status tokenize(WorkerState& state, Request& request, const std::shared_ptr<ModelEntry>& model) {
  const auto add_special = request.in.get<std::int32_t>();
  const auto parse_special = request.in.get<std::int32_t>();
  const hearth_str text = borrow(request.in.get_text());
  if (!request.in.done()) return bad_request();
  const hearth_tokens_emit emit = request.tokens_emit();
  return state.text->tokenize(model->handle, text, add_special, parse_special, &emit);
}

hearth_status token_bytes(WorkerState& state, Request& request, const std::shared_ptr<ModelEntry>& model) {
  const auto token = request.in.get<hearth_token>();
  const auto special = request.in.get<std::int32_t>();
  if (!request.in.done()) return bad_request();
  const hearth_sink sink = request.sink();
  return state.text->token_bytes(model->handle, token, special, &sink);
}

hearth_status token_attributes(WorkerState& state, Request& request, const std::shared_ptr<ModelEntry>& model) {
  const auto token = request.in.get<hearth_token>();
  if (!request.in.done()) return bad_request();
  std::uint32_t attributes = 0;
  const hearth_status status = state.text->token_attributes(model->handle, token, &attributes);
  request.out.put(attributes);
  return status;
}

hearth_status token_table(WorkerState& state, Request& request, const std::shared_ptr<ModelEntry>& model) {
  if (!request.in.done()) return bad_request();
  struct Sending {
    const hearth_sink sink;
    WireWriter row = {};
    bool stopped = false;
  } sending{request.sink()};
  const hearth_token_emit emit{&sending, [](void* ctx, const hearth_token_row* row) {
                                 auto& to = *static_cast<Sending*>(ctx);
                                 if (to.stopped || row == nullptr || !HEARTH_HAS_FIELD(row, hearth_token_row, written))
                                   return;
                                 to.row.clear();
                                 put(to.row, *row);
                                 const auto bytes = to.row.bytes();
                                 to.stopped = to.sink.write(to.sink.ctx, bytes.data(), bytes.size()) != 0;
                               }};
  return state.text->token_table(model->handle, &emit);
}

hearth_status context_new(WorkerState& state, Request& request, const std::shared_ptr<ModelEntry>& model) {
  const hearth_text_options options = get_text_options(request.in);
  if (!request.in.done()) return bad_request();
  hearth_text_context* handle = nullptr;
  const hearth_status status = state.text->context_new(model->handle, &options, &handle);
  if (status.code != HEARTH_OK) return status;
  if (handle == nullptr)
    return make_status(Error(ErrorCode::kInvalidData, "the runtime says it made a context but gave none",
                             "update the runtime's plugin"));
  const WireId id = state.contexts.add(std::make_shared<ContextEntry>(model, state.text, handle));
  request.undo = [&state, id] { (void)state.contexts.take(id); };
  request.out.put(id);
  return ok_status();
}

hearth_status context_free(WorkerState& state, Request& request) {
  const auto context = state.contexts.take(request.in.get<WireId>());
  if (context == nullptr) return no_such_handle("context");
  const std::lock_guard lock(context->busy);  // after a given-up call that still runs
  return ok_status();
}

hearth_status context_info(WorkerState& state, Request& request, ContextEntry& context) {
  hearth_text_options value{};
  value.struct_size = sizeof(value);
  const hearth_status status = state.text->context_info(context.handle, &value);
  if (status.code == HEARTH_OK) put(request.out, value);
  return status;
}

// Puts the rows where the host can map them: they stay where they are if the plugin took that memory from the host's
// allocator, else they are copied.
hearth_status share_rows(WorkerState& state, Request& request, ContextEntry& context, const hearth_rows& rows) {
  RowsReply answer;
  answer.n_rows = rows.n_rows;
  answer.row_size = rows.row_size;
  std::uint64_t n_bytes = 0;
  const bool sane = checked_mul(std::uint64_t{rows.n_rows} * rows.row_size, sizeof(float), n_bytes) &&
                    rows.n_rows <= request.decode.tokens.size() &&
                    (rows.n_rows == 0 || (rows.data != nullptr && rows.row_size != 0));
  if (!sane)
    return make_status(
        Error(ErrorCode::kInvalidData, "the runtime gave rows that make no sense", "update the runtime's plugin"));
  if (rows.n_rows != 0) {
    auto slice = state.regions.find(rows.data, n_bytes);
    if (!slice) {
      if (context.rows.memory == nullptr || context.rows.memory->size_bytes() < n_bytes) {
        Result<RegionSlice> made = state.regions.make(std::bit_ceil(n_bytes));
        if (!made) return make_status(made.error());
        context.rows = std::move(*made);
      }
      std::memcpy(context.rows.memory->data(), rows.data, n_bytes);
      slice = context.rows;
    }
    answer.region = slice->id;
    answer.region_bytes = slice->memory->size_bytes();
    answer.offset = slice->offset;
    if (slice->id != request.decode.known_region) request.carried = std::move(*slice);
  }
  put(request.out, answer);
  return ok_status();
}

// Why a call's caller no longer waits for it; nothing while it does.
std::optional<ErrorCode> given_up(const hearth_call& call) {
  if (call.is_cancelled != nullptr && call.is_cancelled(call.ctx) != 0) return ErrorCode::kCancelled;
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  const bool late =
      call.deadline_ns != 0 && std::chrono::duration_cast<std::chrono::nanoseconds>(now).count() >= call.deadline_ns;
  return late ? std::optional(ErrorCode::kDeadlineExceeded) : std::nullopt;
}

hearth_status decode(WorkerState& state, Request& request) {
  if (!get_decode(request.in, request.decode)) return bad_request();
  const DecodeRequest& entries = request.decode;
  const auto context = state.contexts.get(entries.context);
  if (context == nullptr) return no_such_handle("context");
  const std::lock_guard lock(context->busy);
  // A call that its caller has given up may get here after a later one: its rows would lie where the later one's are
  // read.
  if (const auto reason = given_up(request.call))
    return make_status(Error(*reason, "the call was given up before the worker came to it"));
  const hearth_batch batch{sizeof(hearth_batch),     static_cast<std::uint32_t>(entries.tokens.size()),
                           entries.tokens.data(),    entries.positions.data(),
                           entries.sequences.data(), entries.wants_output.data()};
  hearth_rows rows{};
  const hearth_status status = state.text->decode(context->handle, &batch, &request.call, &rows);
  return status.code == HEARTH_OK ? share_rows(state, request, *context, rows) : status;
}

hearth_status sequence_trim(WorkerState& state, Request& request, ContextEntry& context) {
  const auto sequence = request.in.get<std::int32_t>();
  const auto p0 = request.in.get<std::int32_t>();
  const auto p1 = request.in.get<std::int32_t>();
  return request.in.done() ? state.text->sequence_trim(context.handle, sequence, p0, p1) : bad_request();
}

hearth_status sequence_copy(WorkerState& state, Request& request, ContextEntry& context) {
  const auto from = request.in.get<std::int32_t>();
  const auto to = request.in.get<std::int32_t>();
  const auto p0 = request.in.get<std::int32_t>();
  const auto p1 = request.in.get<std::int32_t>();
  return request.in.done() ? state.text->sequence_copy(context.handle, from, to, p0, p1) : bad_request();
}

hearth_status sequence_shift(WorkerState& state, Request& request, ContextEntry& context) {
  const auto sequence = request.in.get<std::int32_t>();
  const auto p0 = request.in.get<std::int32_t>();
  const auto p1 = request.in.get<std::int32_t>();
  const auto delta = request.in.get<std::int32_t>();
  return request.in.done() ? state.text->sequence_shift(context.handle, sequence, p0, p1, delta) : bad_request();
}

hearth_status sequence_range(WorkerState& state, Request& request, ContextEntry& context) {
  const auto sequence = request.in.get<std::int32_t>();
  if (!request.in.done()) return bad_request();
  std::int32_t first = 0;
  std::int32_t last = -1;
  const hearth_status status = state.text->sequence_range(context.handle, sequence, &first, &last);
  request.out.put(first);
  request.out.put(last);
  return status;
}

hearth_status sequence_save(WorkerState& state, Request& request, ContextEntry& context) {
  const auto sequence = request.in.get<std::int32_t>();
  if (!request.in.done()) return bad_request();
  const hearth_sink sink = request.sink();
  return state.text->sequence_save(context.handle, sequence, &sink);
}

hearth_status sequence_restore(WorkerState& state, Request& request, ContextEntry& context) {
  const auto sequence = request.in.get<std::int32_t>();
  if (!request.in.done()) return bad_request();
  const hearth_source source = request.source();
  return state.text->sequence_restore(context.handle, sequence, &source);
}

hearth_status adapter_load(WorkerState& state, Request& request, const std::shared_ptr<ModelEntry>& model) {
  const hearth_str path = borrow(request.in.get_text());
  if (!request.in.done()) return bad_request();
  hearth_adapter* handle = nullptr;
  const hearth_status status = state.text->adapter_load(model->handle, path, &handle);
  if (status.code != HEARTH_OK) return status;
  if (handle == nullptr)
    return make_status(Error(ErrorCode::kInvalidData, "the runtime says it loaded the adapter but gave none",
                             "update the runtime's plugin"));
  const WireId id = state.adapters.add(std::make_shared<AdapterEntry>(model, state.text, handle));
  request.undo = [&state, id] { (void)state.adapters.take(id); };
  request.out.put(id);
  return ok_status();
}

hearth_status adapter_free(WorkerState& state, Request& request) {
  return state.adapters.take(request.in.get<WireId>()) == nullptr ? no_such_handle("adapter") : ok_status();
}

hearth_status set_adapters(WorkerState& state, Request& request, ContextEntry& context) {
  std::vector<WireId> ids;
  std::vector<float> scales;
  request.in.get_array(ids);
  request.in.get_array(scales);
  if (!request.in.done() || ids.size() != scales.size()) return bad_request();
  std::vector<std::shared_ptr<AdapterEntry>> adapters;
  std::vector<hearth_adapter*> handles;
  for (const WireId id : ids) {
    adapters.push_back(state.adapters.get(id));
    if (adapters.back() == nullptr) return no_such_handle("adapter");
    handles.push_back(adapters.back()->handle);
  }
  const hearth_status status =
      state.text->context_set_adapters(context.handle, handles.data(), scales.data(), handles.size());
  if (status.code == HEARTH_OK) context.adapters = std::move(adapters);
  return status;
}

RequestHandler find(Method method) {
  switch (method) {
    case Method::kTextInfo: return &with_model<&info>;
    case Method::kMetadata: return &with_model<&metadata>;
    case Method::kTokenize: return &with_model<&tokenize>;
    case Method::kTokenBytes: return &with_model<&token_bytes>;
    case Method::kTokenAttributes: return &with_model<&token_attributes>;
    case Method::kContextNew: return &with_model<&context_new>;
    case Method::kContextFree: return &context_free;
    case Method::kContextInfo: return &with_context<&context_info>;
    case Method::kDecode: return &decode;
    case Method::kTrim: return &with_context<&sequence_trim>;
    case Method::kCopy: return &with_context<&sequence_copy>;
    case Method::kShift: return &with_context<&sequence_shift>;
    case Method::kRange: return &with_context<&sequence_range>;
    case Method::kSave: return &with_context<&sequence_save>;
    case Method::kRestore: return &with_context<&sequence_restore>;
    case Method::kAdapterLoad: return &with_model<&adapter_load>;
    case Method::kAdapterFree: return &adapter_free;
    case Method::kSetAdapters: return &with_context<&set_adapters>;
    case Method::kTokenTable: return &with_model<&token_table>;
    default: return nullptr;
  }
}

// The optional calls of the table that `method` needs are there.
bool has_call(const hearth_text* text, Method method) {
  switch (method) {
    case Method::kTrim: return HEARTH_HAS_CALL(text, hearth_text, sequence_trim);
    case Method::kCopy: return HEARTH_HAS_CALL(text, hearth_text, sequence_copy);
    case Method::kShift: return HEARTH_HAS_CALL(text, hearth_text, sequence_shift);
    case Method::kRange: return HEARTH_HAS_CALL(text, hearth_text, sequence_range);
    case Method::kSave: return HEARTH_HAS_CALL(text, hearth_text, sequence_save);
    case Method::kRestore: return HEARTH_HAS_CALL(text, hearth_text, sequence_restore);
    case Method::kAdapterLoad:
    case Method::kAdapterFree:
      return HEARTH_HAS_CALL(text, hearth_text, adapter_load) && HEARTH_HAS_CALL(text, hearth_text, adapter_free);
    case Method::kSetAdapters: return HEARTH_HAS_CALL(text, hearth_text, context_set_adapters);
    case Method::kTokenTable: return HEARTH_HAS_CALL(text, hearth_text, token_table);
    default: return true;
  }
}

}  // namespace

RequestHandler text_handler_of(const hearth_text* text, Method method) {
  const RequestHandler handler = find(method);
  if (handler != nullptr && (text == nullptr || !has_call(text, method)))
    return [](WorkerState&, Request&) { return no_text(); };
  return handler;
}

}  // namespace hearth
