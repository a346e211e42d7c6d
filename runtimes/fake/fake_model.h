// The fake model: a script, its vocabulary and story, placed on devices.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "fake_devices.h"
#include "fake_faults.h"
#include "fake_story.h"
#include "fake_vocabulary.h"
#include "hearth/sdk/text.h"

namespace hearth::fake {

// Thread-safe: the script is constant, the rest is locked.
class FakeModel final : public sdk::TextModel {
 public:
  // OUT_OF_MEMORY when the devices don't hold it.
  FakeModel(Script script, const sdk::LoadOptions& options, std::shared_ptr<Devices> devices);

  [[nodiscard]] sdk::MemoryItems placement() const override;
  [[nodiscard]] sdk::MemoryItems memory_now() const override;
  [[nodiscard]] sdk::TextInfo info() const override;
  [[nodiscard]] std::uint32_t n_vocab() const override { return vocabulary_.size(); }
  [[nodiscard]] std::optional<std::string> metadata(std::string_view key) const override;
  [[nodiscard]] std::vector<sdk::Token> tokenize(std::string_view text, bool add_special,
                                                 bool parse_special) const override;
  [[nodiscard]] std::string token_bytes(sdk::Token token, bool special) const override;
  [[nodiscard]] std::uint32_t token_attributes(sdk::Token token) const override;
  void token_table(const std::function<void(const sdk::TokenRow&)>& receive) const override;
  [[nodiscard]] std::unique_ptr<sdk::TextContext> new_context(const sdk::TextOptions& options) override;
  [[nodiscard]] std::unique_ptr<sdk::Adapter> load_adapter(const std::string& path) override;

  // For contexts and adapters, which live shorter.
  [[nodiscard]] const Script& script() const { return script_; }
  [[nodiscard]] const Story& story() const { return story_; }
  [[nodiscard]] Faults& faults() const { return faults_; }
  [[nodiscard]] double latency_scale() const { return latency_scale_; }
  void spend_virtual_ns(std::int64_t ns) const { virtual_ns_ += ns; }
  // Holds `items` for as long as the reservation lives; they count into memory_now.
  [[nodiscard]] std::unique_ptr<Reservation> reserve(sdk::MemoryItems items);
  void forget(const Reservation* reservation);

 private:
  [[nodiscard]] sdk::MemoryItems held() const;

  const Script script_;
  const Vocabulary vocabulary_;
  const Story story_;
  const double latency_scale_;
  mutable Faults faults_;  // counts calls of const functions
  mutable std::atomic<std::int64_t> virtual_ns_ = 0;
  const std::shared_ptr<Devices> devices_;  // shared with the runtime and its other models
  const LayerSplit split_;
  const Reservation weights_;
  mutable std::mutex gate_;                       // of reservations_
  std::vector<const Reservation*> reservations_;  // borrowed from contexts and adapters, which withdraw them
};

// A reservation of the model that withdraws itself.
class ModelReservation {
 public:
  ModelReservation(FakeModel& model, sdk::MemoryItems items) : model_(model), held_(model.reserve(std::move(items))) {}
  ~ModelReservation() { model_.forget(held_.get()); }
  ModelReservation(const ModelReservation&) = delete;
  ModelReservation& operator=(const ModelReservation&) = delete;

 private:
  FakeModel& model_;
  std::unique_ptr<Reservation> held_;
};

struct FakeAdapter final : sdk::Adapter {
  FakeAdapter(FakeModel& model, AdapterScript from)
      : script(std::move(from)), held(model, {{"cpu", "CPU", HEARTH_MEM_ADAPTER, script.bytes, 0}}) {}
  const AdapterScript script;
  const ModelReservation held;
};

}  // namespace hearth::fake
