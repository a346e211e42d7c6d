// Speech models on real recordings, without an engine around them.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "audio/mono_reader.h"
#include "engine/tensor_resident.h"
#include "plugin_host/registry.h"
#include "plugin_host/tensor_model.h"
#include "support/paths.h"

namespace hearth::speech_tests {

inline RegistryOptions registry_options() {
  const auto& build = test::build_dir();
  return {{build / "lib/hearth/runtimes"}, build / "libexec/hearth/hearth-worker", nullptr};
}

// A graph's session with one set of tensors.
class PlainLane final : public TensorLane {
 public:
  explicit PlainLane(const std::shared_ptr<TensorSession>& session)
      : bound_(session, std::move(TensorSession::new_request(session)).value()) {
    facts_.ports = session->ports();
  }
  [[nodiscard]] const TensorModelFacts& facts() const override { return facts_; }
  [[nodiscard]] Result<std::span<const TensorView>> inputs(std::span<const Shape> shapes) override {
    return bound_.inputs(shapes);
  }
  [[nodiscard]] Status bind(std::size_t input, const TensorView& view) override { return bound_.bind(input, view); }
  [[nodiscard]] Result<std::span<const TensorView>> run(const CallBounds& bounds) override {
    return bound_.run(bounds);
  }

 private:
  TensorModelFacts facts_;
  BoundTensors bound_;
};

struct GraphFile {
  std::string runtime;
  std::filesystem::path path;
  TensorOptions options = {};
};

inline Result<std::unique_ptr<TensorLane>> open_lane(RuntimeRegistry& registry, const GraphFile& file) {
  HEARTH_ASSIGN(runtime, registry.open(file.runtime, Transport::kInProcess));
  HEARTH_ASSIGN(score, runtime->score());
  if (score.score <= 0) return fail(ErrorCode::kUnavailable, score.reason);
  LoadOptions load;
  load.path = file.path.string();
  HEARTH_ASSIGN(loaded, runtime->load(load));
  HEARTH_ASSIGN(model, TensorModel::from(loaded));
  HEARTH_ASSIGN(session, model->new_session(file.options));
  return std::unique_ptr<TensorLane>(std::make_unique<PlainLane>(session));
}

// All of a recording of the shared media; empty where it is not there.
inline std::vector<float> recording(const std::string& name, std::uint32_t sample_rate_hz = kSpeechSampleRateHz) {
  std::ifstream file(test::shared_dir() / "media/speech" / name, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  auto samples = read_mono(std::make_unique<MemoryInput>(std::as_bytes(std::span(bytes))), 60, sample_rate_hz);
  return samples ? std::move(*samples) : std::vector<float>();
}

}  // namespace hearth::speech_tests
