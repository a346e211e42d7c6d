#include "engine/tensor_engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <memory_resource>
#include <utility>

#include "base/kept_memory.h"

namespace hearth {

class TensorEngine::Pool {
 public:
  explicit Pool(unsigned threads) : threads_(threads) {}
  ~Pool() { threads_.join(); }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  template <class Work>
  void post(Work work) {
    const std::pmr::polymorphic_allocator<std::byte> kept(&memory_);
    boost::asio::post(threads_, boost::asio::bind_allocator(kept, std::move(work)));
  }

 private:
  KeptMemory memory_;  // of what is posted
  boost::asio::thread_pool threads_;
};

// A lane that was lent: the model counts as working until it is given back.
class TensorEngine::Lane final : public TensorLane {
 public:
  Lane(TensorEngine& engine, std::shared_ptr<TensorResident> model, BoundTensors* bound)
      : engine_(engine), model_(std::move(model)), bound_(bound) {}
  ~Lane() override {
    model_->give_back(bound_);
    engine_.start_groups(model_);
    engine_.ports_.residents.request_ended(model_->name());
  }
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  [[nodiscard]] const TensorModelFacts& facts() const override { return *model_->facts(); }
  [[nodiscard]] Result<std::span<const TensorView>> inputs(std::span<const Shape> shapes) override {
    return bound_->inputs(shapes);
  }
  [[nodiscard]] Status bind(std::size_t input, const TensorView& view) override { return bound_->bind(input, view); }
  [[nodiscard]] Result<std::span<const TensorView>> run(const CallBounds& bounds) override {
    auto outputs = bound_->run(bounds);
    if (outputs && !answered_) {
      answered_ = true;
      engine_.ports_.provider.answered(model_->name());
    }
    return outputs;
  }

