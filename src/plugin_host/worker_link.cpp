// Life and death of the worker process. Calls are in worker_call.cpp.
#include "plugin_host/worker_link.h"

#include <algorithm>
#include <array>

#include "plugin_host/abi_values.h"
#include "plugin_host/worker_lane.h"

namespace hearth {
namespace {

constexpr int kWorkerDescriptor = 3;
constexpr auto kExitWait = std::chrono::seconds(2);  // for a worker whose sockets are closed to be gone
constexpr std::size_t kLastLineBytesMax = 400;

}  // namespace

WorkerLink::WorkerLink(WorkerOptions options, FileDescriptor host_end, FileDescriptor printed)
    : options_(std::move(options)), main_(std::move(host_end)), printed_(std::move(printed)) {}

Result<std::unique_ptr<WorkerLink>> WorkerLink::start(const WorkerOptions& options) {
  HEARTH_ASSIGN(sockets, make_socket_pair());
  HEARTH_ASSIGN(pipe, make_pipe());
  auto link = std::unique_ptr<WorkerLink>(new WorkerLink(options, std::move(sockets.first), std::move(pipe.first)));
  link->monitor_ = std::thread(
      [self = link.get(), worker_end = std::move(sockets.second), print_end = std::move(pipe.second)]() mutable {
        self->monitor(std::move(worker_end), std::move(print_end));
      });
  HEARTH_TRY(link->await_start());
  return link;
}

WorkerLink::~WorkerLink() {
  main_.close_conversation();
  monitor_.join();
}

Status WorkerLink::await_start() {
  std::unique_lock lock(mutex_);
  const bool in_time = changed_.wait_for(lock, options_.start_timeout, [&] { return opened_.has_value(); });
  if (in_time) return *opened_;
  lock.unlock();
  kill("it did not open its plugin in time");
  return fail(ErrorCode::kUnavailable,
              "the worker for '" + options_.plugin.string() + "' did not open its plugin within " +
                  std::to_string(options_.start_timeout.count()) + " ms",
              "look at the log for what it was waiting for");
}

// Runs for the worker's whole life. The kernel sends the worker's parent-death signal when the thread that spawned it
// ends, so that must be a thread that outlives it.
void WorkerLink::monitor(FileDescriptor worker_end, FileDescriptor print_end) {
  SpawnOptions spawn;
  spawn.program = options_.program;
  spawn.arguments = {"--plugin", options_.plugin.string(), "--parent", std::to_string(own_process_id())};
  // Standard output is the host's to write answers on; what the worker prints goes to the log.
  spawn.descriptors = {{print_end.get(), 1}, {print_end.get(), 2}, {worker_end.get(), kWorkerDescriptor}};
  Result<int> pid = spawn_process(spawn);
  worker_end.reset();
  print_end.reset();
  {
    const std::lock_guard lock(mutex_);
    if (pid) {
      pid_ = *pid;
    } else {
      opened_ = fail(Error(ErrorCode::kUnavailable, "the worker did not start: " + pid.error().message,
                           "install hearth again, or run the plugin in this process")
                         .because(pid.error()));
      exit_ = ExitStatus{false, -1};
    }
  }
  if (pid) {
    serve_main_channel();
    reap();
  }
  changed_.notify_all();
}

void WorkerLink::serve_main_channel() {
  for (;;) {
    const unsigned ready = wait_readable(main_.descriptor(), printed_.get(), -1);
    if ((ready & 2U) != 0) take_printed();
    if ((ready & 1U) == 0) continue;
    Status taken = take_main_frames();
    if (taken) continue;
    if (taken.error().code != ErrorCode::kUnavailable) kill("it sent what is no frame: " + taken.error().message);
    return;
  }
}

// All that one readiness brought: the descriptor does not become ready again for frames that are already here.
Status WorkerLink::take_main_frames() {
  HEARTH_ASSIGN(first, main_.receive());
  take_main_frame(first);
  for (;;) {
    HEARTH_ASSIGN(next, main_.buffered());
    if (!next) return {};
    take_main_frame(*next);
  }
}

void WorkerLink::take_main_frame(const Frame& frame) {
  WireReader in(frame.payload);
  if (frame.kind == FrameKind::kHello) {
    const ReplyHead head = get_reply_head(in);
    std::string message(head.message);
    Status opened;
    if (!in.done())
      opened = fail(ErrorCode::kInternal, "the worker's first message is broken");
    else if (head.code != HEARTH_OK)
      opened = take_status({head.code, message.data(), nullptr}, HEARTH_PLUGIN_ENTRY);
    const std::lock_guard lock(mutex_);
    if (!opened_) opened_ = std::move(opened);
    changed_.notify_all();
  } else if (frame.kind == FrameKind::kLog) {
    const LogLine line = get_log_line(in);
    if (in.done()) write_log(line.level, line.component, line.message);
  } else {
    kill("it sent a message that has no place on its main channel");
  }
}

void WorkerLink::take_printed() {
  std::array<std::byte, 4096> buffer;
  const IoOutcome got = read_some(printed_.get(), buffer);
  if (got.kind == IoOutcome::Kind::kWouldBlock) return;
  if (got.kind != IoOutcome::Kind::kMoved) return printed_.reset();
  std::string_view text(reinterpret_cast<const char*>(buffer.data()), got.n_bytes);
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.empty()) continue;
    write_log(HEARTH_LOG_INFO, "worker", line);
    const std::lock_guard lock(mutex_);
    last_line_ = line.substr(0, kLastLineBytesMax);
  }
}

