#include "plan/runtime_rule.h"

#include <algorithm>
#include <array>

namespace hearth {
namespace {

// The engines that are taken where no preset names one, most widely usable first.
constexpr std::array<std::string_view, 7> kUsual = {"llama",   "openvino", "onnxruntime", "sherpa-onnx",
                                                    "whisper", "tensorrt", "litert"};

double speed_of(const Candidate& c) {
  if (c.speed.decode) return c.speed.decode->value;
  if (c.speed.rtf) return 1.0 / std::max(1e-9, c.speed.rtf->value);
  return c.speed.latency_ms ? 1.0 / std::max(1e-9, c.speed.latency_ms->value) : 0.0;
}

int rank_of(const Candidate& c) {
  const auto& id = c.target->runtime->id;
  if (c.preset && c.preset->settings.runtime == id) return 0;
  if (c.preset) {
    const auto& others = c.preset->settings.alternatives;
    const auto at = std::find(others.begin(), others.end(), id);
    if (at != others.end()) return 1 + static_cast<int>(at - others.begin());
  }
  const auto at = std::find(kUsual.begin(), kUsual.end(), id);
  return 100 + static_cast<int>(at - kUsual.begin());
}

struct UsualRuntime {
  const CatalogRuntime* runtime = nullptr;
  int rank = 1 << 20;
  double speed = 0;
};

}  // namespace

void apply_runtime_rule(TaskOptions& options) {
  std::map<const CatalogModel*, UsualRuntime> usual;
  for (const auto& c : options.fitting) {
    auto& known = usual[c.model];
    const int rank = rank_of(c);
    if (rank < known.rank) known = {c.target->runtime, rank, 0};
    if (c.target->runtime == known.runtime) known.speed = std::max(known.speed, speed_of(c));
  }
  std::map<const CatalogModel*, RuntimeGain> gains;
  std::erase_if(options.fitting, [&](const Candidate& c) {
    const auto& known = usual[c.model];
    if (c.target->runtime == known.runtime) return false;
    const double gain = known.speed > 0 ? speed_of(c) / known.speed : kChangeRuntimeGain;
    if (gain >= kChangeRuntimeGain) return false;
    if (gain >= kShowRuntimeGain && gain > gains[c.model].gain) gains[c.model] = {c, gain};
    return true;
  });
  for (auto& [model, gain] : gains)
    if (gain.gain > 0) options.gains.push_back(std::move(gain));
}

}  // namespace hearth
