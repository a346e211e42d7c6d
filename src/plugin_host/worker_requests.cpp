// The worker's answers to the calls of hearth_plugin, and what every answer uses.
#include <algorithm>
#include <cstring>

#include "plugin_host/worker_state.h"

namespace hearth {
namespace {

hearth_status describe(WorkerState& state, Request& request) {
  const hearth_sink sink = request.sink();
  return state.plugin->describe(state.plugin->self, &sink);
}

hearth_status score(WorkerState& state, Request& request) {
  const hearth_sink sink = request.sink();
  return state.plugin->score(state.plugin->self, &sink);
}

hearth_status estimate(WorkerState& state, Request& request) {
  const hearth_load_options load = get_load_options(request.in);
  const bool has_text = request.in.get<std::uint32_t>() != 0;
  const hearth_text_options text = has_text ? get_text_options(request.in) : hearth_text_options{};
  if (!request.in.done()) return bad_request();
  const hearth_memory_emit emit = request.memory_emit();
  return state.plugin->estimate(state.plugin->self, &load, has_text ? &text : nullptr, &emit);
}

hearth_status load(WorkerState& state, Request& request) {
  const hearth_load_options options = get_load_options(request.in);
  if (!request.in.done()) return bad_request();
  hearth_model* model = nullptr;
  const hearth_status status = state.plugin->load(state.plugin->self, &options, &request.call, &model);
  if (status.code != HEARTH_OK) return status;
  if (model == nullptr)
    return make_status(Error(ErrorCode::kInvalidData, "the runtime says it loaded the model but gave none",
                             "update the runtime's plugin"));
  const WireId id = state.models.add(std::make_shared<ModelEntry>(state.plugin, model));
  request.undo = [&state, id] { (void)state.models.take(id); };
  request.out.put(id);
  return ok_status();
}

using MemoryCall = hearth_status (*)(hearth_model*, const hearth_memory_emit*);

hearth_status ask_memory(WorkerState& state, Request& request, MemoryCall call) {
  const auto model = state.models.get(request.in.get<WireId>());
  if (model == nullptr) return no_such_handle("model");
  const hearth_memory_emit emit = request.memory_emit();
  return call(model->handle, &emit);
}

hearth_status placement(WorkerState& state, Request& request) {
  return ask_memory(state, request, state.plugin->placement);
}
hearth_status memory_now(WorkerState& state, Request& request) {
  return ask_memory(state, request, state.plugin->memory_now);
}

hearth_status free_model(WorkerState& state, Request& request) {
  return state.models.take(request.in.get<WireId>()) == nullptr ? no_such_handle("model") : ok_status();
}

hearth_status text_features(WorkerState& state, Request& request) {
  TextFeatures features;
  if (state.text != nullptr) {
    features.present = 1;
    features.major = state.text->major;
    std::uint64_t bit = 1;
#define HEARTH_NOTE_PRESENT(name)                                            \
  if (HEARTH_HAS_CALL(state.text, hearth_text, name)) features.calls |= bit; \
  bit <<= 1U;
    HEARTH_TEXT_CALLS(HEARTH_NOTE_PRESENT)
#undef HEARTH_NOTE_PRESENT
  }
  put(request.out, features);
  return ok_status();
}

}  // namespace

RequestHandler handler_of(Method method) {
  switch (method) {
    case Method::kDescribe: return &describe;
    case Method::kScore: return &score;
    case Method::kEstimate: return &estimate;
    case Method::kLoad: return &load;
    case Method::kPlacement: return &placement;
    case Method::kMemoryNow: return &memory_now;
    case Method::kFreeModel: return &free_model;
    case Method::kTextFeatures: return &text_features;
    default: return nullptr;
  }
}

hearth_status bad_request() {
  return make_status(Error(ErrorCode::kInternal, "the host sent a request that is broken",
                           "install hearth again: program and worker belong together"));
}

hearth_status no_such_handle(const char* kind) {
  return make_status(
      Error(ErrorCode::kInvalidArgument, std::string("the host named a ") + kind + " that this worker does not have"));
}

hearth_sink Request::sink() {
  return {this, [](void* ctx, const void* data, std::size_t size) -> std::int32_t {
            auto& self = *static_cast<Request*>(ctx);
            const auto* bytes = static_cast<const std::byte*>(data);
            while (size > 0) {
              if (self.control.stop_stream.load() != 0) return 1;
              const std::size_t n = std::min(size, kStreamChunkBytes - self.unsent.size());
              self.unsent.insert(self.unsent.end(), bytes, bytes + n);
              bytes += n;
              size -= n;
              if (self.unsent.size() == kStreamChunkBytes && !self.flush()) return 1;
            }
            return self.control.stop_stream.load() != 0 ? 1 : 0;
          }};
}

bool Request::flush() {
  if (!host_gone && !unsent.empty()) host_gone = !channel.send(FrameKind::kBytes, unsent).has_value();
  unsent.clear();
  return !host_gone;
}

hearth_source Request::source() {
  return {this, [](void* ctx, void* data, std::size_t size) -> std::size_t {
            auto& self = *static_cast<Request*>(ctx);
            if (self.host_gone || size == 0) return 0;
            // Never more than was asked for: what follows in the host's source belongs to somebody else.
            WireWriter pull;
            pull.put(static_cast<std::uint32_t>(std::min(size, kStreamChunkBytes)));
            self.host_gone = !self.channel.send(FrameKind::kPull, pull.bytes());
            if (self.host_gone) return 0;
            const Result<Frame> frame = self.channel.receive();
            self.host_gone = !frame || frame->kind != FrameKind::kPulled || frame->payload.size() > size;
            if (self.host_gone) return 0;
            if (!frame->payload.empty()) std::memcpy(data, frame->payload.data(), frame->payload.size());
            return frame->payload.size();
          }};
}

hearth_memory_emit Request::memory_emit() {
  return {this, [](void* ctx, const hearth_memory_item* item) {
            auto& self = *static_cast<Request*>(ctx);
            if (item == nullptr || !HEARTH_HAS_FIELD(item, hearth_memory_item, bytes)) return;
            // An older plugin's item may end before mapped_bytes.
            hearth_memory_item whole{};
            std::memcpy(&whole, item, std::min<std::size_t>(item->struct_size, sizeof(whole)));
            WireWriter payload;
            put(payload, whole);
            if (!self.host_gone) self.host_gone = !self.channel.send(FrameKind::kMemoryItem, payload.bytes());
          }};
}

hearth_tokens_emit Request::tokens_emit() {
  return {this, [](void* ctx, const hearth_token* tokens, std::size_t n) {
            auto& self = *static_cast<Request*>(ctx);
            constexpr std::size_t kTokensPerFrame = kStreamChunkBytes / sizeof(hearth_token);
            for (std::span<const hearth_token> left(tokens, n); !left.empty() && !self.host_gone;) {
              const auto part = left.first(std::min(left.size(), kTokensPerFrame));
              WireWriter payload;
              payload.put_array(part);
              self.host_gone = !self.channel.send(FrameKind::kTokens, payload.bytes());
              left = left.subspan(part.size());
            }
          }};
}

}  // namespace hearth
