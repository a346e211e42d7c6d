#include "plugin_host/worker_server.h"

#include <thread>

#include "platform/process.h"
#include "plugin_host/plugin_library.h"
#include "plugin_host/synthesize_model.h"
#include "plugin_host/transcribe_model.h"
#include "plugin_host/worker_tensor_state.h"
#include "plugin_host/worker_transcribe_state.h"

namespace hearth {
namespace {

// The lane whose request the current thread serves: what it logs reaches the host before its reply does.
thread_local Channel* current_lane = nullptr;

// The main channel, shared by all threads that are no lane's.
struct MainChannel {
  explicit MainChannel(FileDescriptor fd) : channel(std::move(fd)) {}
  Channel channel;
  std::mutex send_mutex;
  Status send(FrameKind kind, std::span<const std::byte> payload) {
    const std::lock_guard lock(send_mutex);
    return channel.send(kind, payload);
  }
};

class WorkerServices final : public HostServices {
 public:
  WorkerServices(MainChannel& main, WorkerRegions& regions) : main_(main), regions_(regions) {}
  void* alloc(std::size_t size, std::size_t alignment) noexcept override { return regions_.alloc(size, alignment); }
  void dealloc(void* memory, std::size_t) noexcept override { regions_.dealloc(memory); }
  void log(LogLevel level, std::string_view component, std::string_view message) noexcept override {
    constexpr std::size_t kLineBytesMax = 64U << 10;
    WireWriter line;
    put(line, LogLine{static_cast<std::int32_t>(level), component.substr(0, 256), message.substr(0, kLineBytesMax)});
    // A host that is gone ends this process; there is nobody left to tell.
    if (current_lane != nullptr)
      (void)current_lane->send(FrameKind::kLog, line.bytes());
    else
      (void)main_.send(FrameKind::kLog, line.bytes());
  }
  void retire() noexcept override {}

 private:
  MainChannel& main_;
  WorkerRegions& regions_;
};

// Sends the reply; false when the host is gone or the request was given up.
bool reply(Request& request, hearth_status status) {
  const bool delivered = request.flush();
  WireWriter frame;
  put(frame, ReplyHead{status.code, status.message == nullptr ? std::string_view() : std::string_view(status.message)});
  if (status.code == HEARTH_OK) frame.append_all(request.out);
  if (status.message != nullptr && status.free_message != nullptr) status.free_message(status.message);
  if (!delivered) return false;
  const int descriptor = request.carried.memory == nullptr ? -1 : request.carried.memory->descriptor();
  return request.channel
      .send(FrameKind::kReply, frame.bytes(), nullptr, std::span(&descriptor, descriptor < 0 ? 0U : 1U))
      .has_value();
}

bool serve_request(WorkerState& state, Request& request) {
  const CallHead head = get_call_head(request.in);
  request.call.struct_size = sizeof(request.call);
  request.call.n_threads = head.n_threads;
  request.call.deadline_ns = head.deadline_ns;
  request.call.ctx = &request.control;
  request.call.is_cancelled = [](void* ctx) -> std::int32_t {
    return static_cast<LaneControl*>(ctx)->cancelled.load() != 0 ? 1 : 0;
  };
  RequestHandler handler = handler_of(head.method);
  if (handler == nullptr) handler = text_handler_of(state.text, head.method);
  if (handler == nullptr) handler = tensor_handler_of(state.tensor, head.method);
  if (handler == nullptr) handler = transcribe_handler_of(state.transcribe, head.method);
  if (handler == nullptr) handler = synthesize_handler_of(state.synthesize, head.method);
  const hearth_status status = handler == nullptr || !request.in.ok() ? bad_request() : handler(state, request);
  if (reply(request, status)) return true;
  if (request.undo) request.undo();
  return false;
}

void serve_lane(WorkerState& state, FileDescriptor socket, SharedMemory page) {
  auto& control = *std::launder(reinterpret_cast<LaneControl*>(page.data()));
  {
    Channel channel(std::move(socket));
    current_lane = &channel;
    DecodeRequest scratch;
    for (;;) {
      Result<Frame> frame = channel.receive();
      if (!frame || frame->kind != FrameKind::kCall) break;
      // The handler may receive on this channel (restore), which makes the payload invalid: it is the request's own.
      const std::vector<std::byte> payload(frame->payload.begin(), frame->payload.end());
      Request request{channel, control, scratch, WireReader(payload)};
      if (!serve_request(state, request)) break;
    }
    current_lane = nullptr;
  }
  control.worker_is_done.store(1);
}

Status start_lane(WorkerState& state, Channel& main) {
  FileDescriptor socket = main.take_descriptor();
  FileDescriptor page_fd = main.take_descriptor();
  if (!socket || !page_fd) return fail(ErrorCode::kInternal, "a lane came without its descriptors");
  HEARTH_ASSIGN(page, SharedMemory::map(std::move(page_fd), kLaneControlBytes, SharedMemory::Access::kReadWrite));
  // Not joined: the process ends with the main channel, whatever lanes are doing. The host bounds their number.
  std::thread(serve_lane, std::ref(state), std::move(socket), std::move(page)).detach();
  return {};
}

// The table is null when the plugin has none or a broken one, which is logged by the host's own check otherwise.
const hearth_text* text_table_of(const hearth_plugin& plugin) {
  constexpr std::string_view kId = HEARTH_CAP_TEXT;
  const auto* table =
      static_cast<const hearth_text*>(plugin.capability(plugin.self, borrow(kId), HEARTH_CAP_TEXT_MAJOR));
  return table != nullptr && check_text_table(table) ? table : nullptr;
}

const hearth_tensor* tensor_table_of(const hearth_plugin& plugin) {
  constexpr std::string_view kId = HEARTH_CAP_TENSOR;
  const auto* table =
      static_cast<const hearth_tensor*>(plugin.capability(plugin.self, borrow(kId), HEARTH_CAP_TENSOR_MAJOR));
  return table != nullptr && check_tensor_table(table) ? table : nullptr;
}

}  // namespace

int serve_worker(FileDescriptor main_channel, const std::filesystem::path& plugin) {
  // Never freed: detached threads use both until the process is gone.
  auto& main = *new MainChannel(std::move(main_channel));
  auto& state = *new WorkerState;
  auto library = PluginLibrary::open(plugin, std::make_unique<WorkerServices>(main, state.regions));
  WireWriter hello;
  if (library) {
    put(hello, ReplyHead{});
  } else {
    const Error& error = library.error();
    put(hello, ReplyHead{static_cast<std::int32_t>(error.code),
                         error.hint.empty() ? error.message : error.message + "; " + error.hint});
  }
  if (!main.send(FrameKind::kHello, hello.bytes()) || !library) return 1;
  state.plugin = (*library)->table();
  state.text = text_table_of(*state.plugin);
  state.tensor = tensor_table_of(*state.plugin);
  state.transcribe = transcribe_table_of(*state.plugin).value_or(nullptr);
  state.synthesize = synthesize_table_of(*state.plugin).value_or(nullptr);
  for (;;) {
    Result<Frame> frame = main.channel.receive();
    if (!frame) return frame.error().code == ErrorCode::kUnavailable ? 0 : 1;
    if (frame->kind != FrameKind::kLane || !start_lane(state, main.channel)) return 1;
  }
}

}  // namespace hearth