// Leaves no zombie, and no worker that closed its sockets but lives on.
void WorkerLink::reap() {
  const auto kill_at = std::chrono::steady_clock::now() + kExitWait;
  bool killed = false;
  for (auto pause = std::chrono::microseconds(100);; pause = std::min(pause * 2, std::chrono::microseconds(10'000))) {
    while (printed_ && wait_ready(printed_.get(), Readiness::kReadable, 0)) take_printed();
    {
      // Under the lock, so that kill() never meets a process id that is free for others again.
      const std::lock_guard lock(mutex_);
      if (const auto status = wait_for_exit(pid_, std::chrono::milliseconds(0))) {
        exit_ = *status;
        break;
      }
      if (!killed && std::chrono::steady_clock::now() >= kill_at) {
        kill_process(pid_);
        killed = true;
      }
    }
    std::this_thread::sleep_for(pause);
  }
  const std::lock_guard lock(mutex_);
  if (opened_) return;
  opened_ =
      fail(Error(ErrorCode::kWorkerCrashed,
                 "the worker process " + std::to_string(pid_) + " " + describe(*exit_) + " while it opened '" +
                     options_.plugin.string() + "'" + (last_line_.empty() ? "" : "; it last printed: " + last_line_),
                 "the plugin or a library it needs crashes on this machine; hearth goes on without it")
               .with("pid", std::to_string(pid_))
               .with("exit", describe(*exit_)));
}

void WorkerLink::kill(const std::string& why) {
  const std::lock_guard lock(mutex_);
  if (exit_ || pid_ == 0) return;
  if (killed_why_.empty()) killed_why_ = why;
  kill_process(pid_);
}

// What a caller is told. Waits for the exit status, which follows the end of the sockets within milliseconds.
Error WorkerLink::death(Method method, bool during) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, 2 * kExitWait, [&] { return exit_.has_value(); });
  const std::string call = "'" + std::string(method_name(method)) + "'";
  const std::string how = exit_ ? describe(*exit_) : "closed its connection";
  std::string message =
      "the worker process " + std::to_string(pid_) + " of '" + options_.plugin.filename().string() + "' " + how;
  if (!killed_why_.empty()) message += " by its host, because " + killed_why_ + ",";
  message += during ? " during " + call : " before " + call;
  if (!last_line_.empty()) message += "; it last printed: " + last_line_;
  std::string hint = "load the model again; it gets a new worker";
  if (exit_ && *exit_ == ExitStatus{true, kKillSignal} && killed_why_.empty())
    hint += " (a SIGKILL that nobody sent is the system running out of memory)";
  return Error(ErrorCode::kWorkerCrashed, std::move(message), std::move(hint))
      .with("pid", std::to_string(pid_))
      .with("exit", how)
      .with("call", std::string(method_name(method)));
}

void WorkerLink::write_log(std::int32_t level, std::string_view component, std::string_view message) {
  if (options_.logger == nullptr) return;
  const auto known = static_cast<LogLevel>(std::clamp<std::int32_t>(level, HEARTH_LOG_DEBUG, HEARTH_LOG_ERROR));
  options_.logger->write(known, component, message);
}

}  // namespace hearth
