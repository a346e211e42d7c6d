// Calls of WorkerLink: lanes and the conversation on one.
#include "plugin_host/abi_values.h"
#include "plugin_host/worker_lane.h"
#include "plugin_host/worker_link.h"

namespace hearth {
namespace {

Unexpected broken(std::string_view what) {
  return fail(ErrorCode::kInternal, "the worker sent a broken or unexpected message (" + std::string(what) + ")");
}

}  // namespace

// What happens on a lane between a request and its reply.
struct WorkerLink::Conversation {
  WorkerLink& link;
  Lane& lane;
  CallPatience& patience;
  const CallReceivers& receivers;
  bool given_up = false;

  // The reply's status is in `status`; an error returned means that the lane is of no more use.
  Result<WorkerReply> run(std::span<const std::byte> request, Status& status) {
    HEARTH_TRY(lane.channel.send(FrameKind::kCall, request, &patience));
    for (;;) {
      Result<Frame> frame = lane.channel.receive(&patience);
      if (!frame && frame.error().code == ErrorCode::kDeadlineExceeded && !given_up) {
        // A reply that comes from now on is refused on its way, so the worker frees what it made for it. One that had
        // come already is still received: no handle is ever lost between the two.
        given_up = true;
        lane.channel.close_conversation();
        continue;
      }
      if (!frame) return fail(std::move(frame).error());
      if (frame->kind == FrameKind::kReply) return take_reply(*frame, status);
      HEARTH_TRY(take(*frame));
    }
  }

  Result<WorkerReply> take_reply(const Frame& frame, Status& status) {
    WireReader in(frame.payload);
    const ReplyHead head = get_reply_head(in);
    if (!in.ok()) return broken("reply");
    WorkerReply reply;
    const auto rest = frame.payload.subspan(sizeof(head.code) + sizeof(std::uint32_t) + head.message.size());
    reply.payload.assign(rest.begin(), rest.end());
    reply.descriptor = lane.channel.take_descriptor();
    std::string message(head.message);
    status = take_status({head.code, message.empty() ? nullptr : message.data(), nullptr}, "call");
    // A short stream is sent to its end before the receiver's "no more" arrives there; its caller is told all the same.
    if (status && lane.control->stop_stream.load() != 0)
      status = fail(ErrorCode::kCancelled, "the receiver of the bytes stopped");
    return reply;
  }

  Status take(const Frame& frame) {
    WireReader in(frame.payload);
    switch (frame.kind) {
      case FrameKind::kBytes:
        if (receivers.sink == nullptr) return broken("bytes");
        if (lane.control->stop_stream.load() == 0 &&
            receivers.sink->write(receivers.sink->ctx, frame.payload.data(), frame.payload.size()) != 0)
          lane.control->stop_stream.store(1);
        return {};
      case FrameKind::kMemoryItem: {
        const hearth_memory_item item = get_memory_item(in);
        if (!in.done() || receivers.memory == nullptr) return broken("memory item");
        receivers.memory->item(receivers.memory->ctx, &item);
        return {};
      }
      case FrameKind::kTokens: {
        std::vector<hearth_token> tokens;
        in.get_array(tokens);
        if (!in.done() || receivers.tokens == nullptr) return broken("tokens");
        receivers.tokens->tokens(receivers.tokens->ctx, tokens.data(), tokens.size());
        return {};
      }
      case FrameKind::kLog: {
        const LogLine line = get_log_line(in);
        if (!in.done()) return broken("log line");
        link.write_log(line.level, line.component, line.message);
        return {};
      }
      case FrameKind::kPull: return answer_pull(in);
      default: return broken("kind");
    }
  }

