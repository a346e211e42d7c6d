#include "estimate/speed_model.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <utility>
#include <vector>

#include "estimate/speed_tables.h"
#include "estimate/speed_text.h"

namespace hearth {
namespace {

constexpr double kBytesPerGiB = 1024.0 * 1024.0 * 1024.0;
constexpr double kPromptTokens = 512.0;
// Centres of the slopes: an 8 B model of 5 GB on a 400 GB/s device. Fixed by tools/fit/evaluate.py.
constexpr double kCentreBytes = 5e9;
constexpr double kCentreGBps = 400.0;
constexpr double kDenseShare = 0.999;
constexpr double kDefaultBits = 4.85;  // Q4_K_M, when only a file's size is known

double look_up(const SpeedCoefficientMap& map, const std::string& key) {
  const auto it = map.find(key);
  return it == map.end() ? 0.0 : it->second;
}

template <class Entry, class Accept>
const Entry* longest(const std::vector<Entry>& entries, std::string_view words, Accept accept) {
  const Entry* best = nullptr;
  std::size_t length = 0;
  for (const Entry& entry : entries) {
    for (const std::string& needle : entry.needles) {
      if (needle.size() > length && accept(entry) && has_needle(words, needle)) {
        best = &entry;
        length = needle.size();
      }
    }
  }
  return best;
}

template <class Entry>
const Entry* longest(const std::vector<Entry>& entries, std::string_view words) {
  return longest(entries, words, [](const Entry&) { return true; });
}

// The first rule of which every needle occurs.
template <class Rule>
const Rule* first(const std::vector<Rule>& rules, std::string_view words) {
  for (const Rule& rule : rules) {
    const auto occurs = [words](const std::string& needle) { return has_needle(words, needle); };
    if (std::all_of(rule.needles.begin(), rule.needles.end(), occurs)) return &rule;
  }
  return nullptr;
}

struct FoundDevice {
  const SpeedDevice* entry = nullptr;
  bool on_board = false;  // a discrete GPU behind a small board's PCIe lane
  int boards = 1;
  std::string words;
};

FoundDevice find_device(const SpeedTables& tables, const std::string& raw, bool on_cpu) {
  static constexpr std::array<std::string_view, 5> kGpuFirst = {"dgpu", "apple", "soc", "board", "cpu"};
  static constexpr std::array<std::string_view, 5> kCpuFirst = {"cpu", "board", "soc", "apple", "dgpu"};
  FoundDevice out;
  out.words = normalise_name(raw);
  const auto of_kind = [&](std::string_view kind) {
    return longest(tables.devices, out.words, [kind](const SpeedDevice& d) { return d.kind == kind; });
  };
  for (std::string_view kind : on_cpu ? kCpuFirst : kGpuFirst) {
    out.entry = of_kind(kind);
    if (!out.entry) continue;
    if (kind == "dgpu") {
      out.on_board = of_kind("board") != nullptr;
      out.boards = boards_in_name(raw, out.words);
    }
    return out;
  }
  return out;
}

// What decides which effects apply to a query, the model's size apart.
struct Setting {
  std::string engine = "other", family = "edge", arch = "unknown", vendor = "unknown", kind = "unknown";
  std::string quant_class = "unknown", device = "?", canonical;
  std::vector<std::string> flags;
};

const SpeedQuant* find_quant(const SpeedTables& tables, const SpeedQuery& query) {
  return longest(tables.quants, normalise_name(query.quant));
}

Setting read_setting(const SpeedTables& tables, const SpeedQuery& query, const std::string& backend, bool on_cpu,
                     const FoundDevice& found) {
  Setting s;
  if (const SpeedEngineRule* rule = first(tables.engines, backend)) s.engine = rule->engine;
  if (const SpeedVendorRule* rule = first(tables.vendors, found.words)) s.vendor = rule->vendor;
  const auto family = tables.engine_class.find(s.engine);
  if (found.boards > 1) {
    s.family = "boards";
  } else if (family != tables.engine_class.end()) {
    s.family = family->second;
  }
  if (found.entry) {
    s.arch = found.entry->arch;
    s.vendor = found.entry->vendor;
    s.kind = found.entry->kind;
    s.device = s.canonical = found.entry->device;
  } else {
    s.canonical = found.words.size() > 2 ? found.words.substr(1, found.words.size() - 2) : "";
  }
  if (const SpeedQuant* quant = find_quant(tables, query)) s.quant_class = quant->quant_class;
  const std::initializer_list<std::pair<const char*, bool>> flags = {{"fa", has_needle(backend, "fa 1")},
                                                                     {"board_host", found.on_board},
                                                                     {"boards", found.boards > 1},
                                                                     {"cpu", on_cpu},
                                                                     {"no_spec", found.entry == nullptr}};
  for (const auto& [name, on] : flags)
    if (on) s.flags.emplace_back(name);
  return s;
}

std::array<double, 2> find_band(const SpeedPart& part, const Setting& s, bool spill) {
  const std::string seen = part.effects.contains("device_engine:" + s.canonical + "|" + s.engine) ? "known|" : "new|";
  const bool dense = look_up(part.cells, s.engine + "|" + s.arch) >= part.dense_devices;
  const std::string density = dense ? "|dense" : "|sparse";
  std::vector<std::string> names;
  if (!spill && s.family != "boards")
    names = {seen + s.engine + "|" + s.vendor + density, seen + s.engine + "|" + s.vendor, seen + s.engine};
  const std::string family = seen + (spill ? "spill" : s.family);
  names.insert(names.end(), {family + density, family, seen.substr(0, seen.size() - 1)});
  for (const std::string& name : names)
    if (const auto it = part.intervals.find(name); it != part.intervals.end()) return it->second;
  return part.intervals.find("new")->second;
}

SpeedCoefficients gather(const SpeedPart& part, const Setting& s, double bandwidth_GBps) {
  static constexpr std::array<const char*, 4> kTerms = {"weights", "arithmetic", "layers", "outside"};
  SpeedCoefficients c;
  for (std::size_t i = 0; i < kTerms.size(); ++i) {
    const std::string term = kTerms[i];
    c.theta[i] = std::exp(look_up(part.log_theta, term) + look_up(part.log_theta, term + ":" + s.engine));
  }
  std::vector<std::string> keys = {"engine:" + s.engine,
                                   "vendor:" + s.vendor,
                                   "arch:" + s.arch,
                                   "engine_vendor:" + s.engine + "|" + s.vendor,
                                   "engine_arch:" + s.engine + "|" + s.arch,
                                   "quant:" + s.quant_class,
                                   "device:" + s.device,
                                   "device_engine:" + s.device + "|" + s.engine};
  for (const std::string& flag : s.flags) keys.push_back("flag:" + flag);
  for (const std::string& key : keys) c.constant += look_up(part.effects, key);
  const double speed = std::log(bandwidth_GBps / kCentreGBps);
  c.constant += speed * (look_up(part.slopes, "speed") + look_up(part.slopes, "speed:" + s.vendor) +
                         look_up(part.slopes, "speed:" + s.engine));
  c.slope_size = look_up(part.slopes, "size") + look_up(part.slopes, "size:" + s.engine);
  c.slope_moe = look_up(part.slopes, "moe_size");
  c.effect_moe = look_up(part.effects, "flag:moe");
  c.effect_spill = look_up(part.effects, "flag:spill");
  c.log_band = find_band(part, s, false);
  c.log_band_spill = find_band(part, s, true);
  return c;
}

// What one pass moves and computes: a prompt token of 512, or a decode step of several sequences.
struct Pass {
  double weight_bytes = 0;
  double kv_bytes = 0;
  double tokens = 1;       // that need arithmetic
  double layer_share = 1;  // of the fixed cost of a layer
};

SpeedEstimate evaluate(const SpeedProfile& p, const SpeedCoefficients& c, const SpeedModelSize& m, const Pass& pass) {
  const double spill = p.spill(m);
  const double layers = 32.0 * std::pow(m.params_B / 8.0, 0.4);
  const double seconds = c.theta[0] * (pass.weight_bytes * (1.0 - spill) + pass.kv_bytes) / (p.bandwidth_GBps * 1e9) +
                         c.theta[1] * pass.tokens * 2.0 * m.active * m.params_B * 1e9 / (p.tflops * 1e12) +
                         c.theta[2] * layers * 1e-6 * pass.layer_share + c.theta[3] * pass.weight_bytes * spill / 1e9;
  const bool moe = m.active < kDenseShare;
  const double size = std::log(m.active * m.bytes / kCentreBytes);
  const double y = std::log(seconds) + c.constant + (c.slope_size + (moe ? c.slope_moe : 0.0)) * size +
                   (moe ? c.effect_moe : 0.0) + (spill > 0 ? c.effect_spill : 0.0);
  const auto& band = spill > 0 ? c.log_band_spill : c.log_band;
  const double value = std::exp(-y);
  return {value, value * std::exp(band[0]), value * std::exp(band[1])};
}

// Python's '_'.join of a normalised name; "unknown" where it is empty.
std::string joined(const std::string& text) {
  const std::string words = normalise_name(text);  // named: the views point into it
  std::string out;
  for (std::string_view word : split_words(words)) out += (out.empty() ? "" : "_") + std::string(word);
  return out.empty() ? "unknown" : out;
}

}  // namespace

double SpeedProfile::spill(const SpeedModelSize& size) const {
  if (!own_memory) return 0.0;
  return std::max(0.0, 1.0 - std::max(0.0, usable_bytes) / size.bytes);
}

SpeedEstimate SpeedProfile::prefill_tok_s(const SpeedModelSize& size, const SpeedLoad& load) const {
  return evaluate(*this, prefill, size, {size.bytes / kPromptTokens, load.kv_bytes, 1.0, 1.0 / kPromptTokens});
}

SpeedEstimate SpeedProfile::decode_tok_s(const SpeedModelSize& size, const SpeedLoad& load) const {
  const double batch = std::max(1, load.batch);
  // sequences choose their experts independently: a weight is read when at least one of them needs it
  const double share = batch > 1 ? 1.0 - std::pow(1.0 - size.active, batch) : size.active;
  return evaluate(*this, decode, size, {share * size.bytes, batch * load.kv_bytes, batch, 1.0});
}

Result<SpeedModel> SpeedModel::parse(std::string_view json) {
  auto tables = parse_speed_tables(json);
  if (!tables) return fail(std::move(tables).error());
  return SpeedModel(std::make_shared<const SpeedTables>(std::move(*tables)));
}

const std::string& SpeedModel::fit_date() const { return tables_->fit_date; }

Result<SpeedProfile> SpeedModel::profile(const SpeedQuery& query) const {
  const SpeedTables& tables = *tables_;
  const std::string backend = normalise_name(query.backend);
  const bool on_cpu = has_needle(backend, "cpu") && !has_needle(backend, "gpu");
  const FoundDevice found = find_device(tables, query.device, on_cpu);
  if (!query.bandwidth_GBps && !found.entry)
    return fail(ErrorCode::kNotFound, "bandwidth unknown: the device is in no table and the column is empty");
  const Setting setting = read_setting(tables, query, backend, on_cpu, found);
  const SpeedPhysics& physics = tables.physics;
  SpeedProfile p;
  p.in_table = found.entry != nullptr;
  p.bandwidth_from_table = !query.bandwidth_GBps;
  p.bandwidth_GBps = query.bandwidth_GBps ? *query.bandwidth_GBps : found.entry->bandwidth_GBps;
  p.tflops = p.bandwidth_GBps * physics.tflops_per_GBps;
  if (const SpeedDevice* d = found.entry) {
    const int cores = d->tflops_per_gpu_core > 0 ? gpu_cores_in_name(found.words) : 0;
    p.tflops = cores > 0 ? cores * d->tflops_per_gpu_core : d->tflops;
    const auto& cpu_only = physics.cpu_only_archs;
    if (on_cpu && (d->kind == "apple" || d->kind == "soc") &&
        std::find(cpu_only.begin(), cpu_only.end(), d->arch) == cpu_only.end())
      p.tflops *= physics.cpu_share_of_soc_tflops;
    p.own_memory = d->kind == "dgpu" && d->memory_GiB > 0;
    p.usable_bytes = found.boards * (d->memory_GiB * physics.usable_memory_share - physics.reserved_GiB) * kBytesPerGiB;
  }
  p.prefill = gather(tables.prefill, setting, p.bandwidth_GBps);
  p.decode = gather(tables.decode, setting, p.bandwidth_GBps);
  return p;
}

Result<SpeedModelSize> SpeedModel::size(const SpeedQuery& query) const {
  const SpeedKnownModel* known = longest(tables_->models, normalise_name(query.model));
  const NamedSizes named = sizes_in_name(query.model);
  const SpeedQuant* quant = find_quant(*tables_, query);
  std::optional<double> params = query.params_B ? query.params_B : named.total_B;
  if (known && !(query.params_B && query.file_GiB)) params = known->total_B;
  if (!params && !query.file_GiB) return fail(ErrorCode::kNotFound, "size unknown: give file_GiB or n_params_B");
  if (!query.file_GiB && !quant)
    return fail(ErrorCode::kNotFound, "bytes per weight unknown for this quant: give file_GiB");
  const double bits = quant ? quant->bits_per_weight : kDefaultBits;
  SpeedModelSize out;
  out.bytes = query.file_GiB ? *query.file_GiB * kBytesPerGiB : *params * 1e9 * bits / 8.0;
  out.params_B = params ? *params : out.bytes * 8.0 / bits / 1e9;
  const double share = known ? known->active_B / known->total_B : named.active_B ? *named.active_B / out.params_B : 1.0;
  out.active = std::min(1.0, share);
  return out;
}

SpeedPrediction SpeedModel::predict(const SpeedQuery& query) const {
  SpeedPrediction out;
  const auto p = profile(query);
  if (!p) {
    out.note = p.error().message;
    return out;
  }
  const auto m = size(query);
  if (!m) {
    out.note = m.error().message;
    return out;
  }
  out.prefill = p->prefill_tok_s(*m);
  out.decode = p->decode_tok_s(*m);
  const auto note = [&out](std::string_view text) { out.note += (out.note.empty() ? "" : "; ") + std::string(text); };
  if (p->bandwidth_from_table) note("bandwidth from the device table");
  if (!p->in_table) note("device in no table: compute rate assumed from bandwidth");
  if (p->spill(*m) > 0) note("does not fit the device memory: part assumed on the host");
  return out;
}

Result<SpeedEstimate> SpeedModel::latency_ms(LatencyKind which, const LatencyQuery& query) const {
  const SpeedLatencyPart& part = which == LatencyKind::kVision ? tables_->vision : tables_->audio;
  const SpeedRate* rate = longest(part.rates, normalise_name(query.device));
  if (!rate && !query.tflops) return fail(ErrorCode::kNotFound, "device in no table of rates");
  const SpeedWork* work = longest(part.work, normalise_name(query.model));
  if (!work && !query.gflop) return fail(ErrorCode::kNotFound, "model in no table of work");
  const std::string runtime = joined(query.runtime);
  const auto in_runtime = [&runtime](std::string_view text) { return runtime.find(text) != std::string::npos; };
  std::string kind = rate ? rate->kind : query.kind;
  if (in_runtime("_npu") || runtime == "axcl")
    kind = "npu";
  else if (in_runtime("_cpu"))
    kind = "cpu";
  double tflops = rate ? rate->tflops : *query.tflops;
  const auto& cpu_runtimes = part.cpu_runtimes;
  if (rate && kind == "gpu" && rate->cpu_tflops > 0 &&
      std::find(cpu_runtimes.begin(), cpu_runtimes.end(), runtime) != cpu_runtimes.end()) {
    kind = "cpu";
    tflops = rate->cpu_tflops;
  }
  const bool window = query.input.find("30s") != std::string::npos;
  const bool clip = query.input.find("11s") != std::string::npos;
  const auto& c = part.coefficients;
  double y = look_up(c, "constant") + look_up(c, "work") * std::log(work ? work->gflop : *query.gflop) +
             look_up(c, "rate") * std::log(tflops);
  for (const std::string& key : {"runtime:" + runtime, "kind:" + kind, "runtime_kind:" + runtime + "|" + kind,
                                 "precision:" + joined(query.precision),
                                 std::string(window ? "measure:window"
                                             : clip ? "measure:clip"
                                                    : "measure:other")})
    y += look_up(c, key);
  const double value = std::exp(y);
  return SpeedEstimate{value, value * std::exp(part.log_band[0]), value * std::exp(part.log_band[1])};
}

}  // namespace hearth
