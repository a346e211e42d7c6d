#include "engine/speech_engine.h"

#include <atomic>
#include <utility>

namespace hearth {

// Streams of it are its borrowers'; it holds no work of its own.
class SpeechResident final : public ResidentModel {
 public:
  explicit SpeechResident(OpenedSpeechModel opened) : opened_(std::move(opened)) {}

  void set_admitting(bool /*admitting*/) override {}
  void describe(ModelFacts& facts) const override {
    facts.runtime = opened_.facts.runtime;
    facts.runtime_version = opened_.facts.runtime_version;
    auto placement = opened_.model->model()->placement();
    if (!placement) return;
    facts.placement = std::move(placement->items);
    facts.held_bytes = MemoryBreakdown{facts.placement}.total_bytes();
  }
  [[nodiscard]] ModelLoad load() const override {
    ModelLoad load;
    load.model = opened_.facts.name;
    load.running = n_running;
    return load;
  }

  [[nodiscard]] const OpenedSpeechModel& opened() const { return opened_; }
  std::atomic<std::size_t> n_running = 0;

 private:
  OpenedSpeechModel opened_;
};

SpeechLoan::SpeechLoan(SpeechEnginePorts ports, std::shared_ptr<SpeechResident> resident)
    : ports_(ports), resident_(std::move(resident)) {
  ++resident_->n_running;
}

SpeechLoan::~SpeechLoan() {
  --resident_->n_running;
  ports_.residents.request_ended(name());
}

const std::string& SpeechLoan::name() const { return resident_->opened().facts.name; }

std::shared_ptr<TranscribeModel> SpeechLoan::model() const { return resident_->opened().model; }

void SpeechLoan::answered() { ports_.provider.answered(name()); }

SpeechEngine::SpeechEngine(const SpeechEnginePorts& ports, std::size_t queue_max)
    : ports_(ports), queue_max_(queue_max) {
  ports_.residents.employ(ModelKind::kSpeech, *this);
}

SpeechEngine::~SpeechEngine() { (void)ports_.residents.withdraw(ModelKind::kSpeech); }

Result<std::unique_ptr<SpeechLoan>> SpeechEngine::borrow(const std::string& model, const CallBounds& bounds) {
  HEARTH_ASSIGN(name, ports_.residents.resolve(model, ModelKind::kSpeech));
  HEARTH_ASSIGN(loaded, ports_.residents.wait_loaded(name, queue_max_, bounds));
  return std::make_unique<SpeechLoan>(ports_, std::static_pointer_cast<SpeechResident>(std::move(loaded)));
}

Result<std::shared_ptr<ResidentModel>> SpeechEngine::bring_up(const std::string& name) {
  HEARTH_ASSIGN(opened, ports_.provider.open_speech(name, {}));
  return std::shared_ptr<ResidentModel>(std::make_shared<SpeechResident>(std::move(opened)));
}

std::function<void()> SpeechEngine::retire(const std::shared_ptr<ResidentModel>& /*model*/) { return nullptr; }

}  // namespace hearth
