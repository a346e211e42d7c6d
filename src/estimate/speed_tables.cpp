#include "estimate/speed_tables.h"

#include <nlohmann/json.hpp>
#include <string>

namespace hearth {
namespace {

using Json = nlohmann::json;
constexpr int kVersion = 1;

std::array<double, 2> read_band(const Json& j) {
  return {j.at("log_low").get<double>(), j.at("log_high").get<double>()};
}

std::vector<std::string> read_strings(const Json& j) { return j.get<std::vector<std::string>>(); }

SpeedDevice read_device(const Json& j) {
  SpeedDevice d;
  d.needles = read_strings(j.at("needles"));
  d.device = j.at("device").get<std::string>();
  d.kind = j.at("kind").get<std::string>();
  d.vendor = j.at("vendor").get<std::string>();
  d.arch = j.at("arch").get<std::string>();
  d.bandwidth_GBps = j.at("bandwidth_GBps").get<double>();
  d.memory_GiB = j.at("memory_GiB").get<double>();
  d.tflops = j.at("fp32_TFLOPS").get<double>();
  d.tflops_per_gpu_core = j.at("fp32_TFLOPS_per_gpu_core").get<double>();
  return d;
}

SpeedPhysics read_physics(const Json& j) {
  return {j.at("tflops_per_GBps").get<double>(), j.at("usable_memory_share").get<double>(),
          j.at("reserved_GiB").get<double>(), j.at("cpu_share_of_soc_tflops").get<double>(),
          read_strings(j.at("cpu_only_archs"))};
}

SpeedPart read_part(const Json& j) {
  SpeedPart part;
  part.log_theta = j.at("log_theta").get<SpeedCoefficientMap>();
  part.effects = j.at("effects").get<SpeedCoefficientMap>();
  part.slopes = j.at("slopes").get<SpeedCoefficientMap>();
  part.cells = j.at("cells").get<SpeedCoefficientMap>();
  part.dense_devices = j.at("dense_devices").get<double>();
  for (const auto& [name, band] : j.at("intervals").items()) part.intervals[name] = read_band(band);
  for (const char* name : {"weights", "arithmetic", "layers", "outside"}) part.log_theta.at(name);
  part.intervals.at("new");
  return part;
}

SpeedLatencyPart read_latency(const Json& j) {
  SpeedLatencyPart part;
  const Json& tables = j.at("tables");
  for (const Json& r : tables.at("rates"))
    part.rates.push_back({read_strings(r.at("needles")), r.at("kind").get<std::string>(), r.at("TFLOPS").get<double>(),
                          r.at("cpu_TFLOPS").get<double>()});
  for (const Json& w : tables.at("work"))
    part.work.push_back({read_strings(w.at("needles")), w.at("GFLOP").get<double>()});
  part.cpu_runtimes = read_strings(tables.at("cpu_runtimes"));
  part.coefficients = j.at("coefficients").get<SpeedCoefficientMap>();
  for (const char* name : {"constant", "work", "rate"}) part.coefficients.at(name);
  part.log_band = read_band(j.at("interval"));
  return part;
}

SpeedTables read_tables(const Json& root) {
  SpeedTables out;
  out.fit_date = root.at("fit_date").get<std::string>();
  const Json& tables = root.at("tables");
  for (const Json& d : tables.at("devices")) out.devices.push_back(read_device(d));
  for (const Json& m : tables.at("models"))
    out.models.push_back(
        {read_strings(m.at("needles")), m.at("total_B").get<double>(), m.at("active_B").get<double>()});
  for (const Json& q : tables.at("quants"))
    out.quants.push_back(
        {read_strings(q.at("needles")), q.at("class").get<std::string>(), q.at("bits_per_weight").get<double>()});
  for (const Json& e : tables.at("engines"))
    out.engines.push_back({read_strings(e.at("needles")), e.at("engine").get<std::string>()});
  for (const auto& [engine, family] : tables.at("engine_class").items())
    out.engine_class[engine] = family.get<std::string>();
  for (const Json& v : tables.at("vendors"))
    out.vendors.push_back({read_strings(v.at("needles")), v.at("vendor").get<std::string>()});
  out.physics = read_physics(tables.at("physics"));
  out.prefill = read_part(root.at("prefill"));
  out.decode = read_part(root.at("decode"));
  out.vision = read_latency(root.at("vision"));
  out.audio = read_latency(root.at("audio"));
  return out;
}

}  // namespace

Result<SpeedTables> parse_speed_tables(std::string_view json) {
  constexpr const char* kHint = "Restore data/fit/speed_model.json, or write it anew with tools/fit/fit.py.";
  try {
    const Json root = Json::parse(json);
    const int version = root.at("version").get<int>();
    if (version != kVersion) {
      return fail(ErrorCode::kInvalidData,
                  "The speed model has version " + std::to_string(version) + ", and this program reads version " +
                      std::to_string(kVersion) + ".",
                  kHint);
    }
    return read_tables(root);
  } catch (const std::exception& e) {
    // nlohmann and map::at throw; nothing may leave the module
    return fail(ErrorCode::kInvalidData, std::string("The speed model cannot be read: ") + e.what() + ".", kHint);
  }
}

}  // namespace hearth
