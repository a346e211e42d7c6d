#include "app/ledger_json.h"

#include <nlohmann/json.hpp>

#include "app/ledger_text.h"
#include "metrics/ledger_summary.h"

namespace hearth {
namespace {

using nlohmann::ordered_json;

// A field that is not known is absent.
void put(ordered_json& out, const char* name, const std::optional<double>& value) {
  if (value) out[name] = *value;
}

void put(ordered_json& out, const char* name, const std::string& text) {
  if (!text.empty()) out[name] = text;
}

ordered_json record_to_json(const LedgerRecord& r) {
  ordered_json out = {
      {"id", r.id}, {"time", time_text(r.time)}, {"machine", r.machine}, {"kind", r.kind}, {"key", r.key}};
  put(out, "model", r.model);
  put(out, "precision", r.precision);
  put(out, "runtime", r.runtime);
  put(out, "backend", r.backend);
  out["metric"] = r.metric;
  put(out, "model_sha256", r.model_sha256);
  put(out, "runtime_version", r.runtime_version);
  out["settings"] = ordered_json::object();
  for (const auto& [name, value] : r.settings) out["settings"][name] = value;
  out["conditions"] = conditions_to_json(r.conditions);
  out["n"] = r.n;
  put(out, "projected", r.projected);
  put(out, "raw_projected", r.raw_projected);
  out["measured"] = r.measured;
  put(out, "error", r.error());
  put(out, "spread", r.spread);
  out["unit"] = r.unit;
  out["disturbed"] = r.disturbed;
  put(out, "disturbance", r.disturbance);
  return out;
}

ordered_json component_to_json(const LedgerComponent& c) {
  ordered_json out = {{"machine", c.machine},  {"kind", c.kind}, {"metric", c.metric},
                      {"unit", c.unit},        {"n", c.n},       {"disturbed", c.disturbed},
                      {"compared", c.compared}};
  put(out, "median_abs_error", c.median_abs_error);
  put(out, "median_error", c.median_error);
  out["trend"] = to_string(c.trend);
  out["periods"] = ordered_json::array();
  for (const auto& period : c.periods)
    out["periods"].push_back({{"from", time_text(period.from)},
                              {"until", time_text(period.until)},
                              {"n", period.n},
                              {"median_abs_error", period.median_abs_error}});
  return out;
}

}  // namespace

ordered_json conditions_to_json(const LedgerConditions& conditions) {
  ordered_json out = ordered_json::object();
  put(out, "temperature_c", conditions.temperature_c);
  put(out, "power", conditions.power);
  put(out, "load", conditions.load);
  put(out, "load_after", conditions.load_after);
  put(out, "other_cpu_share", conditions.other_cpu_share);
  return out;
}

ordered_json ledger_to_json(std::span<const LedgerRecord> records, const std::vector<std::string>& notices) {
  ordered_json out = {{"records", ordered_json::array()}, {"components", ordered_json::array()}};
  for (const auto& record : records) out["records"].push_back(record_to_json(record));
  for (const auto& component : summarise_ledger(records)) out["components"].push_back(component_to_json(component));
  out["notices"] = notices;
  return out;
}

}  // namespace hearth
