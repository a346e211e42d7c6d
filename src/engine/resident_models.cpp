#include "engine/resident_models.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/nearest_name.h"

namespace hearth {
namespace {

// Owners in the book beside the model itself: what its context grew by, and its second context.
constexpr const char* kContext = " context";
constexpr const char* kBeside = " second context";

}  // namespace

ResidentModels::ResidentModels(const ResidentModelsOptions& options, ModelDirectory& directory, const Clock& clock,
                               Logger& logger)
    : directory_(directory), clock_(clock), logger_(logger), book_(options.capacities), policy_(options.swaps, book_) {
  for (ModelFacts& facts : directory_.models()) {
    const std::string name = facts.name;
    names_[name] = name;
    for (const auto& alias : facts.aliases) names_.try_emplace(alias, name);
    const auto need = directory_.need(name);
    policy_.set_model(name, need ? *need : ModelNeed{});  // what is wrong with it comes out when it is loaded
    entries_[name].facts = std::move(facts);
  }
  keeper_ = std::thread([this] { keep(); });
}

ResidentModels::~ResidentModels() {
  {
    const std::lock_guard lock(gate_);
    closed_ = stopping_ = true;
  }
  wake_.notify_all();
  keeper_.join();
}

void ResidentModels::employ(ModelKind kind, ModelLoader& loader) {
  const std::lock_guard lock(gate_);
  loaders_[kind] = &loader;
  poke();
}

std::vector<std::shared_ptr<ResidentModel>> ResidentModels::withdraw(ModelKind kind) {
  std::vector<std::shared_ptr<ResidentModel>> left;
  std::deque<Waiting> waiting;
  {
    std::unique_lock lock(gate_);
    loaders_.erase(kind);
    quiet_.wait(lock, [this] { return !acting_; });
    for (auto& [name, entry] : entries_) {
      if (entry.facts.kind != kind) continue;
      std::ranges::move(entry.waiting, std::back_inserter(waiting));
      entry.waiting.clear();
      if (entry.model == nullptr) continue;
      left.push_back(std::move(entry.model));
      entry.model = nullptr;
      release_all(entry);
      entry.state = ModelState::kAbsent;
      policy_.unloaded(name);
    }
  }
  for (auto& each : waiting) each.go(fail(ErrorCode::kUnavailable, "the server is shutting down", "try again later"));
  return left;
}

Unexpected ResidentModels::unknown(const std::string& name) const {
  std::vector<std::string> known;
  for (const auto& [each, to] : names_) known.push_back(each);
  const auto nearest = nearest_name(name, known);
  return fail(Error(ErrorCode::kNotFound, fmt::format("there is no model '{}' here", name),
                    nearest ? fmt::format("did you mean '{}'?", *nearest) : "see /v1/models for those that are")
                  .with("param", "model"));
}

Result<std::string> ResidentModels::resolve(const std::string& name, ModelKind kind) const {
  const std::lock_guard lock(gate_);
  if (name.empty()) {
    const std::string* only = nullptr;
    std::size_t n = 0;
    for (const auto& [each, entry] : entries_) {
      if (entry.facts.kind == kind && n++ == 0) only = &each;
    }
    if (n == 1) return *only;
  }
  const auto found = names_.find(name);
  if (found == names_.end()) return unknown(name);
  if (entries_.at(found->second).facts.kind == kind) return found->second;
  return fail(Error(ErrorCode::kInvalidArgument,
                    fmt::format("'{}' is a {} model and can't answer this", name,
                                to_string(entries_.at(found->second).facts.kind)),
                    "GET /v1/hearth/status lists the models and their kinds")
                  .with("param", "model"));
}

void ResidentModels::poke() {
  poked_ = true;
  wake_.notify_one();
}

Status ResidentModels::when_loaded(const std::string& name, Waiting request, std::size_t waiting_max) {
  std::shared_ptr<ResidentModel> model;
  {
    const std::lock_guard lock(gate_);
    Entry& entry = entries_.at(name);
    if (closed_) return fail(ErrorCode::kUnavailable, "the server is shutting down", "try again later");
    if (entry.quarantine) return fail(*entry.quarantine);
    if (entry.waiting.size() >= waiting_max)
      return fail(Error(ErrorCode::kOverloaded,
                        fmt::format("{} requests wait for '{}' to be loaded already", entry.waiting.size(), name),
                        "try again later")
                      .with("retry_after_s", "5"));
    (void)policy_.request_arrived(name, request.arrived);  // known: names are resolved before
    ++open_;
    if (!policy_.may_start(name) || entry.model == nullptr) {
      entry.waiting.push_back(std::move(request));
      poke();
      return {};
    }
    model = entry.model;
  }
  request.go(model);
  return {};
}

std::shared_ptr<ResidentModel> ResidentModels::take_loaded(const std::string& name, ModelKind kind, Instant arrived) {
  const std::lock_guard lock(gate_);
  const auto found = names_.find(name);
  if (closed_ || found == names_.end()) return nullptr;
  const Entry& entry = entries_.at(found->second);
  if (entry.facts.kind != kind || entry.model == nullptr || !policy_.may_start(found->second)) return nullptr;
  (void)policy_.request_arrived(found->second, arrived);  // known: it is loaded
  ++open_;
  return entry.model;
}

void ResidentModels::wait_again(const std::string& name, Waiting request) {
  std::shared_ptr<ResidentModel> model;
  {
    const std::lock_guard lock(gate_);
    Entry& entry = entries_.at(name);
    if (!policy_.may_start(name) || entry.model == nullptr || entry.state == ModelState::kFailed) {
      entry.waiting.push_back(std::move(request));
      poke();
      return;
    }
    model = entry.model;
  }
  request.go(model);
}

ResidentModels::Go ResidentModels::take_waiting(std::uint64_t id) {
  const std::lock_guard lock(gate_);
  for (auto& [name, entry] : entries_) {
    const auto at = std::ranges::find(entry.waiting, id, &Waiting::id);
    if (at == entry.waiting.end()) continue;
    Go go = std::move(at->go);
    entry.waiting.erase(at);
    return go;
  }
  return {};
}

bool ResidentModels::while_resident(const std::string& name, const std::shared_ptr<ResidentModel>& model,
                                    const std::function<void()>& use) {
  const std::lock_guard lock(gate_);
  if (entries_.at(name).model != model) return false;
  use();
  return true;
}

std::vector<std::shared_ptr<ResidentModel>> ResidentModels::resident(ModelKind kind) const {
  const std::lock_guard lock(gate_);
  std::vector<std::shared_ptr<ResidentModel>> models;
  for (const auto& [name, entry] : entries_) {
    if (entry.facts.kind == kind && entry.model != nullptr) models.push_back(entry.model);
  }
  return models;
}

void ResidentModels::request_started(const std::string& name, Instant arrived) {
  const std::lock_guard lock(gate_);
  policy_.request_started(name, arrived, clock_.now());
}

void ResidentModels::request_left(const std::string& name, Instant arrived) {
  const std::lock_guard lock(gate_);
  policy_.request_left(name, arrived);
  if (--open_ == 0) quiet_.notify_all();
  poke();
}

void ResidentModels::request_ended(const std::string& name) {
  const std::lock_guard lock(gate_);
  policy_.request_ended(name, clock_.now());
  if (--open_ == 0) quiet_.notify_all();
  poke();
}

void ResidentModels::request_returned(const std::string& name, Instant arrived) {
  const std::lock_guard lock(gate_);
  policy_.request_returned(name, arrived);
}

Status ResidentModels::reserve_growth(const std::string& name, const BytesByPool& wanted) {
  const std::lock_guard lock(gate_);
  Entry& entry = entries_.at(name);
  BytesByPool more;
  for (const auto& [pool, bytes] : wanted) {
    const auto had = entry.held.find(pool);
    const std::uint64_t held = had == entry.held.end() ? 0 : had->second;
    if (bytes > held) more[pool] = bytes - held;
  }
  // While the cells move, the old ones are still there.
  BytesByPool transient = more;
  HEARTH_ASSIGN(reservation, book_.reserve({name + kContext, more, transient}));
  entry.reservations.push_back(std::move(reservation));
  return {};
}

void ResidentModels::grown(const std::string& name, bool done) {
  const std::lock_guard lock(gate_);
  Entry& entry = entries_.at(name);
  if (!done) {
    entry.reservations.pop_back();
    return;
  }
  entry.reservations.back().commit();
  book_again(name, entry);
}

Status ResidentModels::reserve_beside(const std::string& name, const BytesByPool& wanted) {
  const std::lock_guard lock(gate_);
  Entry& entry = entries_.at(name);
  if (entry.reservations.empty() || !entry.beside.empty())
    return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' has no room for one more context beside it", name));
  HEARTH_ASSIGN(reservation, book_.reserve({name + kBeside, wanted, {}}));
  entry.beside = std::move(reservation);
  return {};
}

void ResidentModels::made_beside(const std::string& name, bool done) {
  const std::lock_guard lock(gate_);
  Entry& entry = entries_.at(name);
  if (entry.beside.empty()) return;  // given up with the model
  if (done)
    entry.beside.commit();
  else
    entry.beside.release();
  book_again(name, entry);
  poke();  // who waits for memory may have it now
}

void ResidentModels::release_all(Entry& entry) {
  entry.reservations.clear();
  entry.beside.release();
  entry.held.clear();
}

// What unloading the model would give back.
void ResidentModels::book_again(const std::string& name, Entry& entry) {
  entry.held.clear();
  for (const auto& holder : book_.holders()) {
    if (holder.owner == name || holder.owner == name + kContext || holder.owner == name + kBeside)
      entry.held = bytes_together(entry.held, holder.bytes);
  }
  policy_.resized(name, entry.held);
}

FailureVerdict ResidentModels::verdict_on(const std::string& name, const Error& error) const {
  return judge_ ? judge_(name, error) : FailureVerdict{};
}

void ResidentModels::failed(const std::string& name, const Error& error) {
  logger_.write(LogLevel::kError, "engine", fmt::format("{} can't go on: {}", name, to_string(error)));
  FailureVerdict verdict = verdict_on(name, error);
  const std::lock_guard lock(gate_);
  Entry& entry = entries_.at(name);
  entry.state = ModelState::kFailed;
  entry.quarantine = std::move(verdict.quarantine);
  policy_.hold(name, after(clock_.now(), verdict.wait_s));
  broken_.push_back(name);
  poke();
}

bool ResidentModels::release(const std::string& name) {
  const std::lock_guard lock(gate_);
  const auto found = entries_.find(name);
  if (found == entries_.end() || !found->second.quarantine) return false;
  found->second.quarantine.reset();
  if (found->second.model == nullptr) found->second.state = ModelState::kAbsent;
  poke();
  return true;
}

void ResidentModels::unload_idle() {
  const std::lock_guard lock(gate_);
  policy_.unload_idle();
  poke();
}

void ResidentModels::set_leaving(const std::string& name, bool leaving) {
  const std::lock_guard lock(gate_);
  policy_.set_leaving(name, leaving);
  poke();
}

Result<ModelFacts> ResidentModels::facts(const std::string& name) const {
  ModelFacts facts;
  std::shared_ptr<ResidentModel> model;
  {
    const std::lock_guard lock(gate_);
    const auto found = names_.find(name);
    if (found == names_.end() && !(name.empty() && entries_.size() == 1)) return unknown(name);
    const Entry& entry = found == names_.end() ? entries_.begin()->second : entries_.at(found->second);
    facts = entry.facts;
    facts.state = entry.state;
    model = entry.model;
  }
  if (model != nullptr) model->describe(facts);
  return facts;
}

EngineStatus ResidentModels::status() const {
  EngineStatus status;
  std::vector<std::shared_ptr<ResidentModel>> models;
  {
    const std::lock_guard lock(gate_);
    for (const auto& [name, entry] : entries_) {
      status.models.push_back(entry.facts);
      status.models.back().state = entry.state;
      models.push_back(entry.model);
    }
    status.pools = book_.pools();
    status.swaps = policy_.loads();
    status.draining = closed_;
  }
  for (std::size_t i = 0; i < models.size(); ++i) {
    if (models[i] == nullptr) continue;
    models[i]->describe(status.models[i]);
    status.loads.push_back(models[i]->load());
  }
  return status;
}

void ResidentModels::close() {
  const std::lock_guard lock(gate_);
  closed_ = true;
}

bool ResidentModels::closed() const {
  const std::lock_guard lock(gate_);
  return closed_;
}

bool ResidentModels::drain(double at_most_s) {
  std::unique_lock lock(gate_);
  closed_ = true;
  return quiet_.wait_for(lock, std::chrono::duration<double>(at_most_s), [this] { return open_ == 0; });
}

}  // namespace hearth
