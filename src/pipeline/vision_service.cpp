#include "pipeline/vision_service.h"

#include <fmt/format.h>

#include <utility>

namespace hearth {
namespace {

constexpr std::size_t kSpareMax = 16;  // works keep the memory of their largest picture

std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace

// A picture that was decoded, on its way through the engine.
class EngineVisionService::Job final : public TensorJob {
 public:
  Job(VisionRequest request, std::shared_ptr<const VisionRecipe> recipe, std::shared_ptr<VisionWork> work,
      std::function<void(const Result<VisionAnswer*>&)> done)
      : request_(std::move(request)),
        recipe_(std::move(recipe)),
        work_(std::move(work)),
        done_(std::move(done)),
        group_(fmt::format("vision {}", request_.options.resolution)) {}

  [[nodiscard]] std::string_view group() const override { return group_; }
  [[nodiscard]] Result<Shape> shape(const TensorModelFacts& facts, std::size_t input, std::uint32_t n) const override {
    return input_shape(*recipe_, facts, input, n, request_.options.resolution);
  }
  [[nodiscard]] Status fill(const TensorModelFacts&, std::span<const TensorView> inputs, std::size_t item) override {
    return work_->fill(*recipe_, request_.options, inputs, item);
  }
  void finish(const TensorModelFacts*, const Result<TensorRun>& run) override {
    if (!run) return done_(fail(run.error()));
    work_->timings().infer_ms = run->infer_ms / run->batch;
    if (auto read = work_->read(*recipe_, request_.options, run->outputs, run->item); !read)
      return done_(fail(std::move(read).error()));
    VisionAnswer answer{*recipe_, *work_, run->batch, run->queue_ms};
    done_(&answer);
  }
  [[nodiscard]] CallBounds bounds() const override { return {request_.cancel.get(), {}, 0}; }

 private:
  VisionRequest request_;
  std::shared_ptr<const VisionRecipe> recipe_;
  std::shared_ptr<VisionWork> work_;
  std::function<void(const Result<VisionAnswer*>&)> done_;
  std::string group_;
};

// Comes back to the spare ones when it is let go.
std::shared_ptr<VisionWork> EngineVisionService::take_work() {
  std::unique_ptr<VisionWork> work;
  {
    const std::lock_guard lock(gate_);
    if (!spare_.empty()) {
      work = std::move(spare_.back());
      spare_.pop_back();
    }
  }
  if (work == nullptr) work = std::make_unique<VisionWork>();
  return {work.release(), [this](VisionWork* back) {
            std::unique_ptr<VisionWork> own(back);
            const std::lock_guard lock(gate_);
            if (spare_.size() < kSpareMax) spare_.push_back(std::move(own));
          }};
}

Result<std::shared_ptr<const VisionRecipe>> EngineVisionService::recipe_of(
    const std::shared_ptr<const TensorModelFacts>& facts) {
  {
    const std::lock_guard lock(gate_);
    const auto found = recipes_.find(facts->name);
    if (found != recipes_.end() && found->second.first == facts) return found->second.second;
  }
  HEARTH_ASSIGN(recipe, make_recipe(*facts));
  const std::lock_guard lock(gate_);
  recipes_[facts->name] = {facts, recipe};
  return recipe;
}

void EngineVisionService::with_recipe(const std::string& model,
                                      std::function<void(Result<std::shared_ptr<const VisionRecipe>>)> done) {
  tensors_.with_facts(model,
                      [this, done = std::move(done)](const Result<std::shared_ptr<const TensorModelFacts>>& facts) {
                        if (!facts) return done(fail(facts.error()));
                        done(recipe_of(*facts));
                      });
}

void EngineVisionService::look(VisionRequest request, std::function<void(const Result<VisionAnswer*>&)> done) {
  // Shared: std::function is copied.
  auto asked = std::make_shared<VisionRequest>(std::move(request));
  with_recipe(asked->model,
              [this, asked, done = std::move(done)](const Result<std::shared_ptr<const VisionRecipe>>& recipe) {
                if (!recipe) return done(fail(recipe.error()));
                if (auto fits = check_task(**recipe, asked->task); !fits) return done(fail(std::move(fits).error()));
                auto work = take_work();
                if (auto decoded = work->decode(**recipe, asked->options, bytes_of(asked->picture)); !decoded)
                  return done(fail(std::move(decoded).error()));
                const std::string model = (*recipe)->model;
                tensors_.submit(model, std::make_shared<Job>(std::move(*asked), *recipe, std::move(work), done));
              });
}

}  // namespace hearth
