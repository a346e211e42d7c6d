// The worker's answers to the calls of hearth_tensor.
#include <algorithm>
#include <chrono>
#include <cstring>

#include "base/units.h"
#include "plugin_host/wire_tensor.h"
#include "plugin_host/worker_tensor_state.h"

namespace hearth {
namespace {

constexpr std::size_t kRegionAlignment = 64;  // what the plugins' kernels like best

hearth_status broken_plugin(const char* what) {
  return make_status(Error(ErrorCode::kInvalidData,
                           std::string("the runtime's answer to '") + what + "' makes no sense",
                           "update the runtime's plugin"));
}

hearth_status features(WorkerState& state, Request& request) {
  TensorFeatures features;
  if (const auto* table = state.tensor; table != nullptr) {
    features.present = 1;
    features.major = table->major;
    features.has_nodes = HEARTH_HAS_CALL(table, hearth_tensor, nodes) ? 1 : 0;
    features.has_copies = HEARTH_HAS_CALL(table, hearth_tensor, copies) ? 1 : 0;
    features.has_warm_up = HEARTH_HAS_CALL(table, hearth_tensor, warm_up) ? 1 : 0;
  }
  put(request.out, features);
  return ok_status();
}

hearth_status estimate(WorkerState& state, Request& request) {
  const hearth_load_options load = get_load_options(request.in);
  const hearth_tensor_options options = get_tensor_options(request.in);
  if (!request.in.done()) return bad_request();
  const hearth_memory_emit emit = request.memory_emit();
  return state.tensor->estimate(state.plugin->self, &load, &options, &emit);
}

// Appends each row that the plugin emits to the reply.
hearth_tensor_spec_emit spec_emit(Request& request) {
  return {&request, [](void* ctx, const hearth_tensor_spec* spec) {
            if (spec != nullptr && HEARTH_HAS_FIELD(spec, hearth_tensor_spec, layout))
              put(static_cast<Request*>(ctx)->out, *spec);
          }};
}

hearth_status info(WorkerState& state, Request& request) {
  const auto model = state.models.get(request.in.get<WireId>());
  if (model == nullptr) return no_such_handle("model");
  const auto emit = spec_emit(request);
  return state.tensor->info(model->handle, &emit);
}

hearth_status metadata(WorkerState& state, Request& request) {
  const auto model = state.models.get(request.in.get<WireId>());
  const hearth_str key = borrow(request.in.get_text());
  if (model == nullptr) return no_such_handle("model");
  if (!request.in.done()) return bad_request();
  const hearth_sink sink = request.sink();
  return state.tensor->metadata(model->handle, key, &sink);
}

hearth_status session_new(WorkerState& state, Request& request) {
  const auto model = state.models.get(request.in.get<WireId>());
  const hearth_tensor_options options = get_tensor_options(request.in);
  if (model == nullptr) return no_such_handle("model");
  if (!request.in.done()) return bad_request();
  hearth_tensor_session* handle = nullptr;
  const hearth_status status = state.tensor->session_new(model->handle, &options, &request.call, &handle);
  if (status.code != HEARTH_OK) return status;
  if (handle == nullptr) return broken_plugin("session_new");
  const WireId id = state.sessions.add(std::make_shared<SessionEntry>(model, state.tensor, handle));
  request.undo = [&state, id] { (void)state.sessions.take(id); };
  request.out.put(id);
  return ok_status();
}

hearth_status session_free(WorkerState& state, Request& request) {
  return state.sessions.take(request.in.get<WireId>()) == nullptr ? no_such_handle("session") : ok_status();
}

using SessionHandler = hearth_status (*)(Request&, const SessionEntry&);
template <SessionHandler handler>
hearth_status with_session(WorkerState& state, Request& request) {
  const auto session = state.sessions.get(request.in.get<WireId>());
  return session == nullptr ? no_such_handle("session") : handler(request, *session);
}

hearth_status session_info(Request& request, const SessionEntry& session) {
  hearth_tensor_session_info value{};
  value.struct_size = sizeof(value);
  const hearth_status status = session.table->session_info(session.handle, &value);
  if (status.code == HEARTH_OK) put(request.out, value);
  return status;
}

hearth_status session_specs(Request& request, const SessionEntry& session) {
  const auto emit = spec_emit(request);
  return session.table->session_specs(session.handle, &emit);
}

hearth_status nodes(Request& request, const SessionEntry& session) {
  if (!HEARTH_HAS_CALL(session.table, hearth_tensor, nodes)) return bad_request();
  const hearth_tensor_node_emit emit{&request, [](void* ctx, const hearth_tensor_node* node) {
                                       if (node != nullptr && HEARTH_HAS_FIELD(node, hearth_tensor_node, is_fallback))
                                         put(static_cast<Request*>(ctx)->out, *node);
                                     }};
  return session.table->nodes(session.handle, &emit);
}

hearth_status copies(Request& request, const SessionEntry& session) {
  if (!HEARTH_HAS_CALL(session.table, hearth_tensor, copies)) return bad_request();
  const hearth_tensor_copy_emit emit{&request, [](void* ctx, const hearth_tensor_copy* copy) {
                                       if (copy != nullptr && HEARTH_HAS_FIELD(copy, hearth_tensor_copy, bytes))
                                         put(static_cast<Request*>(ctx)->out, *copy);
                                     }};
  return session.table->copies(session.handle, &emit);
}

hearth_status warm_up(Request& request, const SessionEntry& session) {
  if (!HEARTH_HAS_CALL(session.table, hearth_tensor, warm_up)) return bad_request();
  return session.table->warm_up(session.handle, &request.call);
}

hearth_status request_new(WorkerState& state, Request& request) {
  const auto session = state.sessions.get(request.in.get<WireId>());
  if (session == nullptr) return no_such_handle("session");
  hearth_tensor_request* handle = nullptr;
  const hearth_status status = state.tensor->request_new(session->handle, &handle);
  if (status.code != HEARTH_OK) return status;
  if (handle == nullptr) return broken_plugin("request_new");
  const WireId id = state.tensor_requests.add(std::make_shared<TensorRequestEntry>(session, handle));
  request.undo = [&state, id] { (void)state.tensor_requests.take(id); };
  request.out.put(id);
  return ok_status();
}

hearth_status request_free(WorkerState& state, Request& request) {
  return state.tensor_requests.take(request.in.get<WireId>()) == nullptr ? no_such_handle("request") : ok_status();
}

// A DLPack tensor over a region, which it keeps.
struct RegionTensor {
  DLManagedTensorVersioned managed{};
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> strides;
  std::shared_ptr<SharedMemory> memory;
};

DLManagedTensorVersioned* tensor_over(const RegionSlice& slice, const ShareRequest& share, DLDataType type) {
  auto made = std::make_unique<RegionTensor>();
  made->memory = slice.memory;
  made->shape = share.shape;
  made->strides.assign(share.shape.size(), 1);
  for (std::size_t i = share.shape.size(); i-- > 1;)
    made->strides[i - 1] = made->strides[i] * std::max<std::int64_t>(made->shape[i], 1);
  made->managed.version = {DLPACK_MAJOR_VERSION, DLPACK_MINOR_VERSION};
  made->managed.flags = share.flags;
  made->managed.manager_ctx = made.get();
  made->managed.deleter = [](DLManagedTensorVersioned* self) { delete static_cast<RegionTensor*>(self->manager_ctx); };
  made->managed.dl_tensor = {slice.memory->data() + slice.offset,
                             {kDLCPU, 0},
                             static_cast<std::int32_t>(made->shape.size()),
                             type,
                             made->shape.data(),
                             made->strides.data(),
                             0};
  return &made.release()->managed;
}

// The element type of a port; absent where the session has no such port.
std::optional<DLDataType> type_of_port(const SessionEntry& session, std::int32_t port, std::uint32_t index) {
  struct Wanted {
    std::int32_t port;
    std::uint32_t index;
    std::optional<DLDataType> type = {};
  } wanted{port, index};
  const hearth_tensor_spec_emit emit{&wanted, [](void* ctx, const hearth_tensor_spec* spec) {
                                       auto& to = *static_cast<Wanted*>(ctx);
                                       if (spec != nullptr && spec->port == to.port && spec->index == to.index)
                                         to.type = DLDataType{spec->type_code, spec->type_bits, spec->type_lanes};
                                     }};
  const hearth_status status = session.table->session_specs(session.handle, &emit);
  if (status.free_message != nullptr) status.free_message(status.message);
  return wanted.type;
}

Result<std::uint64_t> bytes_of(const DLDataType& type, const ShareRequest& share) {
  const auto known = data_type_of(type);
  const auto shape = Shape::from(share.shape);
  const auto bytes = known && shape ? tensor_bytes(*known, *shape) : std::nullopt;
  constexpr std::uint64_t kTensorBytesMax = std::uint64_t{1} << 40U;  // beyond any memory; a mapping would just fail
  if (!bytes || *bytes > kTensorBytesMax)
    return fail(ErrorCode::kInvalidArgument, "a tensor of an impossible shape or type was bound");
  return std::max<std::uint64_t>(*bytes, 1);
}

Result<RegionSlice> slice_for(WorkerState& state, const ShareRequest& share, std::uint64_t bytes) {
  if (share.region == 0) return state.regions.make_known(static_cast<std::size_t>(bytes));
  auto slice = state.regions.find_known(share.region);
  std::uint64_t end = 0;
  if (!slice || !checked_add(share.offset, bytes, end) || end > slice->memory->size_bytes())
    return fail(ErrorCode::kInternal, "the host named memory that this worker does not share");
  slice->offset = share.offset;
  return std::move(*slice);
}

hearth_status share(WorkerState& state, Request& request) {
  ShareRequest wanted;
  if (!get_share(request.in, wanted)) return bad_request();
  const auto entry = state.tensor_requests.get(wanted.request);
  if (entry == nullptr) return no_such_handle("request");
  const std::lock_guard lock(entry->busy);
  DLDataType type{wanted.type_code, wanted.type_bits, wanted.type_lanes};
  if (wanted.as_specified != 0) {
    const auto of_port = type_of_port(*entry->session, wanted.port, wanted.index);
    if (!of_port) return make_status(Error(ErrorCode::kInvalidArgument, "the model has no such port"));
    type = *of_port;
  }
  const auto bytes = bytes_of(type, wanted);
  if (!bytes) return make_status(bytes.error());
  auto slice = slice_for(state, wanted, *bytes);
  if (!slice) return make_status(slice.error());
  DLManagedTensorVersioned* tensor = tensor_over(*slice, wanted, type);
  const hearth_status status = state.tensor->bind(entry->handle, wanted.port, wanted.index, tensor, nullptr);
  if (status.code != HEARTH_OK) {
    tensor->deleter(tensor);
    return status;
  }
  put(request.out, SharedTensor{type.code, type.bits, type.lanes, wanted.flags, slice->id, slice->memory->size_bytes(),
                                slice->offset, 0, wanted.shape});
  if (wanted.region == 0) request.carried = std::move(*slice);
  return status;
}

// Where the host can map the tensor: where it lies if that is shared, else a copy.
Result<RegionSlice> place_result(WorkerState& state, TensorRequestEntry& entry, std::uint32_t index,
                                 const TensorView& view, bool& was_copied) {
  const auto bytes = static_cast<std::size_t>(view.size_bytes());
  if (auto slice = state.regions.find(view.data, bytes)) return std::move(*slice);
  auto& kept = entry.results[index];
  if (kept.memory == nullptr || kept.memory->size_bytes() < bytes) {
    HEARTH_ASSIGN(made, state.regions.make_known(std::max(bytes, kRegionAlignment)));
    kept = std::move(made);
  }
  std::memcpy(kept.memory->data(), view.data, bytes);
  was_copied = true;
  return kept;
}

hearth_status result(WorkerState& state, Request& request) {
  const auto entry = state.tensor_requests.get(request.in.get<WireId>());
  const auto port = request.in.get<std::int32_t>();
  const auto index = request.in.get<std::uint32_t>();
  if (!request.in.done()) return bad_request();
  if (entry == nullptr) return no_such_handle("request");
  const std::lock_guard lock(entry->busy);
  DLManagedTensorVersioned* tensor = nullptr;
  const hearth_status status = state.tensor->tensor(entry->handle, port, index, &tensor);
  if (status.code != HEARTH_OK) return status;
  if (tensor == nullptr) return broken_plugin("tensor");
  const auto view = view_of(tensor->dl_tensor, tensor->flags);
  if (!view || !view->is_dense() || !view->device.is_host()) return broken_plugin("tensor");
  bool was_copied = false;
  auto slice = place_result(state, *entry, index, *view, was_copied);
  if (!slice) return make_status(slice.error());
  const auto type = dl_type(view->type);
  put(request.out, SharedTensor{type.code,
                                type.bits,
                                type.lanes,
                                tensor->flags,
                                slice->id,
                                slice->memory->size_bytes(),
                                slice->offset,
                                was_copied ? 1U : 0U,
                                {view->shape.dims().begin(), view->shape.dims().end()}});
  request.carried = std::move(*slice);
  return status;
}

// Why a call's caller no longer waits for it: its outputs belong to a later one.
bool is_given_up(const hearth_call& call) {
  if (call.is_cancelled != nullptr && call.is_cancelled(call.ctx) != 0) return true;
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return call.deadline_ns != 0 && std::chrono::nanoseconds(now).count() >= call.deadline_ns;
}

hearth_status run(WorkerState& state, Request& request) {
  const auto entry = state.tensor_requests.get(request.in.get<WireId>());
  if (!request.in.done()) return bad_request();
  if (entry == nullptr) return no_such_handle("request");
  const std::lock_guard lock(entry->busy);
  if (is_given_up(request.call)) {
    const bool late = request.call.deadline_ns != 0;
    return make_status(Error(late ? ErrorCode::kDeadlineExceeded : ErrorCode::kCancelled,
                             "the run was given up before the worker came to it"));
  }
  return state.tensor->run(entry->handle, &request.call);
}

RequestHandler find(Method method) {
  switch (method) {
    case Method::kTensorEstimate: return &estimate;
    case Method::kTensorInfo: return &info;
    case Method::kTensorMetadata: return &metadata;
    case Method::kSessionNew: return &session_new;
    case Method::kSessionFree: return &session_free;
    case Method::kSessionInfo: return &with_session<&session_info>;
    case Method::kSessionSpecs: return &with_session<&session_specs>;
    case Method::kNodes: return &with_session<&nodes>;
    case Method::kCopies: return &with_session<&copies>;
    case Method::kWarmUp: return &with_session<&warm_up>;
    case Method::kRequestNew: return &request_new;
    case Method::kRequestFree: return &request_free;
    case Method::kTensorShare: return &share;
    case Method::kTensorResult: return &result;
    case Method::kTensorRun: return &run;
    default: return nullptr;
  }
}

}  // namespace

RequestHandler tensor_handler_of(const hearth_tensor* tensor, Method method) {
  if (method == Method::kTensorFeatures) return &features;
  const RequestHandler handler = find(method);
  if (handler != nullptr && tensor == nullptr)
    return [](WorkerState&, Request&) {
      return make_status(Error(ErrorCode::kUnsupported, "this runtime's plugin runs no tensor graphs"));
    };
  return handler;
}

}  // namespace hearth
