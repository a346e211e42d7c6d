// Vision models as endpoints see them: a picture in, what it shows out; pictures that come at once are computed
// together where the graph allows it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/tensor_service.h"
#include "pipeline/vision_work.h"

namespace hearth {

struct VisionRequest {
  std::string model;
  VisionTask task = VisionTask::kDetect;
  std::string picture;  // the file's bytes
  VisionOptions options;
  std::shared_ptr<const CancelToken> cancel;  // null: can't be cancelled
};

// Valid during the callback.
struct VisionAnswer {
  const VisionRecipe& recipe;
  VisionWork& work;
  std::uint32_t batch = 1;
  double queue_ms = 0;
};

// Thread-safe.
class VisionService {
 public:
  virtual ~VisionService() = default;
  // `done` is called once, on any thread: kNotFound, kUnsupported (the bytes are no picture, the model no vision
  // model), kInvalidData, kInvalidArgument (another task), kOverloaded, what loading gives.
  virtual void look(VisionRequest request, std::function<void(const Result<VisionAnswer*>&)> done) = 0;
  // The recipe of a model, which is loaded for it.
  virtual void with_recipe(const std::string& model,
                           std::function<void(Result<std::shared_ptr<const VisionRecipe>>)> done) = 0;
};

// Over the engine. The tensor service outlives it, and so do requests under way.
class EngineVisionService final : public VisionService {
 public:
  explicit EngineVisionService(TensorService& tensors) : tensors_(tensors) {}
  void look(VisionRequest request, std::function<void(const Result<VisionAnswer*>&)> done) override;
  void with_recipe(const std::string& model,
                   std::function<void(Result<std::shared_ptr<const VisionRecipe>>)> done) override;

 private:
  class Job;
  [[nodiscard]] std::shared_ptr<VisionWork> take_work();
  [[nodiscard]] Result<std::shared_ptr<const VisionRecipe>> recipe_of(
      const std::shared_ptr<const TensorModelFacts>& facts);

  TensorService& tensors_;
  std::mutex gate_;
  std::vector<std::unique_ptr<VisionWork>> spare_;  // at most kSpareMax
  // With the facts they were made from: another load of a model has other facts.
  std::unordered_map<std::string,
                     std::pair<std::shared_ptr<const TensorModelFacts>, std::shared_ptr<const VisionRecipe>>>
      recipes_;
};

}  // namespace hearth
