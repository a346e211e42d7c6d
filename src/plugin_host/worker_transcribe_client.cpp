// The transcribe table of a plugin in a worker. Audio crosses inside the call: 64 kB a second are not worth a mapping.
#include <algorithm>
#include <cstring>
#include <span>

#include "plugin_host/abi_values.h"
#include "plugin_host/wire_transcribe.h"
#include "plugin_host/worker_client.h"

namespace hearth {
namespace {

ProxyModel& proxy(hearth_model* model) { return *reinterpret_cast<ProxyModel*>(model); }

hearth_status broken_reply() {
  return make_status(Error(ErrorCode::kInternal, "the worker sent a broken reply", "load the model again"));
}

struct ProxyStream {
  WorkerLink* link;
  WireId id;
};
ProxyStream& proxy(hearth_transcribe_stream* stream) { return *reinterpret_cast<ProxyStream*>(stream); }

hearth_status info(hearth_model* model, hearth_transcribe_info* out) {
  WireWriter arguments;
  arguments.put(proxy(model).id);
  const Result<WorkerReply> reply = proxy(model).link->call(Method::kTranscribeInfo, arguments, nullptr, {});
  if (!reply) return make_status(reply.error());
  WireReader in(reply->payload);
  hearth_transcribe_info value = get_transcribe_info(in);
  if (!in.done()) return broken_reply();
  value.languages = borrow(proxy(model).client->keep(view(value.languages)));
  const auto size = out->struct_size;
  std::memcpy(out, &value, std::min<std::size_t>(size, sizeof(value)));
  out->struct_size = size;
  return ok_status();
}

hearth_status stream_new(hearth_model* model, const hearth_transcribe_options* options,
                         hearth_transcribe_stream** out) {
  WireWriter arguments;
  arguments.put(proxy(model).id);
  put(arguments, *options);
  const Result<WorkerReply> reply = proxy(model).link->call(Method::kStreamNew, arguments, nullptr, {});
  if (!reply) return make_status(reply.error());
  WireReader in(reply->payload);
  const auto id = in.get<WireId>();
  if (!in.done() || id == 0) return broken_reply();
  *out = reinterpret_cast<hearth_transcribe_stream*>(new ProxyStream{proxy(model).link, id});
  return ok_status();
}

void stream_free(hearth_transcribe_stream* stream) {
  if (stream == nullptr) return;
  const std::unique_ptr<ProxyStream> owned(&proxy(stream));
  free_in_worker(*owned->link, Method::kStreamFree, owned->id);
}

hearth_status hand_on(const Result<WorkerReply>& reply, const hearth_transcribe_emit* emit) {
  if (!reply) return make_status(reply.error());
  WireReader in(reply->payload);
  return emit_spoken(in, *emit) ? ok_status() : broken_reply();
}

hearth_status accept(hearth_transcribe_stream* stream, const float* samples, std::size_t n, const hearth_call* call,
                     const hearth_transcribe_emit* emit) {
  std::span<const float> left(samples, n);
  do {
    const auto part = left.first(std::min(left.size(), kAudioSamplesPerCall));
    WireWriter arguments;
    arguments.put(proxy(stream).id);
    arguments.put_array(part);
    const auto status = hand_on(proxy(stream).link->call(Method::kAccept, arguments, call, {}), emit);
    if (status.code != HEARTH_OK) return status;
    left = left.subspan(part.size());
  } while (!left.empty());
  return ok_status();
}

hearth_status finish(hearth_transcribe_stream* stream, const hearth_call* call, const hearth_transcribe_emit* emit) {
  WireWriter arguments;
  arguments.put(proxy(stream).id);
  return hand_on(proxy(stream).link->call(Method::kFinish, arguments, call, {}), emit);
}

}  // namespace

hearth_transcribe make_transcribe_proxy() {
  return {sizeof(hearth_transcribe), HEARTH_CAP_TRANSCRIBE_MAJOR, &info, &stream_new, &stream_free, &accept, &finish};
}

}  // namespace hearth
