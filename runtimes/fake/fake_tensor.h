// The fake tensor graph: what its script says of it, computed number by number.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "fake_devices.h"
#include "fake_faults.h"
#include "fake_tensor_script.h"

namespace hearth::fake {

// Thread-safe: the script is constant, the rest is locked.
class FakeTensorModel final : public sdk::TensorModel {
 public:
  // OUT_OF_MEMORY when the devices don't hold it.
  FakeTensorModel(Script script, const sdk::LoadOptions& options, std::shared_ptr<Devices> devices);

  [[nodiscard]] sdk::MemoryItems placement() const override;
  [[nodiscard]] const sdk::TensorPorts& ports() const override;
  [[nodiscard]] std::map<std::string, std::string> metadata() const override;
  [[nodiscard]] std::unique_ptr<sdk::TensorSession> new_session(const sdk::TensorOptions& options,
                                                                const sdk::CallGuard& call) override;

  [[nodiscard]] const TensorScript& tensor_script() const { return script_.tensor; }
  [[nodiscard]] Faults& faults() const { return faults_; }
  [[nodiscard]] double latency_scale() const { return latency_scale_; }

 private:
  const Script script_;
  const double latency_scale_;
  const bool allows_fallback_;
  mutable Faults faults_;  // counts calls of const functions
  const std::shared_ptr<Devices> devices_;
  const Reservation weights_;
};

}  // namespace hearth::fake
