// Speech models at work beside the other models, under the same budget.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/call_bounds.h"
#include "base/clock.h"
#include "engine/resident_models.h"
#include "plugin_host/transcribe_model.h"

namespace hearth {

struct OpenedSpeechModel {
  ModelFacts facts;
  std::shared_ptr<TranscribeModel> model;  // shared: streams keep it loaded
};

// The composition root implements it. Thread-safe; open_speech() may take long and is called on a thread of the
// engine's.
class SpeechModelProvider {
 public:
  virtual ~SpeechModelProvider() = default;
  [[nodiscard]] virtual Result<OpenedSpeechModel> open_speech(const std::string& name, const CallBounds& bounds) = 0;
  // It answered for the first time: the file has proved itself with this runtime.
  virtual void answered(const std::string& name) = 0;
};

struct SpeechEnginePorts {
  SpeechModelProvider& provider;
  ResidentModels& residents;
  const Clock& clock;
};

class SpeechResident;

// A loaded speech model. While it is held the model is not evicted. One thread at a time.
class SpeechLoan {
 public:
  SpeechLoan(SpeechEnginePorts ports, std::shared_ptr<SpeechResident> resident);
  ~SpeechLoan();
  SpeechLoan(const SpeechLoan&) = delete;
  SpeechLoan& operator=(const SpeechLoan&) = delete;

  [[nodiscard]] const std::string& name() const;
  [[nodiscard]] std::shared_ptr<TranscribeModel> model() const;
  // The model gave an answer.
  void answered();

 private:
  SpeechEnginePorts ports_;
  std::shared_ptr<SpeechResident> resident_;  // shared: it may be retired meanwhile
};

// Thread-safe. The ports outlive it; loans are given back before it ends.
class SpeechEngine final : private ModelLoader {
 public:
  // `queue_max`: requests that may wait for a model.
  SpeechEngine(const SpeechEnginePorts& ports, std::size_t queue_max);
  ~SpeechEngine() override;
  SpeechEngine(const SpeechEngine&) = delete;
  SpeechEngine& operator=(const SpeechEngine&) = delete;

  // Blocks until the model is loaded; "" is the only one there is. kNotFound, kInvalidArgument (a model of another
  // kind), kOverloaded, kCancelled, kDeadlineExceeded, what loading gives.
  [[nodiscard]] Result<std::unique_ptr<SpeechLoan>> borrow(const std::string& model, const CallBounds& bounds);

 private:
  Result<std::shared_ptr<ResidentModel>> bring_up(const std::string& name) override;
  std::function<void()> retire(const std::shared_ptr<ResidentModel>& model) override;

  SpeechEnginePorts ports_;
  std::size_t queue_max_;
};

}  // namespace hearth
