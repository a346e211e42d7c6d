// A graph for sound that a test writes as a function, with ports of its own choice.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "engine/tensor_service.h"

namespace hearth {

class SoundLane final : public TensorLane {
 public:
  using Rows = std::vector<std::vector<float>>;
  // Inputs in the order of the ports to outputs in the order of theirs.
  using Graph = std::function<Rows(const Rows&)>;

  SoundLane(std::vector<Shape> inputs, std::vector<Shape> outputs, Graph graph) : graph_(std::move(graph)) {
    facts_.name = "scripted";
    for (auto& shape : inputs) facts_.ports.inputs.push_back({"in", DataType::kF32, shape, ""});
    for (auto& shape : outputs) facts_.ports.outputs.push_back({"out", DataType::kF32, shape, ""});
  }
  [[nodiscard]] const TensorModelFacts& facts() const override { return facts_; }
  [[nodiscard]] Result<std::span<const TensorView>> inputs(std::span<const Shape> shapes) override {
    in_.resize(shapes.size());
    views_.clear();
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      in_[i].resize(shapes[i].n_elements().value());
      views_.push_back(view_of(std::span(in_[i]), shapes[i]));
    }
    return std::span<const TensorView>(views_);
  }
  [[nodiscard]] Status bind(std::size_t /*input*/, const TensorView& /*view*/) override { return {}; }
  [[nodiscard]] Result<std::span<const TensorView>> run(const CallBounds& /*bounds*/) override {
    out_ = graph_(in_);
    out_views_.clear();
    for (auto& row : out_) out_views_.push_back(view_of(std::span(row), Shape{static_cast<std::int64_t>(row.size())}));
    return std::span<const TensorView>(out_views_);
  }

 private:
  TensorModelFacts facts_;
  Graph graph_;
  Rows in_, out_;
  std::vector<TensorView> views_, out_views_;
};

}  // namespace hearth
