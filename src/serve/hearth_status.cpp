#include "serve/hearth_status.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

namespace hearth::serve {
namespace {

using nlohmann::ordered_json;

// A path or a name may be no UTF-8.
std::string text_of(const ordered_json& document) {
  return document.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

const ModelLoad* load_of(const EngineStatus& status, const std::string& model) {
  const auto found = std::find_if(status.loads.begin(), status.loads.end(),
                                  [&model](const ModelLoad& load) { return load.model == model; });
  return found == status.loads.end() ? nullptr : &*found;
}

std::string rung_of(const ModelFacts& facts) { return facts.rung.empty() ? "full" : facts.rung; }

// A load may name only the slots in use.
ordered_json load_fields(const ModelLoad& load, std::uint32_t n_slots) {
  const auto busy = std::count_if(load.slots.begin(), load.slots.end(), [](const auto& slot) { return slot.request; });
  return {{"waiting", load.waiting},
          {"running", load.running},
          {"slots", {{"total", std::max<std::size_t>(n_slots, load.slots.size())}, {"busy", busy}}},
          {"cells", {{"total", load.context_cells}, {"used", load.used_cells}}}};
}

ordered_json model_entry(const ModelFacts& facts, const ModelLoad* load) {
  ordered_json entry = {{"name", facts.name},
                        {"bytes", facts.held_bytes},
                        {"rung", rung_of(facts)},
                        {"requests", load == nullptr ? 0 : load->waiting + load->running},
                        {"state", to_string(facts.state)},
                        {"kind", to_string(facts.kind)},
                        {"aliases", facts.aliases},
                        {"pinned", facts.pinned},
                        {"file_bytes", facts.file_bytes}};
  if (!facts.path.empty()) entry["path"] = facts.path;
  if (!facts.runtime.empty()) entry["runtime"] = facts.runtime;
  if (!facts.runtime_version.empty()) entry["runtime_version"] = facts.runtime_version;
  if (facts.context_length > 0) entry["context_length"] = facts.context_length;
  if (!facts.placement.empty()) entry["components"] = MemoryBreakdown{facts.placement}.by_component();
  if (load != nullptr) entry.update(load_fields(*load, facts.slots));
  return entry;
}

ordered_json pool_entry(const ReservationBook::Pool& pool) {
  return {{"name", pool.name},
          {"capacity_bytes", pool.capacity_bytes},
          {"reserved_bytes", pool.reserved_bytes},
          {"committed_bytes", pool.committed_bytes},
          {"peak_bytes", pool.peak_bytes}};
}

ordered_json sensor_fields(const std::vector<SensorReading>& sensors) {
  ordered_json fields = ordered_json::object();
  std::map<std::string, int> seen;
  for (const auto& sensor : sensors) {
    const int n = ++seen[sensor.name];
    const std::string name = n == 1 ? sensor.name : sensor.name + " " + std::to_string(n);
    fields[name] = {{"value", sensor.value}, {"unit", sensor.unit}};
  }
  return fields;
}

}  // namespace

std::string active_rung(const EngineStatus& status) {
  for (const auto& facts : status.models)
    if (rung_of(facts) != "full") return facts.rung;
  return "full";
}

std::string status_json(const EngineStatus& status, const std::vector<SensorReading>& sensors,
                        const std::string& governor) {
  ordered_json models = ordered_json::array();
  for (const auto& facts : status.models) models.push_back(model_entry(facts, load_of(status, facts.name)));
  ordered_json pools = ordered_json::array();
  for (const auto& pool : status.pools) pools.push_back(pool_entry(pool));
  std::size_t waiting = 0;
  std::size_t running = 0;
  for (const auto& load : status.loads) {
    waiting += load.waiting;
    running += load.running;
  }
  ordered_json document = {{"models", models},
                           {"pools", pools},
                           {"queue", {{"waiting", waiting}, {"running", running}}},
                           {"rung", active_rung(status)},
                           {"sensors", sensor_fields(sensors)},
                           {"swaps", status.swaps},
                           {"draining", status.draining}};
  if (!governor.empty()) document["governor"] = ordered_json::parse(governor);
  return text_of(document);
}

std::string placement_json(const EngineStatus& status) {
  ordered_json models = ordered_json::array();
  for (const auto& facts : status.models) {
    ordered_json placement = ordered_json::array();
    for (const auto& item : facts.placement)
      placement.push_back({{"device", item.device},
                           {"kind", item.buffer_kind},
                           {"component", item.component},
                           {"bytes", item.bytes},
                           {"mapped_bytes", item.mapped_bytes}});
    models.push_back({{"name", facts.name},
                      {"state", to_string(facts.state)},
                      {"bytes", facts.held_bytes},
                      {"placement", std::move(placement)}});
  }
  return text_of({{"models", models}});
}

}  // namespace hearth::serve
