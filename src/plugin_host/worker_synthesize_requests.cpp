// The worker's answers to the calls of hearth_synthesize.
#include "plugin_host/wire_synthesize.h"
#include "plugin_host/worker_state.h"

namespace hearth {
namespace {

hearth_status features(WorkerState& state, Request& request) {
  request.out.put(static_cast<std::uint32_t>(state.synthesize != nullptr));
  return ok_status();
}

hearth_status info(WorkerState& state, Request& request) {
  const auto model = state.models.get(request.in.get<WireId>());
  if (!request.in.done()) return bad_request();
  if (model == nullptr) return no_such_handle("model");
  hearth_synthesize_info value{};
  value.struct_size = sizeof(value);
  const hearth_status status = state.synthesize->info(model->handle, &value);
  if (status.code == HEARTH_OK) put(request.out, value);
  return status;
}

hearth_status voices(WorkerState& state, Request& request) {
  const auto model = state.models.get(request.in.get<WireId>());
  if (!request.in.done()) return bad_request();
  if (model == nullptr) return no_such_handle("model");
  const hearth_voice_emit emit{&request, [](void* ctx, const hearth_voice* voice) {
                                 if (voice != nullptr && HEARTH_HAS_FIELD(voice, hearth_voice, about))
                                   put(static_cast<Request*>(ctx)->out, *voice);
                               }};
  return state.synthesize->voices(model->handle, &emit);
}

// Sent as it comes: somebody waits to hear it.
hearth_status synthesize(WorkerState& state, Request& request) {
  const auto model = state.models.get(request.in.get<WireId>());
  const std::string_view text = request.in.get_text();
  const hearth_synthesize_options options = get_synthesize_options(request.in);
  if (!request.in.done()) return bad_request();
  if (model == nullptr) return no_such_handle("model");
  const hearth_audio_sink sink{&request, [](void* ctx, const float* samples, std::size_t n) -> std::int32_t {
                                 auto& self = *static_cast<Request*>(ctx);
                                 const hearth_sink bytes = self.sink();
                                 if (bytes.write(bytes.ctx, samples, n * sizeof(float)) != 0) return 1;
                                 return self.flush() ? 0 : 1;
                               }};
  return state.synthesize->synthesize(model->handle, borrow(text), &options, &request.call, &sink);
}

RequestHandler find(Method method) {
  switch (method) {
    case Method::kSynthesizeInfo: return &info;
    case Method::kVoices: return &voices;
    case Method::kSynthesize: return &synthesize;
    default: return nullptr;
  }
}

}  // namespace

RequestHandler synthesize_handler_of(const hearth_synthesize* table, Method method) {
  if (method == Method::kSynthesizeFeatures) return &features;
  const RequestHandler handler = find(method);
  if (handler != nullptr && table == nullptr)
    return [](WorkerState&, Request&) {
      return make_status(Error(ErrorCode::kUnsupported, "this runtime's plugin doesn't speak"));
    };
  return handler;
}

}  // namespace hearth
