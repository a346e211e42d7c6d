#include "engine/tensor_resident.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <span>
#include <thread>
#include <utility>

namespace hearth {
namespace {

constexpr std::string_view kHost = "cpu";
constexpr std::size_t kQueueReserved = 64;  // jobs that wait without taking memory: more than a batch on each lane

bool first_dimension_open(const TensorPorts& ports) {
  const auto open = [](const TensorSpec& spec) { return spec.shape.rank() > 0 && spec.shape[0] == Shape::kDynamic; };
  return std::ranges::all_of(ports.inputs, open) && std::ranges::all_of(ports.outputs, open);
}

std::map<std::string, std::string> texts_of(const Result<std::string>& json) {
  std::map<std::string, std::string> texts;
  if (!json) return texts;
  const auto document = nlohmann::json::parse(*json, nullptr, false);
  if (!document.is_object()) return texts;
  for (const auto& [key, value] : document.items())
    if (value.is_string()) texts[key] = value.get<std::string>();
  return texts;
}

std::shared_ptr<const TensorModelFacts> facts_of(const OpenedTensorModel& opened, const TensorSession& session) {
  auto facts = std::make_shared<TensorModelFacts>();
  facts->name = opened.facts.name;
  facts->format = opened.facts.format;
  facts->runtime = opened.facts.runtime;
  facts->runtime_version = opened.facts.runtime_version;
  facts->ports = session.ports();
  facts->session = session.info();
  facts->metadata = texts_of(opened.model->metadata_json());
  facts->record_json = opened.record_json;
  facts->batch_max = first_dimension_open(session.ports()) ? std::max(1U, opened.batch_max) : 1;
  return facts;
}

Status still_wanted(const CallBounds& bounds, Instant now) {
  if (bounds.cancel != nullptr && bounds.cancel->requested())
    return fail(ErrorCode::kCancelled, "the request was cancelled");
  if (bounds.deadline && now > *bounds.deadline)
    return fail(ErrorCode::kDeadlineExceeded, "the request's time was over before it was computed",
                "give it more time, or fewer requests at once");
  return {};
}

// Streams take their working memory when they run beside one another: without that, the first jobs would pay for it.
Status run_beside_one_another(std::span<const std::unique_ptr<BoundTensors>> lanes) {
  if (lanes.size() < 2) return {};
  std::vector<Status> ended(lanes.size());
  const auto run = [&](std::size_t i) {
    if (auto outputs = lanes[i]->run({}); !outputs) ended[i] = fail(std::move(outputs).error());
  };
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < lanes.size(); ++i) threads.emplace_back(run, i);
  for (auto& thread : threads) thread.join();
  for (Status& each : ended) HEARTH_TRY(std::move(each));
  return {};
}

}  // namespace

BoundTensors::BoundTensors(std::shared_ptr<TensorSession> session, std::unique_ptr<TensorRequest> request)
    : session_(std::move(session)),
      request_(std::move(request)),
      inputs_(session_->ports().inputs.size()),
      own_(inputs_.size(), false),
      outputs_(session_->ports().outputs.size()) {}

Result<std::span<const TensorView>> BoundTensors::inputs(std::span<const Shape> shapes) {
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    if (own_[i] && inputs_[i].shape == shapes[i]) continue;
    HEARTH_ASSIGN(view, request_->allocate(Port::kInput, static_cast<std::uint32_t>(i), shapes[i]));
    inputs_[i] = view;
    own_[i] = true;
  }
  return std::span<const TensorView>(inputs_);
}

Status BoundTensors::bind(std::size_t input, const TensorView& view) {
  HEARTH_TRY(request_->bind(Port::kInput, static_cast<std::uint32_t>(input), view));
  own_[input] = false;
  inputs_[input] = view;
  return {};
}

Result<std::span<const TensorView>> BoundTensors::run(const CallBounds& bounds) {
  HEARTH_TRY(request_->run(bounds));
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    HEARTH_ASSIGN(view, request_->tensor(Port::kOutput, static_cast<std::uint32_t>(i)));
    outputs_[i] = view;
  }
  return std::span<const TensorView>(outputs_);
}

