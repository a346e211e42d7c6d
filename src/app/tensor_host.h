// Tensor models ready to run for one command: provider, keeper of memory and engine joined together.
#pragma once

#include <memory>
#include <vector>

#include "app/hearth_app.h"
#include "app/served_tensor_models.h"
#include "engine/tensor_engine.h"

namespace hearth {

// What is borrowed outlives the host.
struct TensorHostParts {
  SessionHost session;
  std::filesystem::path home;
  std::filesystem::path data;  // the catalogue's folder
  Logger& logger;
};
[[nodiscard]] TensorHostParts tensor_host_parts(HearthApp& app);

// Thread-safe as its parts are.
class TensorHost {
 public:
  // Checks the models; loads none. Errors of ServedTensorModels::add.
  static Result<std::unique_ptr<TensorHost>> create(const TensorHostParts& parts,
                                                    std::vector<TensorModelSettings> models,
                                                    const TensorEngineOptions& options = {});

  [[nodiscard]] TensorEngine& engine() { return *engine_; }
  [[nodiscard]] ResidentModels& residents() { return *residents_; }
  [[nodiscard]] const ServedTensorModels& models() const { return *models_; }

 private:
  TensorHost() = default;
  std::unique_ptr<ServedTensorModels> models_;
  std::unique_ptr<ResidentModels> residents_;
  std::unique_ptr<TensorEngine> engine_;
};

}  // namespace hearth
