// The C table of the tensor capability over TensorModel, TensorSession and TensorRequest: checks what comes in, traps
// what is thrown.
#pragma once

#include <chrono>
#include <map>
#include <string>

#include "hearth/sdk/handles.h"
#include "hearth/sdk/tensor_bindings.h"

namespace hearth::sdk {

struct TensorSessionHandle {
  const Host* host;
  std::shared_ptr<Model> model;
  TensorSessionInfo info = {};                  // as session_info lends it out
  std::shared_ptr<TensorSession> session = {};  // shared: requests keep their session
};

struct TensorRequestHandle {
  const Host* host;
  std::shared_ptr<Model> model;
  std::shared_ptr<TensorSession> session;
  std::unique_ptr<TensorBindings> bindings = {};
  std::unique_ptr<TensorRequest> request = {};  // last, so that it goes before what is bound
};

inline TensorSessionHandle& handle(hearth_tensor_session* session) {
  return required(reinterpret_cast<TensorSessionHandle*>(session), "the session handle");
}
inline TensorRequestHandle& handle(hearth_tensor_request* request) {
  return required(reinterpret_cast<TensorRequestHandle*>(request), "the request handle");
}
inline TensorModel& tensor_of(hearth_model* model) {
  TensorModel* tensor = handle(model).model->tensor();
  if (tensor == nullptr) throw Error(HEARTH_UNSUPPORTED, "this model is no tensor graph; ask for another capability");
  return *tensor;
}

namespace tensor_table {

inline Port read_port(std::int32_t port) {
  if (port != HEARTH_PORT_INPUT && port != HEARTH_PORT_OUTPUT)
    throw Error(HEARTH_INVALID_ARGUMENT, "port is " + std::to_string(port) + "; it must be 0 (input) or 1 (output)");
  return static_cast<Port>(port);
}

inline void emit_ports(const TensorPorts& ports, const hearth_tensor_spec_emit* emit) {
  const auto& out = required(emit, "the spec emit callback");
  for (const Port port : {Port::kInput, Port::kOutput}) {
    std::uint32_t index = 0;
    for (const auto& spec : ports.of(port)) {
      const hearth_tensor_spec raw = {sizeof(hearth_tensor_spec),
                                      static_cast<std::int32_t>(port),
                                      index++,
                                      spec.type.code,
                                      spec.type.bits,
                                      spec.type.lanes,
                                      borrow(spec.name),
                                      spec.shape.data(),
                                      static_cast<std::uint32_t>(spec.shape.size()),
                                      borrow(spec.layout)};
      out.spec(out.ctx, &raw);
    }
  }
}

inline hearth_status info(hearth_model* model, const hearth_tensor_spec_emit* emit) {
  return trap([&] { emit_ports(tensor_of(model).ports(), emit); });
}

inline hearth_status metadata(hearth_model* model, hearth_str key, const hearth_sink* out) {
  return trap([&] {
    const auto all = tensor_of(model).metadata();
    if (key.size == 0) return Writer(out).text(json_text(all));
    const auto found = all.find(std::string(view(key)));
    if (found == all.end()) throw Error(HEARTH_NOT_FOUND, "the model has no metadata '" + std::string(view(key)) + "'");
    Writer(out).text(found->second);
  });
}

inline hearth_status session_new(hearth_model* model, const hearth_tensor_options* options, const hearth_call* call,
                                 hearth_tensor_session** out) {
  return trap([&] {
    auto& result = required(out, "the result");
    auto& tensor = tensor_of(model);
    const auto typed = read_tensor_options(options, handle(model).session_keys);
    const CallGuard guard(*handle(model).host, call);
    guard.check("compiling the graph");
    const auto start = std::chrono::steady_clock::now();
    auto made = std::make_unique<TensorSessionHandle>(TensorSessionHandle{handle(model).host, handle(model).model});
    made->session = tensor.new_session(typed, guard);
    if (!made->session) throw Error(HEARTH_INTERNAL, "the runtime compiled no session and gave no reason");
    made->info = made->session->info();
    made->info.compile_ns = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - start).count());
    result = reinterpret_cast<hearth_tensor_session*>(made.release());
  });
}

inline void session_free(hearth_tensor_session* session) { delete reinterpret_cast<TensorSessionHandle*>(session); }

inline hearth_status session_info(hearth_tensor_session* session, hearth_tensor_session_info* out) {
  return trap([&] {
    const auto& from = handle(session).info;
    hearth_tensor_session_info to{};
    to.n_requests = from.n_requests;
    to.n_streams = from.n_streams;
    to.n_threads = from.n_threads;
    to.pin_threads = from.pin_threads ? HEARTH_TOGGLE_ON : HEARTH_TOGGLE_OFF;
    to.hint = static_cast<std::int32_t>(from.hint);
    to.precision = borrow(from.precision);
    to.device = borrow(from.device);
    to.from_cache = from.from_cache ? 1 : 0;
    to.preprocess_fused = from.preprocess_fused ? 1 : 0;
    to.compile_ns = from.compile_ns;
    to.cache_note = borrow(from.cache_note);
    write_struct(to, out);
  });
}