TensorResident::TensorResident(OpenedTensorModel opened, std::shared_ptr<TensorSession> session,
                               const TensorResidentPorts& ports)
    : opened_(std::move(opened)),
      session_(std::move(session)),
      ports_(ports),
      facts_(facts_of(opened_, *session_)),
      run_ms_(ports.metrics.histogram("hearth_tensor_run_ms", "computing a batch, milliseconds",
                                      metric_label("model", facts_->name))),
      batch_items_(ports.metrics.histogram("hearth_tensor_batch_items", "items computed at once",
                                           metric_label("model", facts_->name))),
      runs_(
          ports.metrics.counter("hearth_tensor_runs_total", "batches computed", metric_label("model", facts_->name))) {}

TensorResident::~TensorResident() {
  ports_.copies.collect(*session_);
  ports_.copies.forget(*session_);
}

Result<std::shared_ptr<TensorResident>> TensorResident::create(OpenedTensorModel opened,
                                                               const TensorResidentPorts& ports) {
  HEARTH_ASSIGN(session, opened.model->new_session(opened.options));
  std::shared_ptr<TensorResident> resident(new TensorResident(std::move(opened), std::move(session), ports));
  HEARTH_TRY(resident->make_lanes());
  return resident;
}

// Where all shapes are known every lane has its memory from the start, so that what is measured afterwards is all that
// the model takes.
Status TensorResident::make_lanes() {
  const auto& inputs = session_->ports().inputs;
  const bool known =
      std::ranges::all_of(inputs, [](const TensorSpec& spec) { return spec.shape.is_static(); }) && !inputs.empty();
  std::vector<Shape> shapes;
  for (const auto& spec : inputs) shapes.push_back(spec.shape);
  queue_.reserve(kQueueReserved);
  for (std::uint32_t i = 0; i < std::max(1U, session_->info().n_requests); ++i) {
    HEARTH_ASSIGN(request, TensorSession::new_request(session_));
    lanes_.push_back(std::make_unique<BoundTensors>(session_, std::move(request)));
    free_.push_back(lanes_.back().get());
    groups_.push_back(std::make_unique<JobGroup>());
    groups_.back()->jobs.reserve(facts_->batch_max);
    groups_.back()->filled.reserve(facts_->batch_max);
    groups_.back()->shapes.reserve(inputs.size());
    idle_groups_.push_back(groups_.back().get());
    if (known) HEARTH_TRY(lanes_.back()->inputs(shapes));
  }
  if (!known) return {};
  HEARTH_TRY(session_->warm_up());
  const std::size_t n_streams = std::min<std::size_t>(lanes_.size(), session_->info().n_streams);
  return run_beside_one_another(std::span(lanes_).first(n_streams));
}

TensorResident::Taken TensorResident::enqueue(const PendingJob& job, std::size_t queue_max) {
  const std::lock_guard lock(gate_);
  if (retired_) return Taken::kRetired;
  if (queue_.size() >= queue_max) return Taken::kFull;
  queue_.push_back(job);
  return Taken::kYes;
}

JobGroup* TensorResident::next_group() {
  const std::lock_guard lock(gate_);
  if (!admitting_ || retired_ || queue_.empty() || free_.empty()) return nullptr;
  JobGroup* group = idle_groups_.back();  // a free lane's
  idle_groups_.pop_back();
  group->lane = free_.back();
  free_.pop_back();
  const auto joins = [&](const PendingJob& pending) {
    if (group->jobs.empty()) return true;
    const std::string_view kind = group->jobs.front().job->group();
    return !kind.empty() && group->jobs.size() < facts_->batch_max && pending.job->group() == kind;
  };
  // What stays keeps its order.
  std::size_t n_left = 0;
  for (std::size_t i = 0; i < queue_.size(); ++i) {
    if (joins(queue_[i]))
      group->jobs.push_back(std::move(queue_[i]));
    else if (n_left++ != i)
      queue_[n_left - 1] = std::move(queue_[i]);
  }
  queue_.resize(n_left);
  running_ += group->jobs.size();
  return group;
}

void TensorResident::give_back(BoundTensors* lane) {
  {
    const std::lock_guard lock(gate_);
    free_.push_back(lane);
  }
  lane_freed_.notify_one();
}

Result<BoundTensors*> TensorResident::wait_for_lane(const CallBounds& bounds) {
  using namespace std::chrono_literals;
  std::unique_lock lock(gate_);
  while (free_.empty() || retired_) {
    if (retired_) return fail(ErrorCode::kUnavailable, fmt::format("'{}' is being unloaded", name()), "try again");
    HEARTH_TRY(still_wanted(bounds, ports_.clock.now()));
    lane_freed_.wait_for(lock, 20ms);  // a cancel token has nobody to wake us
  }
  BoundTensors* lane = free_.back();
  free_.pop_back();
  return lane;
}

