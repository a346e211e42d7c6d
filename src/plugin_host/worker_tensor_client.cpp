// The tensor table of a plugin in a worker. Tensors lie in memory that both processes map: what allocate gives is
// written and read in place; memory of the caller's own is copied there and back, and counted.
#include <algorithm>
#include <cstring>

#include "plugin_host/abi_values.h"
#include "plugin_host/wire_tensor.h"
#include "plugin_host/worker_client.h"

namespace hearth {
namespace {

ProxyModel& proxy(hearth_model* model) { return *reinterpret_cast<ProxyModel*>(model); }

hearth_status broken_reply() {
  return make_status(Error(ErrorCode::kInternal, "the worker sent a broken reply", "load the model again"));
}

// What one port of a request has. The mapping is shared with the registry of the client and other requests' ports.
struct ProxyPort {
  std::shared_ptr<SharedMemory> memory;  // shared: a hand-over binds one region to two requests
  std::uint64_t region = 0;
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> strides;
  DLManagedTensorVersioned form{};            // over `memory`
  DLManagedTensorVersioned* bound = nullptr;  // the caller's own, given back when another is bound
  bool is_staged = false;                     // bound's bytes are copied to or from `memory` at each run
};

// Copies that this side made, of one kind.
struct CopyCount {
  std::uint64_t n = 0;
  std::uint64_t bytes = 0;
  void add(std::uint64_t size) {
    ++n;
    bytes += size;
  }
  void emit(const hearth_tensor_copy_emit& to, bool is_input, const char* why) const {
    if (n == 0) return;
    const hearth_tensor_copy row = {
        sizeof(row), borrow(is_input ? "host" : "worker"), borrow(is_input ? "worker" : "host"), borrow(why), n, bytes};
    to.copy(to.ctx, &row);
  }
};

struct ProxySession {
  WorkerClient* client;
  WireId id;
  std::string precision, device, cache_note;  // what session_info lent out last
  std::mutex mutex;                           // of the copies
  CopyCount in, out, results;
};

struct ProxyRequest {
  ProxySession* session;
  WireId id;
  std::vector<std::unique_ptr<ProxyPort>> ports[2];  // by port and index
};

ProxySession& proxy(hearth_tensor_session* session) { return *reinterpret_cast<ProxySession*>(session); }
ProxyRequest& proxy(hearth_tensor_request* request) { return *reinterpret_cast<ProxyRequest*>(request); }

hearth_status estimate(void* self, const hearth_load_options* load, const hearth_tensor_options* options,
                       const hearth_memory_emit* emit) {
  WireWriter arguments;
  put(arguments, *load);
  put(arguments, *options);
  auto& link = static_cast<WorkerClient*>(self)->link();
  return status_of(link.call(Method::kTensorEstimate, arguments, nullptr, {.memory = emit}));
}

Result<WorkerReply> ask(WorkerLink& link, Method method, WireId id, const hearth_call* call = nullptr) {
  WireWriter arguments;
  arguments.put(id);
  return link.call(method, arguments, call, {});
}

hearth_status emit_specs(const Result<WorkerReply>& reply, const hearth_tensor_spec_emit* emit) {
  if (!reply) return make_status(reply.error());
  WireReader in(reply->payload);
  while (in.ok() && !in.at_end()) {
    std::vector<std::int64_t> dims;
    const hearth_tensor_spec spec = get_tensor_spec(in, dims);
    if (in.ok()) emit->spec(emit->ctx, &spec);
  }
  return in.ok() ? ok_status() : broken_reply();
}

hearth_status info(hearth_model* model, const hearth_tensor_spec_emit* emit) {
  return emit_specs(ask(*proxy(model).link, Method::kTensorInfo, proxy(model).id), emit);
}

hearth_status metadata(hearth_model* model, hearth_str key, const hearth_sink* out) {
  WireWriter arguments;
  arguments.put(proxy(model).id);
  arguments.put_text(view(key));
  return status_of(proxy(model).link->call(Method::kTensorMetadata, arguments, nullptr, {.sink = out}));
}

hearth_status session_new(hearth_model* model, const hearth_tensor_options* options, const hearth_call* call,
                          hearth_tensor_session** out) {
  WireWriter arguments;
  arguments.put(proxy(model).id);
  put(arguments, *options);
  const Result<WorkerReply> reply = proxy(model).link->call(Method::kSessionNew, arguments, call, {});
  if (!reply) return make_status(reply.error());
  WireReader in(reply->payload);
  const auto id = in.get<WireId>();
  if (!in.done() || id == 0) return broken_reply();
  auto made = std::make_unique<ProxySession>();
  made->client = proxy(model).client;
  made->id = id;
  *out = reinterpret_cast<hearth_tensor_session*>(made.release());
  return ok_status();
}

void session_free(hearth_tensor_session* session) {
  if (session == nullptr) return;
  const std::unique_ptr<ProxySession> owned(&proxy(session));
  free_in_worker(owned->client->link(), Method::kSessionFree, owned->id);
}

hearth_status session_info(hearth_tensor_session* handle, hearth_tensor_session_info* out) {
  auto& session = proxy(handle);
  const auto reply = ask(session.client->link(), Method::kSessionInfo, session.id);
  if (!reply) return make_status(reply.error());
  WireReader in(reply->payload);
  hearth_tensor_session_info value = get_session_info(in);
  if (!in.done()) return broken_reply();
  session.precision = view(value.precision);
  session.device = view(value.device);
  session.cache_note = view(value.cache_note);
  value.precision = borrow(session.precision);
  value.device = borrow(session.device);
  value.cache_note = borrow(session.cache_note);
  const auto size = out->struct_size;
  std::memcpy(out, &value, std::min<std::size_t>(size, sizeof(value)));
  out->struct_size = size;
  return ok_status();
}

hearth_status session_specs(hearth_tensor_session* session, const hearth_tensor_spec_emit* emit) {
  return emit_specs(ask(proxy(session).client->link(), Method::kSessionSpecs, proxy(session).id), emit);
}

hearth_status nodes(hearth_tensor_session* session, const hearth_tensor_node_emit* emit) {
  const auto reply = ask(proxy(session).client->link(), Method::kNodes, proxy(session).id);
  if (!reply) return make_status(reply.error());
  WireReader in(reply->payload);
  while (in.ok() && !in.at_end()) {
    const hearth_tensor_node node = get_node(in);
    if (in.ok()) emit->node(emit->ctx, &node);
  }
  return in.ok() ? ok_status() : broken_reply();
}

hearth_status copies(hearth_tensor_session* handle, const hearth_tensor_copy_emit* emit) {
  auto& session = proxy(handle);
  {
    const std::lock_guard lock(session.mutex);
    session.in.emit(*emit, true, "input in memory of the caller's own");
    session.out.emit(*emit, false, "output in memory of the caller's own");
    session.results.emit(*emit, false, "output not bound");
  }
  const auto reply = ask(session.client->link(), Method::kCopies, session.id);
  if (!reply) return make_status(reply.error());
  WireReader in(reply->payload);
  while (in.ok() && !in.at_end()) {
    const hearth_tensor_copy copy = get_copy(in);
    if (in.ok()) emit->copy(emit->ctx, &copy);
  }
  return in.ok() ? ok_status() : broken_reply();
}

hearth_status warm_up(hearth_tensor_session* session, const hearth_call* call) {
  return status_of(ask(proxy(session).client->link(), Method::kWarmUp, proxy(session).id, call));
}

hearth_status request_new(hearth_tensor_session* session, hearth_tensor_request** out) {
  const auto reply = ask(proxy(session).client->link(), Method::kRequestNew, proxy(session).id);
  if (!reply) return make_status(reply.error());
  WireReader in(reply->payload);
  const auto id = in.get<WireId>();
  if (!in.done() || id == 0) return broken_reply();
  auto made = std::make_unique<ProxyRequest>();
  made->session = &proxy(session);
  made->id = id;
  *out = reinterpret_cast<hearth_tensor_request*>(made.release());
  return ok_status();
}

void release(DLManagedTensorVersioned* tensor) {
  if (tensor != nullptr && tensor->deleter != nullptr) tensor->deleter(tensor);
}

void request_free(hearth_tensor_request* request) {
  if (request == nullptr) return;
  const std::unique_ptr<ProxyRequest> owned(&proxy(request));
  free_in_worker(owned->session->client->link(), Method::kRequestFree, owned->id);
  for (auto& list : owned->ports) {
    for (auto& port : list) {
      if (port != nullptr) release(port->bound);
    }
  }
}

// Null for a port number that is none; indices are the worker's to refuse, so the list grows only after it agreed.
ProxyPort* port_of(ProxyRequest& request, std::int32_t port, std::uint32_t index) {
  if (port != HEARTH_PORT_INPUT && port != HEARTH_PORT_OUTPUT) return nullptr;
  auto& list = request.ports[port];
  return index < list.size() ? list[index].get() : nullptr;
}

ProxyPort& make_port(ProxyRequest& request, std::int32_t port, std::uint32_t index) {
  auto& list = request.ports[port];
  if (index >= list.size()) list.resize(index + 1);
  if (list[index] == nullptr) list[index] = std::make_unique<ProxyPort>();
  return *list[index];
}

// Makes the port's form over what the worker told, mapping its memory unless it is mapped.
Status take_shared(WorkerClient& client, ProxyPort& port, SharedTensor&& tensor, FileDescriptor descriptor,
                   std::shared_ptr<SharedMemory> known) {
  if (known == nullptr && port.region == tensor.region) known = port.memory;
  if (known == nullptr) {
    if (tensor.region_bytes > SIZE_MAX / 2) return fail(ErrorCode::kInternal, "the worker promised impossible memory");
    HEARTH_ASSIGN(mapped, SharedMemory::map(std::move(descriptor), static_cast<std::size_t>(tensor.region_bytes),
                                            SharedMemory::Access::kReadWrite));
    known = std::make_shared<SharedMemory>(std::move(mapped));
    client.remember(tensor.region, known);
  }
  port.memory = std::move(known);
  port.region = tensor.region;
  port.shape = std::move(tensor.shape);
  port.strides.assign(port.shape.size(), 1);
  for (std::size_t i = port.shape.size(); i-- > 1;)
    port.strides[i - 1] = port.strides[i] * std::max<std::int64_t>(port.shape[i], 1);
  port.form.version = {DLPACK_MAJOR_VERSION, DLPACK_MINOR_VERSION};
  port.form.flags = tensor.flags;
  port.form.dl_tensor = {port.memory->data() + tensor.offset,
                         {kDLCPU, 0},
                         static_cast<std::int32_t>(port.shape.size()),
                         {tensor.type_code, tensor.type_bits, tensor.type_lanes},
                         port.shape.data(),
                         port.strides.data(),
                         0};
  return {};
}

// Has the worker bind shared memory; on success the port's form lies over it.
hearth_status share(ProxyRequest& request, const ShareRequest& wanted, std::shared_ptr<SharedMemory> known,
                    ProxyPort** out) {
  WireWriter arguments;
  put(arguments, wanted);
  WorkerClient& client = *request.session->client;
  Result<WorkerReply> reply = client.link().call(Method::kTensorShare, arguments, nullptr, {});
  if (!reply) return make_status(reply.error());
  WireReader in(reply->payload);
  SharedTensor tensor;
  if (!get_shared_tensor(in, tensor)) return broken_reply();
  ProxyPort& port = make_port(request, wanted.port, wanted.index);
  Status taken = take_shared(client, port, std::move(tensor), std::move(reply->descriptor), std::move(known));
  if (!taken) return make_status(taken.error());
  release(std::exchange(port.bound, nullptr));
  port.is_staged = false;
  port.form.manager_ctx = nullptr;  // no result of a run
  *out = &port;
  return ok_status();
}

hearth_status bind(hearth_tensor_request* handle, std::int32_t port, std::uint32_t index,
                   DLManagedTensorVersioned* tensor, const hearth_sync* sync) {
  const auto refused = [](const char* why) { return make_status(Error(ErrorCode::kInvalidArgument, why)); };
  if (sync != nullptr && sync->kind != HEARTH_SYNC_NONE)
    return make_status(Error(ErrorCode::kUnsupported, "a worker can't wait on a device's stream"));
  if (tensor == nullptr || tensor->version.major != DLPACK_MAJOR_VERSION)
    return refused("no DLPack 1.x tensor was bound");
  const auto view = view_of(tensor->dl_tensor, tensor->flags);
  if (!view) return refused(view.error().message.c_str());
  if (!view->is_dense() || !view->device.is_host()) return refused("the bound tensor is not dense in host memory");
  auto& request = proxy(handle);
  ShareRequest wanted;
  wanted.request = request.id;
  wanted.port = port;
  wanted.index = index;
  const auto type = dl_type(view->type);
  wanted.type_code = type.code;
  wanted.type_bits = type.bits;
  wanted.type_lanes = type.lanes;
  wanted.flags = tensor->flags;
  wanted.shape.assign(view->shape.dims().begin(), view->shape.dims().end());
  const auto known = request.session->client->find(view->data, static_cast<std::size_t>(view->size_bytes()));
  wanted.region = known.region;
  wanted.offset = known.offset;
  ProxyPort* made = nullptr;
  const hearth_status status = share(request, wanted, known.memory, &made);
  if (status.code != HEARTH_OK) return status;
  made->bound = tensor;
  made->is_staged = known.region == 0;
  return status;
}

hearth_status allocate(hearth_tensor_request* handle, std::int32_t port, std::uint32_t index, const std::int64_t* shape,
                       std::uint32_t n_dims) {
  ShareRequest wanted;
  wanted.request = proxy(handle).id;
  wanted.port = port;
  wanted.index = index;
  wanted.as_specified = 1;
  if (n_dims > Shape::kRankMax)
    return make_status(Error(ErrorCode::kInvalidArgument, "a shape has at most 8 dimensions"));
  wanted.shape.assign(shape, shape + n_dims);
  ProxyPort* made = nullptr;
  return share(proxy(handle), wanted, nullptr, &made);
}

hearth_status tensor(hearth_tensor_request* handle, std::int32_t port, std::uint32_t index,
                     DLManagedTensorVersioned** out) {
  auto& request = proxy(handle);
  ProxyPort* known = port_of(request, port, index);
  if (known != nullptr && known->memory != nullptr && (known->bound != nullptr || known->form.manager_ctx == nullptr)) {
    *out = known->bound != nullptr ? known->bound : &known->form;
    return ok_status();
  }
  WireWriter arguments;
  arguments.put(request.id);
  arguments.put(port);
  arguments.put(index);
  WorkerClient& client = *request.session->client;
  Result<WorkerReply> reply = client.link().call(Method::kTensorResult, arguments, nullptr, {});
  if (!reply) return make_status(reply.error());
  WireReader in(reply->payload);
  SharedTensor found;
  if (!get_shared_tensor(in, found)) return broken_reply();
  ProxyPort& made = make_port(request, port, index);
  const bool was_copied = found.was_copied != 0;
  if (Status taken = take_shared(client, made, std::move(found), std::move(reply->descriptor), nullptr); !taken)
    return make_status(taken.error());
  made.form.manager_ctx = &made;  // a result: asked for anew after each run
  if (was_copied) {
    const std::lock_guard lock(request.session->mutex);
    if (const auto view = view_of(made.form.dl_tensor)) request.session->results.add(view->size_bytes());
  }
  *out = &made.form;
  return ok_status();
}

// Copies staged tensors of one port kind: inputs to the worker, outputs from it.
void copy_staged(ProxyRequest& request, std::int32_t port) {
  for (const auto& each : request.ports[port]) {
    if (each == nullptr || !each->is_staged) continue;
    const auto view = view_of(each->bound->dl_tensor);
    if (!view) continue;
    const auto bytes = static_cast<std::size_t>(view->size_bytes());
    const bool is_input = port == HEARTH_PORT_INPUT;
    void* shared = each->form.dl_tensor.data;
    std::memcpy(is_input ? shared : view->data, is_input ? view->data : shared, bytes);
    const std::lock_guard lock(request.session->mutex);
    (is_input ? request.session->in : request.session->out).add(bytes);
  }
}

hearth_status run(hearth_tensor_request* handle, const hearth_call* call) {
  auto& request = proxy(handle);
  copy_staged(request, HEARTH_PORT_INPUT);
  const auto reply = ask(request.session->client->link(), Method::kTensorRun, request.id, call);
  if (!reply) return make_status(reply.error());
  copy_staged(request, HEARTH_PORT_OUTPUT);
  return ok_status();
}

}  // namespace

hearth_tensor make_tensor_proxy(const TensorFeatures& features) {
  hearth_tensor table{};
  table.struct_size = sizeof(table);
  table.major = features.major;
  table.estimate = &estimate;
  table.info = &info;
  table.metadata = &metadata;
  table.session_new = &session_new;
  table.session_free = &session_free;
  table.session_info = &session_info;
  table.session_specs = &session_specs;
  if (features.has_nodes != 0) table.nodes = &nodes;
  table.copies = features.has_copies != 0 ? &copies : nullptr;
  if (features.has_warm_up != 0) table.warm_up = &warm_up;
  table.request_new = &request_new;
  table.request_free = &request_free;
  table.bind = &bind;
  table.allocate = &allocate;
  table.tensor = &tensor;
  table.run = &run;
  return table;
}

}  // namespace hearth