inline hearth_status session_specs(hearth_tensor_session* session, const hearth_tensor_spec_emit* emit) {
  return trap([&] { emit_ports(handle(session).session->ports(), emit); });
}

inline hearth_status nodes(hearth_tensor_session* session, const hearth_tensor_node_emit* emit) {
  return trap([&] {
    const auto& out = required(emit, "the node emit callback");
    for (const auto& node : handle(session).session->nodes()) {
      const hearth_tensor_node raw = {sizeof(hearth_tensor_node), borrow(node.name),   borrow(node.op),
                                      borrow(node.provider),      borrow(node.device), borrow(node.precision),
                                      node.is_fallback ? 1U : 0U};
      out.node(out.ctx, &raw);
    }
  });
}

inline hearth_status copies(hearth_tensor_session* session, const hearth_tensor_copy_emit* emit) {
  return trap([&] {
    const auto& out = required(emit, "the copy emit callback");
    for (const auto& row : handle(session).session->copies().rows()) {
      const hearth_tensor_copy raw = {
          sizeof(hearth_tensor_copy), borrow(row.from), borrow(row.to), borrow(row.why), row.n, row.bytes};
      out.copy(out.ctx, &raw);
    }
  });
}

inline std::unique_ptr<TensorRequestHandle> make_request(const TensorSessionHandle& on) {
  auto made = std::make_unique<TensorRequestHandle>(TensorRequestHandle{on.host, on.model, on.session});
  made->request = on.session->new_request();
  made->bindings = std::make_unique<TensorBindings>(*on.host, on.session->ports(), *made->request);
  return made;
}

// The shape of an input in one declared set: what is declared for it, else its own where that is closed.
inline std::vector<std::int64_t> shape_for(const TensorSpec& spec, const nlohmann::json& declared) {
  if (declared.contains(spec.name)) return declared[spec.name].get<std::vector<std::int64_t>>();
  if (is_open(spec.shape))
    throw Error(HEARTH_INVALID_ARGUMENT, "input '" + spec.name + "' is " +
                                             shape_text(spec.shape.data(), spec.shape.size()) +
                                             " and no shape was declared for it; declare one to warm up");
  return spec.shape;
}

inline hearth_status warm_up(hearth_tensor_session* session, const hearth_call* call) {
  return trap([&] {
    const auto& on = handle(session);
    const CallGuard guard(*on.host, call);
    auto sets = on.session->declared_shapes();
    if (sets.empty()) sets.push_back(nlohmann::json::object());
    for (const auto& declared : sets) {
      const auto request = make_request(on);
      const auto& inputs = on.session->ports().inputs;
      for (std::size_t i = 0; i < inputs.size(); ++i)
        request->bindings->allocate(Port::kInput, static_cast<std::uint32_t>(i), shape_for(inputs[i], declared));
      request->bindings->complete();
      guard.check("warming up");
      request->request->run(guard);
    }
  });
}

inline hearth_status request_new(hearth_tensor_session* session, hearth_tensor_request** out) {
  return trap([&] {
    required(out, "the result") = reinterpret_cast<hearth_tensor_request*>(make_request(handle(session)).release());
  });
}

inline void request_free(hearth_tensor_request* request) { delete reinterpret_cast<TensorRequestHandle*>(request); }

inline hearth_status bind(hearth_tensor_request* request, std::int32_t port, std::uint32_t index,
                          DLManagedTensorVersioned* tensor, const hearth_sync* sync) {
  return trap([&] {
    auto& on = handle(request);
    if (sync != nullptr && sync->kind != HEARTH_SYNC_NONE)
      throw Error(HEARTH_UNSUPPORTED, "this runtime can't wait on a device's stream; synchronise before binding");
    on.bindings->bind(read_port(port), index, required(tensor, "the tensor"));
  });
}

inline hearth_status allocate(hearth_tensor_request* request, std::int32_t port, std::uint32_t index,
                              const std::int64_t* shape, std::uint32_t n_dims) {
  return trap([&] {
    auto& on = handle(request);
    if (n_dims > kTensorRankMax) throw Error(HEARTH_INVALID_ARGUMENT, "a shape has at most 8 dimensions");
    if (n_dims != 0) required(shape, "the shape");
    on.bindings->allocate(read_port(port), index, std::vector<std::int64_t>(shape, shape + n_dims));
  });
}

inline hearth_status tensor(hearth_tensor_request* request, std::int32_t port, std::uint32_t index,
                            DLManagedTensorVersioned** out) {
  return trap([&] { required(out, "the result") = handle(request).bindings->tensor(read_port(port), index); });
}

inline hearth_status run(hearth_tensor_request* request, const hearth_call* call) {
  return trap([&] {
    auto& on = handle(request);
    const CallGuard guard(*on.host, call);
    on.bindings->complete();
    guard.check("running the graph");
    on.request->run(guard);
  });
}

}  // namespace tensor_table
}  // namespace hearth::sdk