  Status answer_pull(WireReader& in) {
    const std::size_t wanted = std::min<std::size_t>(in.get<std::uint32_t>(), kStreamChunkBytes);
    if (!in.done() || receivers.source == nullptr) return broken("pull");
    std::vector<std::byte> bytes(wanted);
    const std::size_t n = std::min(wanted, receivers.source->read(receivers.source->ctx, bytes.data(), wanted));
    return lane.channel.send(FrameKind::kPulled, std::span(bytes).first(n), &patience);
  }
};

Result<WorkerReply> WorkerLink::call(Method method, const WireWriter& arguments, const hearth_call* bounds,
                                     const CallReceivers& receivers) {
  CallPatience patience(bounds, options_.grace);
  HEARTH_ASSIGN(lane, acquire(method, patience));
  lane->control->cancelled.store(0);
  lane->control->stop_stream.store(0);
  patience.attach(*lane->control);

  WireWriter request;
  CallHead head{method, 0, 0};
  if (bounds != nullptr && HEARTH_HAS_FIELD(bounds, hearth_call, deadline_ns)) {
    head.n_threads = bounds->n_threads;
    head.deadline_ns = bounds->deadline_ns;
  }
  put(request, head);
  request.append_all(arguments);
  if (request.bytes().size() > kFramePayloadBytesMax) {
    give_back(std::move(lane), true);
    return fail(ErrorCode::kInvalidArgument,
                "'" + std::string(method_name(method)) + "' with " + std::to_string(request.bytes().size()) +
                    " bytes is more than a worker takes at once",
                "send less than 64 MiB in one call");
  }
  Conversation conversation{*this, *lane, patience, receivers};
  Status status;
  Result<WorkerReply> reply = conversation.run(request.bytes(), status);
  if (reply) {
    give_back(std::move(lane), !conversation.given_up);
    if (!status) return fail(std::move(status).error());
    return reply;
  }
  Error reason = std::move(reply).error();
  if (conversation.given_up || reason.code == ErrorCode::kDeadlineExceeded)
    reason = Error(patience.reason(),
                   "the worker process " + std::to_string(pid_) + " did not come back from '" +
                       std::string(method_name(method)) + "' within " + std::to_string(options_.grace.count()) +
                       " ms after its " + (patience.reason() == ErrorCode::kCancelled ? "cancel" : "deadline"),
                   "the call ends in the worker when it ends; later calls on the same context wait for it");
  return end_broken(method, std::move(reason), std::move(lane));
}

Result<WorkerReply> WorkerLink::end_broken(Method method, Error reason, std::unique_ptr<Lane> lane) {
  lane->channel.close_conversation();
  give_back(std::move(lane), false);
  if (reason.code == ErrorCode::kCancelled || reason.code == ErrorCode::kDeadlineExceeded)
    return fail(std::move(reason));
  if (reason.code == ErrorCode::kUnavailable) return fail(death(method, true));
  kill(reason.message);
  Error broken(ErrorCode::kInternal, "'" + std::string(method_name(method)) + "' failed: " + reason.message,
               "the worker was ended; load the model again");
  return fail(std::move(broken).because(std::move(reason)));
}

std::size_t WorkerLink::lanes_in_use() {
  std::erase_if(given_up_, [](const SharedMemory& page) {
    return std::launder(reinterpret_cast<LaneControl*>(page.data()))->worker_is_done.load() != 0;
  });
  return n_busy_ + idle_.size() + given_up_.size();
}

Result<std::unique_ptr<WorkerLink::Lane>> WorkerLink::acquire(Method method, Patience& patience) {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (exit_) {
      lock.unlock();
      return fail(death(method, false));
    }
    if (!idle_.empty()) {
      auto lane = std::move(idle_.back());
      idle_.pop_back();
      ++n_busy_;
      return lane;
    }
    if (lanes_in_use() < kLanesMax) break;
    const auto wait_ms = patience.next_wait_ms();
    if (!wait_ms)
      return fail(ErrorCode::kOverloaded,
                  "'" + std::string(method_name(method)) + "' found no free lane to the worker process " +
                      std::to_string(pid_) + ": " + std::to_string(kLanesMax) + " calls run there",
                  "send fewer calls at once, or end the worker if it hangs");
    // Given-up lanes end without a notice to this process; hence never for ever.
    changed_.wait_for(lock, std::chrono::milliseconds(*wait_ms < 0 ? 100 : std::min(*wait_ms, 100)));
  }
  ++n_busy_;
  lock.unlock();
  auto opened = open_lane(patience);
  if (opened) return opened;
  lock.lock();
  --n_busy_;
  lock.unlock();
  if (opened.error().code == ErrorCode::kWorkerCrashed) return fail(death(method, false));
  return opened;
}

Result<std::unique_ptr<WorkerLink::Lane>> WorkerLink::open_lane(Patience& patience) {
  HEARTH_ASSIGN(sockets, make_socket_pair());
  HEARTH_ASSIGN(page, SharedMemory::create("hearth-lane", kLaneControlBytes));
  auto lane = std::make_unique<Lane>(std::move(sockets.first), std::move(page));
  const int descriptors[] = {sockets.second.get(), lane->control_page.descriptor()};
  const std::lock_guard lock(send_mutex_);
  Status sent = main_.send(FrameKind::kLane, {}, &patience, descriptors);
  if (sent) return lane;
  Error error = std::move(sent).error();
  if (error.code == ErrorCode::kUnavailable) error.code = ErrorCode::kWorkerCrashed;
  return fail(std::move(error));
}

void WorkerLink::give_back(std::unique_ptr<Lane> lane, bool usable) {
  const std::lock_guard lock(mutex_);
  --n_busy_;
  if (usable)
    idle_.push_back(std::move(lane));
  else
    given_up_.push_back(std::move(lane->control_page));
  changed_.notify_one();
}

}  // namespace hearth
