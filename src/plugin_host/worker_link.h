// The host's end of one hearth-worker: its process, its lanes, and what its death means to its callers.
#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/log.h"
#include "platform/process.h"
#include "platform/shared_memory.h"
#include "plugin_host/channel.h"
#include "plugin_host/wire_messages.h"

namespace hearth {

struct WorkerOptions {
  std::filesystem::path program;                    // hearth-worker
  std::filesystem::path plugin;                     // the library it loads
  Logger* logger = nullptr;                         // borrowed, outlives the worker; may be null
  std::chrono::milliseconds start_timeout{60'000};  // vendor libraries take seconds to open their drivers
  std::chrono::milliseconds grace{
      1'000};  // for a call to come back after its deadline or cancel, before it is given up
};

// Where what a call sends before it ends goes; null where a call sends none. Called on the calling thread.
struct CallReceivers {
  const hearth_sink* sink = nullptr;
  const hearth_memory_emit* memory = nullptr;
  const hearth_tokens_emit* tokens = nullptr;
  const hearth_source* source = nullptr;
};

struct WorkerReply {
  std::vector<std::byte> payload;
  FileDescriptor descriptor;  // of a row region, where one came along
};

// Calls at once: each takes a lane, a socket of its own served by a thread of its own in the worker, so that no call
// waits behind another and a callback runs on the thread that called. Further calls wait for a lane.
inline constexpr std::size_t kLanesMax = 64;

// Internally locked: call() runs on any number of threads.
class WorkerLink {
 public:
  // Returns when the worker has opened the plugin. The plugin's own error when it did not; Unavailable when the program
  // can't be started or takes too long; WorkerCrashed when it died on the way.
  static Result<std::unique_ptr<WorkerLink>> start(const WorkerOptions& options);
  // Ends the worker and waits until it is gone. No call may be running.
  ~WorkerLink();
  WorkerLink(const WorkerLink&) = delete;
  WorkerLink& operator=(const WorkerLink&) = delete;

  // Runs one request to its end. `arguments` is what follows the CallHead; `bounds` may be null.
  // The worker's own error, or: WorkerCrashed when it died (at once: the operating system closes its sockets);
  // DeadlineExceeded and Cancelled when it did not come back within the grace after either, then the call is given up
  // and ends in the worker when it ends; Internal when it sent what is no answer, then it is killed.
  Result<WorkerReply> call(Method method, const WireWriter& arguments, const hearth_call* bounds,
                           const CallReceivers& receivers);
  [[nodiscard]] int pid() const { return pid_; }
  // SIGKILL, which a stopped process obeys too; calls under way get kWorkerCrashed with `why`. Thread-safe.
  void kill(const std::string& why);

 private:
  struct Lane;
  class CallPatience;
  struct Conversation;
  explicit WorkerLink(WorkerOptions options, FileDescriptor host_end, FileDescriptor printed);

  void monitor(FileDescriptor worker_end, FileDescriptor print_end);
  void serve_main_channel();
  Status take_main_frames();
  void take_main_frame(const Frame& frame);
  void take_printed();
  void reap();
  Status await_start();

  Result<std::unique_ptr<Lane>> acquire(Method method, Patience& patience);
  Result<std::unique_ptr<Lane>> open_lane(Patience& patience);
  void give_back(std::unique_ptr<Lane> lane, bool usable);
  std::size_t lanes_in_use();  // with mutex_ held
  Result<WorkerReply> end_broken(Method method, Error reason, std::unique_ptr<Lane> lane);
  Error death(Method method, bool during);
  void write_log(std::int32_t level, std::string_view component, std::string_view message);

  const WorkerOptions options_;
  Channel main_;            // lanes out, hello and log lines in
  FileDescriptor printed_;  // what the worker prints, which is what vendor libraries say before they abort
  std::mutex send_mutex_;   // for main_.send
  std::thread monitor_;     // starts the worker too: its parent in the kernel's eyes is this thread

  std::mutex mutex_;
  std::condition_variable changed_;
  int pid_ = 0;                   // written once, before start() returns
  std::optional<Status> opened_;  // spawned and said hello, or why not
  std::optional<ExitStatus> exit_;
  std::string killed_why_;  // by this host
  std::string last_line_;   // last thing printed
  std::vector<std::unique_ptr<Lane>> idle_;
  std::size_t n_busy_ = 0;
  std::vector<SharedMemory> given_up_;  // control pages of lanes whose call still runs in the worker
};

}  // namespace hearth
