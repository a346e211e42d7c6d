// A text context of the fake model: cells that are really counted, rows that follow from what they hold.
#pragma once

#include <span>
#include <vector>

#include "fake_cells.h"
#include "fake_model.h"

namespace hearth::fake {

// What a context gets for `options`; INVALID_ARGUMENT or UNSUPPORTED for what it can't have.
[[nodiscard]] sdk::TextOptions grant(const Script& script, const sdk::TextOptions& options);

class FakeContext final : public sdk::TextContext {
 public:
  // `granted` comes from grant; OUT_OF_MEMORY when the devices don't hold `memory`.
  FakeContext(FakeModel& model, const sdk::TextOptions& granted, sdk::MemoryItems memory);

  [[nodiscard]] sdk::TextOptions granted() const override { return granted_; }
  [[nodiscard]] sdk::Rows decode(std::span<const sdk::BatchEntry> batch, const sdk::CallGuard& call) override;
  void trim(std::int32_t sequence, std::int32_t p0, std::int32_t p1) override;
  void copy(std::int32_t from, std::int32_t to, std::int32_t p0, std::int32_t p1) override;
  void shift(std::int32_t sequence, std::int32_t p0, std::int32_t p1, std::int32_t delta) override;
  [[nodiscard]] sdk::Range range(std::int32_t sequence) const override;
  // Format: "HFK1", count, then (position, token) each, all little-endian int32 as the machine has them, and a hash.
  void save(std::int32_t sequence, const sdk::Writer& out) override;
  void restore(std::int32_t sequence, const sdk::Reader& in) override;
  void set_adapters(std::span<const sdk::ScaledAdapter> adapters) override;

 private:
  void wait(double us, const sdk::CallGuard& call);
  [[nodiscard]] double batch_us(std::span<const sdk::BatchEntry> batch);
  void compute(const sdk::BatchEntry& entry, std::size_t reach, std::span<float> row);

  FakeModel& model_;
  const sdk::TextOptions granted_;
  const ModelReservation memory_;
  Cells cells_;
  std::vector<StoryAdapter> adapters_;  // borrowed from adapters that the SDK keeps alive
  std::vector<float> rows_;
  std::vector<std::uint32_t> counts_;  // scratch of batch_us, one a sequence, all 0 between calls
  std::vector<hearth_token> end_;      // scratch of compute
  std::int64_t virtual_ns_ = 0;        // of the call being served
};

}  // namespace hearth::fake
