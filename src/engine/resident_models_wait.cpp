// A model waited for by the thread that wants it.
#include <fmt/format.h>

#include <condition_variable>

#include "engine/resident_models.h"

namespace hearth {

Result<std::shared_ptr<ResidentModel>> ResidentModels::wait_loaded(const std::string& name, std::size_t waiting_max,
                                                                   const CallBounds& bounds) {
  // Shared with the callback, which may come after this gave up.
  struct Arrival {
    std::mutex gate;
    std::condition_variable came;
    std::optional<Result<std::shared_ptr<ResidentModel>>> model;
    bool given_up = false;
  };
  const auto arrival = std::make_shared<Arrival>();
  const Instant arrived = clock_.now();
  auto go = [this, arrival, name, arrived](Result<std::shared_ptr<ResidentModel>> got) {
    const std::lock_guard lock(arrival->gate);
    if (arrival->given_up || !got)
      request_left(name, arrived);
    else
      request_started(name, arrived);
    arrival->model = std::move(got);
    arrival->came.notify_all();
  };
  HEARTH_TRY(when_loaded(name, {0, arrived, std::move(go)}, waiting_max));
  std::unique_lock lock(arrival->gate);
  while (!arrival->model) {
    const bool late = bounds.deadline && clock_.now() > *bounds.deadline;
    if (late || (bounds.cancel != nullptr && bounds.cancel->requested())) {
      arrival->given_up = true;
      return late ? fail(ErrorCode::kDeadlineExceeded, fmt::format("'{}' was not loaded in time", name))
                  : fail(ErrorCode::kCancelled, "the request was cancelled");
    }
    arrival->came.wait_for(lock, std::chrono::milliseconds(20));  // a cancel token has nobody to wake us
  }
  return *arrival->model;
}

}  // namespace hearth