 private:
  TensorEngine& engine_;
  std::shared_ptr<TensorResident> model_;  // shared: it may be retired meanwhile
  BoundTensors* bound_;                    // the model's
  bool answered_ = false;
};

TensorEngine::TensorEngine(const TensorEngineOptions& options, const TensorEnginePorts& ports)
    : options_(options),
      ports_(ports),
      copies_(ports.metrics),
      pool_(std::make_unique<Pool>(std::max(1U, options.n_threads))) {
  ports_.residents.employ(ModelKind::kTensor, *this);
}

TensorEngine::~TensorEngine() {
  const Error gone(ErrorCode::kUnavailable, "the server is shutting down", "try again later");
  const auto left = ports_.residents.withdraw(ModelKind::kTensor);
  for (const auto& each : left) {
    const auto model = std::static_pointer_cast<TensorResident>(each);
    for (const auto& job : model->retire()) leave(model->name(), job, gone);
  }
  pool_.reset();
  (void)ports_.residents.withdraw(ModelKind::kTensor);  // refuses what came to wait again meanwhile
}

void TensorEngine::leave(const std::string& name, const PendingJob& job, const Error& error) {
  ports_.residents.request_left(name, job.arrived);
  job.job->finish(nullptr, fail(error));
}

void TensorEngine::submit(const std::string& model, std::shared_ptr<TensorJob> job) {
  const Instant arrived = ports_.clock.now();
  if (const auto loaded = ports_.residents.take_loaded(model, ModelKind::kTensor, arrived))
    return hand_over({std::move(job), arrived}, std::static_pointer_cast<TensorResident>(loaded));
  auto name = ports_.residents.resolve(model, ModelKind::kTensor);
  if (!name) return job->finish(nullptr, fail(std::move(name).error()));
  wait_for(*name, {std::move(job), arrived}, false);
}

void TensorEngine::wait_for(const std::string& name, const PendingJob& job, bool again) {
  ResidentModels::Waiting waiting{0, job.arrived, [this, name, job](Result<std::shared_ptr<ResidentModel>> model) {
                                    if (!model) return leave(name, job, model.error());
                                    hand_over(job, std::static_pointer_cast<TensorResident>(*model));
                                  }};
  if (again) return ports_.residents.wait_again(name, std::move(waiting));
  if (auto status = ports_.residents.when_loaded(name, std::move(waiting), options_.queue); !status)
    job.job->finish(nullptr, fail(std::move(status).error()));
}

void TensorEngine::hand_over(const PendingJob& job, const std::shared_ptr<TensorResident>& model) {
  switch (model->enqueue(job, options_.queue)) {
    case TensorResident::Taken::kYes: return start_groups(model);
    case TensorResident::Taken::kRetired: return wait_for(model->name(), job, true);
    case TensorResident::Taken::kFull: break;
  }
  leave(model->name(), job,
        Error(ErrorCode::kOverloaded, fmt::format("{} requests wait for '{}' already", options_.queue, model->name()),
              "try again later")
            .with("retry_after_s", "1"));
}

void TensorEngine::start_groups(const std::shared_ptr<TensorResident>& model) {
  while (JobGroup* group = model->next_group()) {
    for (const auto& job : group->jobs) ports_.residents.request_started(model->name(), job.arrived);
    pool_->post([this, model, group] {
      const std::size_t n = group->jobs.size();
      model->compute(*group);
      ports_.provider.answered(model->name());
      for (std::size_t i = 0; i < n; ++i) ports_.residents.request_ended(model->name());
      start_groups(model);
    });
  }
}

void TensorEngine::with_facts(const std::string& model,
                              std::function<void(Result<std::shared_ptr<const TensorModelFacts>>)> done) {
  auto name = ports_.residents.resolve(model, ModelKind::kTensor);
  if (!name) return done(fail(std::move(name).error()));
  const Instant arrived = ports_.clock.now();
  auto go = [this, name = *name, arrived, done](const Result<std::shared_ptr<ResidentModel>>& got) {
    ports_.residents.request_left(name, arrived);
    if (!got) return done(fail(got.error()));
    pool_->post([done, facts = std::static_pointer_cast<TensorResident>(*got)->facts()] { done(facts); });
  };
  if (auto status = ports_.residents.when_loaded(*name, {0, arrived, std::move(go)}, options_.queue); !status)
    done(fail(std::move(status).error()));
}

Result<std::unique_ptr<TensorLane>> TensorEngine::borrow(const std::string& model, const CallBounds& bounds) {
  HEARTH_ASSIGN(name, ports_.residents.resolve(model, ModelKind::kTensor));
  HEARTH_ASSIGN(loaded, ports_.residents.wait_loaded(name, options_.queue, bounds));
  auto resident = std::static_pointer_cast<TensorResident>(std::move(loaded));
  auto lane = resident->wait_for_lane(bounds);
  if (!lane) {
    ports_.residents.request_ended(name);
    return fail(std::move(lane).error());
  }
  return std::unique_ptr<TensorLane>(std::make_unique<Lane>(*this, std::move(resident), *lane));
}

void TensorEngine::collect_copies() {
  for (const auto& model : ports_.residents.resident(ModelKind::kTensor))
    copies_.collect(std::static_pointer_cast<TensorResident>(model)->session());
}

Result<std::shared_ptr<ResidentModel>> TensorEngine::bring_up(const std::string& name) {
  HEARTH_ASSIGN(opened, ports_.provider.open_tensor(name, {}));
  HEARTH_ASSIGN(resident, TensorResident::create(std::move(opened), {ports_.clock, ports_.metrics, copies_}));
  resident->on_resume([this, weak = std::weak_ptr(resident)] {
    if (const auto model = weak.lock()) start_groups(model);
  });
  return std::shared_ptr<ResidentModel>(std::move(resident));
}

std::function<void()> TensorEngine::retire(const std::shared_ptr<ResidentModel>& model) {
  const auto resident = std::static_pointer_cast<TensorResident>(model);
  return [this, name = resident->name(), left = resident->retire()] {
    for (const auto& job : left) wait_for(name, job, true);
  };
}

}  // namespace hearth
