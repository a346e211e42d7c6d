// Where the engine gets its tensor models from; the composition root implements it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/call_bounds.h"
#include "domain/runtime_info.h"
#include "engine/text_service.h"
#include "hearth/result.h"
#include "plugin_host/tensor_model.h"

namespace hearth {

// A graph that is loaded, with what the engine has to know to compile and run it.
struct OpenedTensorModel {
  ModelFacts facts;
  std::shared_ptr<TensorModel> model;  // shared: sessions keep it loaded
  TensorOptions options;
  std::uint32_t batch_max = 1;  // items that may be computed at once where the graph's first dimensions are open
  std::string record_json;      // what the model's record says of its use (input, head, labels); empty: nothing
};

// Thread-safe; open_tensor() may take long and is called on a thread of the engine's.
class TensorModelProvider {
 public:
  virtual ~TensorModelProvider() = default;
  [[nodiscard]] virtual Result<OpenedTensorModel> open_tensor(const std::string& name, const CallBounds& bounds) = 0;
  // It answered for the first time: the file has proved itself with this runtime.
  virtual void answered(const std::string& name) = 0;
};

}  // namespace hearth
