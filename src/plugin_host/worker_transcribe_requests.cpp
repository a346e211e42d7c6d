// The worker's answers to the calls of hearth_transcribe.
#include "plugin_host/wire_transcribe.h"
#include "plugin_host/worker_transcribe_state.h"

namespace hearth {
namespace {

hearth_status features(WorkerState& state, Request& request) {
  request.out.put(static_cast<std::uint32_t>(state.transcribe != nullptr));
  return ok_status();
}

hearth_status info(WorkerState& state, Request& request) {
  const auto model = state.models.get(request.in.get<WireId>());
  if (!request.in.done()) return bad_request();
  if (model == nullptr) return no_such_handle("model");
  hearth_transcribe_info value{};
  value.struct_size = sizeof(value);
  const hearth_status status = state.transcribe->info(model->handle, &value);
  if (status.code == HEARTH_OK) put(request.out, value);
  return status;
}

hearth_status stream_new(WorkerState& state, Request& request) {
  const auto model = state.models.get(request.in.get<WireId>());
  const hearth_transcribe_options options = get_transcribe_options(request.in);
  if (!request.in.done()) return bad_request();
  if (model == nullptr) return no_such_handle("model");
  hearth_transcribe_stream* handle = nullptr;
  const hearth_status status = state.transcribe->stream_new(model->handle, &options, &handle);
  if (status.code != HEARTH_OK) return status;
  if (handle == nullptr)
    return make_status(
        Error(ErrorCode::kInvalidData, "the runtime made no stream and gave no reason", "update the runtime's plugin"));
  const WireId id = state.streams.add(std::make_shared<StreamEntry>(model, state.transcribe, handle));
  request.undo = [&state, id] { (void)state.streams.take(id); };
  request.out.put(id);
  return ok_status();
}

hearth_status stream_free(WorkerState& state, Request& request) {
  return state.streams.take(request.in.get<WireId>()) == nullptr ? no_such_handle("stream") : ok_status();
}

// Appends what the plugin emits to the reply.
hearth_transcribe_emit spoken_emit(Request& request) {
  return {&request,
          [](void* ctx, const hearth_transcribe_segment* segment) {
            if (segment != nullptr && HEARTH_HAS_FIELD(segment, hearth_transcribe_segment, confidence))
              put(static_cast<Request*>(ctx)->out, *segment);
          },
          [](void* ctx, const hearth_transcribe_word* word) {
            if (word != nullptr && HEARTH_HAS_FIELD(word, hearth_transcribe_word, confidence))
              put(static_cast<Request*>(ctx)->out, *word);
          }};
}

hearth_status accept(WorkerState& state, Request& request) {
  const auto stream = state.streams.get(request.in.get<WireId>());
  std::vector<float> samples;
  request.in.get_array(samples);
  if (!request.in.done()) return bad_request();
  if (stream == nullptr) return no_such_handle("stream");
  const std::lock_guard lock(stream->busy);
  const auto emit = spoken_emit(request);
  return state.transcribe->accept(stream->handle, samples.data(), samples.size(), &request.call, &emit);
}

hearth_status finish(WorkerState& state, Request& request) {
  const auto stream = state.streams.get(request.in.get<WireId>());
  if (!request.in.done()) return bad_request();
  if (stream == nullptr) return no_such_handle("stream");
  const std::lock_guard lock(stream->busy);
  const auto emit = spoken_emit(request);
  return state.transcribe->finish(stream->handle, &request.call, &emit);
}

RequestHandler find(Method method) {
  switch (method) {
    case Method::kTranscribeInfo: return &info;
    case Method::kStreamNew: return &stream_new;
    case Method::kStreamFree: return &stream_free;
    case Method::kAccept: return &accept;
    case Method::kFinish: return &finish;
    default: return nullptr;
  }
}

}  // namespace

RequestHandler transcribe_handler_of(const hearth_transcribe* transcribe, Method method) {
  if (method == Method::kTranscribeFeatures) return &features;
  const RequestHandler handler = find(method);
  if (handler != nullptr && transcribe == nullptr)
    return [](WorkerState&, Request&) {
      return make_status(Error(ErrorCode::kUnsupported, "this runtime's plugin transcribes no speech"));
    };
  return handler;
}

}  // namespace hearth
