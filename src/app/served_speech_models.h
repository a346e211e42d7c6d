// The speech models a server offers: found and checked at the start, opened when they are asked for.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "app/model_opening.h"
#include "app/text_session.h"
#include "engine/resident_models.h"
#include "engine/speech_engine.h"
#include "hearth/result.h"

namespace hearth {

struct SpeechModelSettings {
  std::string name;
  std::vector<std::string> aliases{};
  std::string runtime{};  // empty: the best-scoring one that reads the file
  LoadOptions load{};     // path is filled in
  bool pinned = false;
  double ttl_s = 0;
  TransportChoice transport = TransportChoice::kAuto;
};

// Thread-safe.
class ServedSpeechModels final : public ModelDirectory, public SpeechModelProvider {
 public:
  explicit ServedSpeechModels(const SessionHost& host) : host_(host) {}

  // Before models() is asked. Errors of choose_runtime; kInvalidArgument: two of one name.
  Status add(SpeechModelSettings settings, ModelFile file);

  [[nodiscard]] std::vector<ModelFacts> models() const override;
  [[nodiscard]] Result<ModelNeed> need(const std::string& name) override;
  [[nodiscard]] Result<OpenedSpeechModel> open_speech(const std::string& name, const CallBounds& bounds) override;
  void answered(const std::string& name) override;
  [[nodiscard]] bool has(const std::string& name) const;

 private:
  struct Served {
    SpeechModelSettings settings;
    ChosenRuntime runtime;
    ModelFacts facts;
    std::string history_key;
    bool in_worker = false;  // as last opened
    bool recorded = false;
  };
  [[nodiscard]] Result<Served> find(const std::string& name) const;

  SessionHost host_;
  mutable std::mutex gate_;
  std::map<std::string, Served> served_;
};

}  // namespace hearth