// Binds memory for the group's items and has each written. A job whose item can't be written fails alone: its place in
// the batch holds whatever it held.
Status TensorResident::prepare(JobGroup& group) const {
  const auto n = static_cast<std::uint32_t>(group.jobs.size());
  for (std::size_t i = 0; i < facts_->ports.inputs.size(); ++i) {
    HEARTH_ASSIGN(shape, group.jobs.front().job->shape(*facts_, i, n));
    group.shapes.push_back(shape);
  }
  HEARTH_ASSIGN(inputs, group.lane->inputs(group.shapes));
  for (std::size_t i = 0; i < group.jobs.size(); ++i) {
    TensorJob& job = *group.jobs[i].job;
    const Status wanted = still_wanted(job.bounds(), ports_.clock.now());
    group.filled.push_back(wanted ? job.fill(*facts_, inputs, i) : wanted);
  }
  return {};
}

void TensorResident::note(const JobGroup& group, double infer_ms) {
  runs_.add();
  run_ms_.observe(infer_ms);
  batch_items_.observe(static_cast<double>(group.jobs.size()));
}

void TensorResident::compute(JobGroup& group) {
  const Instant begun = ports_.clock.now();
  Status status = prepare(group);
  Result<std::span<const TensorView>> outputs = std::span<const TensorView>();
  const Instant ready = ports_.clock.now();
  const bool any = std::ranges::any_of(group.filled, [](const Status& each) { return each.has_value(); });
  if (status && any) {
    // One job's deadline is not the others': only a lone job bounds the run.
    outputs = group.lane->run(group.jobs.size() == 1 ? group.jobs.front().job->bounds() : CallBounds{});
    if (!outputs) status = fail(outputs.error());
  }
  const double infer_ms = seconds_between(ready, ports_.clock.now()) * 1000;
  if (status && any) note(group, infer_ms);
  for (std::size_t i = 0; i < group.jobs.size(); ++i) {
    const Status mine = !status ? status : group.filled[i];
    Result<TensorRun> run = TensorRun{};
    if (!mine)
      run = fail(mine.error());
    else
      run = TensorRun{*outputs, i, static_cast<std::uint32_t>(group.jobs.size()),
                      seconds_between(group.jobs[i].arrived, begun) * 1000, infer_ms};
    group.jobs[i].job->finish(facts_.get(), run);
  }
  BoundTensors* const lane = group.lane;
  const std::size_t n_done = group.jobs.size();
  group.jobs.clear();
  group.shapes.clear();
  group.filled.clear();
  {
    const std::lock_guard lock(gate_);
    running_ -= n_done;
    idle_groups_.push_back(&group);
  }
  give_back(lane);
}

std::vector<PendingJob> TensorResident::retire() {
  std::vector<PendingJob> left;
  {
    const std::lock_guard lock(gate_);
    retired_ = true;
    std::ranges::move(queue_, std::back_inserter(left));
    queue_.clear();
  }
  lane_freed_.notify_all();
  return left;
}

void TensorResident::set_admitting(bool admitting) {
  {
    const std::lock_guard lock(gate_);
    admitting_ = admitting;
  }
  if (admitting && resumed_) resumed_();
}

void TensorResident::describe(ModelFacts& facts) const {
  facts.runtime = facts_->runtime;
  facts.runtime_version = facts_->runtime_version;
  facts.slots = static_cast<std::uint32_t>(lanes_.size());
  auto placement = opened_.model->model()->placement();
  if (!placement) return;
  facts.placement = std::move(placement->items);
  facts.held_bytes = MemoryBreakdown{facts.placement}.total_bytes();
}

ModelLoad TensorResident::load() const {
  ModelLoad load;
  load.model = name();
  const std::lock_guard lock(gate_);
  load.waiting = queue_.size();
  load.running = running_;
  return load;
}

std::optional<BytesByPool> TensorResident::measured_bytes() const {
  const auto memory = opened_.model->model()->memory_now();
  if (!memory || memory->items.empty()) return std::nullopt;
  BytesByPool pools;
  for (const auto& item : memory->items) pools[item.device == kHost ? "ram" : item.device] += item.bytes;
  return pools;
}

}  // namespace hearth
