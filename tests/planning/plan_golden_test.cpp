// Plans for every preset, every modality and some named wishes, against files that were reviewed by reading. Numbers
// and choices are compared, prose is not. After a change that is meant: HEARTH_UPDATE_GOLDEN=1, then read the
// difference.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "planning.h"
#include "support/paths.h"

namespace hearth::test {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

constexpr double kSameNumber = 2e-3;  // libraries of mathematics differ in the last digits

// Four significant digits: what a reader of the difference can judge.
double rounded(double value) {
  if (value == 0) return 0;
  const double scale = std::pow(10.0, 3 - std::floor(std::log10(std::abs(value))));
  return std::round(value * scale) / scale;
}

Json interval(const Interval& i) { return Json::array({rounded(i.value), rounded(i.low), rounded(i.high)}); }

void add(Json& out, const char* name, const std::optional<Interval>& i) {
  if (i) out[name] = interval(*i);
}

Json projection_of(const PlanProjection& p) {
  Json out = Json::object();
  add(out, "prefill_tok_s", p.prefill_tok_s);
  add(out, "decode_tok_s", p.decode_tok_s);
  add(out, "sustained_decode_tok_s", p.sustained_decode_tok_s);
  add(out, "ttft_ms", p.ttft_ms);
  add(out, "latency_ms", p.latency_ms);
  add(out, "fps", p.fps);
  add(out, "rtf", p.rtf);
  add(out, "power_w", p.power_w);
  return out;
}

Json choice_of(const PlanChoice& c) {
  Json out;
  out["task"] = c.task;
  out["model"] = c.model;
  out["precision"] = c.precision;
  out["runtime"] = c.runtime + "/" + c.backend + "@" + c.device;
  if (c.context_length > 0) out["context"] = c.context_length;
  if (!c.settings.kv_type.empty()) out["kv"] = c.settings.kv_type;
  out["users"] = c.users;
  out["placement"] = c.placement.kind;
  if (!c.settings.resolution.empty()) out["resolution"] = c.settings.resolution;
  out["components"] = c.memory.by_component();
  out["projection"] = projection_of(c.projection);
  return out;
}

Json digest(const Plan& plan) {
  Json out;
  out["device"] = plan.device.id;
  for (const auto& pool : plan.pools) out["pools"][pool.pool] = {pool.planned_bytes, pool.budget_bytes};
  out["choices"] = Json::array();
  for (const auto& choice : plan.choices) out["choices"].push_back(choice_of(choice));
  if (!plan.unserved.empty()) out["unserved"] = plan.unserved;
  for (const auto& a : plan.alternatives)
    out["alternatives"].push_back({a.task, a.kind, a.model, a.precision, a.total_bytes, a.fits});
  for (const auto& s : plan.slos) out["service_levels"][s.slo] = s.verdict;
  for (const auto& [task, rungs] : plan.ladders)
    for (const auto& rung : rungs) out["ladders"][task].push_back(rung.name + ": " + rung.model + " " + rung.precision);
  for (std::size_t i = 0; i < std::min<std::size_t>(3, plan.rejected.size()); ++i)
    if (!plan.rejected[i].model.empty())
      out["nearest_rejected"].push_back({plan.rejected[i].task, plan.rejected[i].model, plan.rejected[i].precision});
  return out;
}

// The first place where two digests differ by more than the last digits; empty where they are the same.
std::string difference(const Json& a, const Json& b, const std::string& place) {
  if (a.is_number() && b.is_number()) {
    const double x = a.get<double>(), y = b.get<double>();
    const bool same = std::abs(x - y) <= kSameNumber * std::max(std::abs(x), std::abs(y));
    return same ? "" : place + ": " + a.dump() + " was " + b.dump();
  }
  if (a.type() != b.type() || a.size() != b.size()) return place + ": " + a.dump() + " was " + b.dump();
  if (a.is_object()) {
    for (const auto& [key, value] : a.items()) {
      if (!b.contains(key)) return place + "." + key + " is new";
      if (auto found = difference(value, b[key], place + "." + key); !found.empty()) return found;
    }
    return "";
  }
  if (a.is_array()) {
    for (std::size_t i = 0; i < a.size(); ++i)
      if (auto found = difference(a[i], b[i], place + "[" + std::to_string(i) + "]"); !found.empty()) return found;
    return "";
  }
  return a == b ? "" : place + ": " + a.dump() + " was " + b.dump();
}

fs::path golden_file(const std::string& name) {
  return test::source_dir() / "tests" / "planning" / "golden" / (name + ".json");
}

// A digest a line, so that a difference between versions can be read.
std::string written(const Json& plans) {
  std::string out = "{\n";
  for (const auto& [name, plan] : plans.items()) {
    out += (out.size() > 2 ? ",\n" : "") + Json(name).dump() + ": {\n";
    std::string lines;
    for (const auto& [key, value] : plan.items()) {
      if (value.is_array() && !value.empty() && !value[0].is_string()) {
        std::string items;
        for (const auto& item : value) items += (items.empty() ? "" : ",\n    ") + item.dump();
        lines += (lines.empty() ? "  " : ",\n  ") + Json(key).dump() + ": [\n    " + items + "\n  ]";
      } else {
        lines += (lines.empty() ? "  " : ",\n  ") + Json(key).dump() + ": " + value.dump();
      }
    }
    out += lines + "\n}";
  }
  return out + "\n}\n";
}

void check_against(const std::string& name, const Json& plans) {
  const fs::path path = golden_file(name);
  if (std::getenv("HEARTH_UPDATE_GOLDEN")) {
    fs::create_directories(path.parent_path());
    std::ofstream(path) << written(plans);
    GTEST_SKIP() << "wrote " << path.filename() << ": read the difference before it is committed";
  }
  std::ifstream file(path);
  ASSERT_TRUE(file) << path << " is missing: HEARTH_UPDATE_GOLDEN=1 writes it";
  const Json expected = Json::parse(file, nullptr, false);
  ASSERT_FALSE(expected.is_discarded()) << path;
  const std::string found = difference(plans, expected, name);
  EXPECT_TRUE(found.empty()) << found;
}

Json planned(const PlanRequest& request) {
  auto plan = plan_request(request);
  if (!plan) return {{"error", plan.error().message}};
  return digest(*plan);
}

PlanRequest asking(const std::string& device, std::initializer_list<PlanWish> wishes) {
  PlanRequest request;
  request.device = device;
  request.wishes = wishes;
  return request;
}

class PresetPlans : public testing::TestWithParam<std::string> {};

TEST_P(PresetPlans, are_as_reviewed) {
  Json plans = Json::object();
  std::string device;
  for (const auto& preset : shipped_catalog().presets()) {
    if (preset.device_class != GetParam()) continue;
    ASSERT_FALSE(preset.devices.empty());
    device = preset.devices.front();
    const bool text = preset.workload.rfind("llm", 0) == 0;
    const std::string model = preset.models.empty() ? "llama-3.1-8b-instruct" : preset.models.front();
    if (text)
      plans[preset.workload] = planned(asking(device, {{"chat", model, false}}));
    else
      plans[preset.workload] = planned(asking(device, {{preset.workload, "", false}}));
  }
  plans["all five"] = planned(asking(
      device,
      {{"chat", "", false}, {"vision", "", false}, {"stt", "", false}, {"tts", "", false}, {"embed", "", false}}));
  check_against(GetParam(), plans);
}

std::set<std::string> preset_classes() {
  std::set<std::string> out;
  for (const auto& preset : shipped_catalog().presets()) out.insert(preset.device_class);
  return out;
}

INSTANTIATE_TEST_SUITE_P(Every, PresetPlans, testing::ValuesIn(preset_classes()), [](const auto& tested) {
  std::string name = tested.param;
  for (char& c : name)
    if (c == '-') c = '_';
  return name;
});

TEST(NamedPlans, are_as_reviewed) {
  Json plans = Json::object();
  for (const char* words :
       {"M3 Pro + Llama-3-8B + CLIP", "Orin Nano + YOLOv8n + FastSpeech2", "Pixel 8 Pro + Whisper-tiny streaming",
        "Pi 5 voice assistant offline", "RTX 4090, Qwen3-32B, 8 users", "70B on 16 GB", "8B on Jetson Nano",
        "private legal assistant with voice on a 16 GB M2 Air, fully offline", "photos on an RTX 4070, low latency",
        "70B on 2x RTX 3090"}) {
    auto plan = plan_words(words);
    ASSERT_TRUE(plan) << words << ": " << plan.error().message;
    plans[words] = digest(*plan);
  }
  check_against("named", plans);
}

TEST(NamedPlans, refuse_what_can_not_fit_with_three_ways_out_and_figures) {
  for (const char* words : {"70B on 16 GB", "8B on Jetson Nano"}) {
    auto plan = plan_words(words);
    ASSERT_TRUE(plan) << plan.error().message;
    EXPECT_FALSE(plan->approved()) << words;
    std::size_t ways = 0;
    for (const auto& way : plan->alternatives) {
      EXPECT_GT(way.total_bytes, 0U) << way.what;
      ways += way.fits ? 1U : 0U;
    }
    EXPECT_GE(ways, 3U) << words;
  }
}

}  // namespace
}  // namespace hearth::test
