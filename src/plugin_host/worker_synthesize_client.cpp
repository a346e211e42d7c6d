// The synthesize table of a plugin in a worker. Audio comes as the bytes of its samples while the call goes on.
#include <algorithm>
#include <cstring>
#include <vector>

#include "plugin_host/abi_values.h"
#include "plugin_host/wire_synthesize.h"
#include "plugin_host/worker_client.h"

namespace hearth {
namespace {

ProxyModel& proxy(hearth_model* model) { return *reinterpret_cast<ProxyModel*>(model); }

hearth_status broken_reply() {
  return make_status(Error(ErrorCode::kInternal, "the worker sent a broken reply", "load the model again"));
}

Result<WorkerReply> ask(hearth_model* model, Method method) {
  WireWriter arguments;
  arguments.put(proxy(model).id);
  return proxy(model).link->call(method, arguments, nullptr, {});
}

hearth_status info(hearth_model* model, hearth_synthesize_info* out) {
  const Result<WorkerReply> reply = ask(model, Method::kSynthesizeInfo);
  if (!reply) return make_status(reply.error());
  WireReader in(reply->payload);
  hearth_synthesize_info value = get_synthesize_info(in);
  if (!in.done()) return broken_reply();
  value.languages = borrow(proxy(model).client->keep(view(value.languages)));
  const auto size = out->struct_size;
  std::memcpy(out, &value, std::min<std::size_t>(size, sizeof(value)));
  out->struct_size = size;
  return ok_status();
}

hearth_status voices(hearth_model* model, const hearth_voice_emit* emit) {
  const Result<WorkerReply> reply = ask(model, Method::kVoices);
  if (!reply) return make_status(reply.error());
  WireReader in(reply->payload);
  return emit_voices(in, *emit) ? ok_status() : broken_reply();
}

// Bytes as they arrive, which may be cut inside a sample, as samples.
struct SampleBytes {
  const hearth_audio_sink& sink;
  std::vector<float> samples = {};
  std::vector<std::byte> begun = {};  // of a sample, less than its size

  static std::int32_t take(void* ctx, const void* data, std::size_t size) {
    auto& self = *static_cast<SampleBytes*>(ctx);
    const auto* bytes = static_cast<const std::byte*>(data);
    self.begun.insert(self.begun.end(), bytes, bytes + size);
    self.samples.resize(self.begun.size() / sizeof(float));
    const std::size_t n_whole = self.samples.size() * sizeof(float);
    if (n_whole == 0) return 0;
    std::memcpy(self.samples.data(), self.begun.data(), n_whole);
    self.begun.erase(self.begun.begin(), self.begun.begin() + static_cast<std::ptrdiff_t>(n_whole));
    return self.sink.write(self.sink.ctx, self.samples.data(), self.samples.size());
  }
};

hearth_status synthesize(hearth_model* model, hearth_str text, const hearth_synthesize_options* options,
                         const hearth_call* call, const hearth_audio_sink* sink) {
  WireWriter arguments;
  arguments.put(proxy(model).id);
  arguments.put_text(view(text));
  put(arguments, *options);
  SampleBytes samples{*sink};
  const hearth_sink bytes{&samples, &SampleBytes::take};
  return status_of(proxy(model).link->call(Method::kSynthesize, arguments, call, {.sink = &bytes}));
}

}  // namespace

hearth_synthesize make_synthesize_proxy() {
  return {sizeof(hearth_synthesize), HEARTH_CAP_SYNTHESIZE_MAJOR, &info, &voices, &synthesize};
}

}  // namespace hearth
