// How good a model is at a task and what a precision costs of it, on one scale of points, from published figures.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/catalog_model.h"
#include "domain/catalog_precision.h"

namespace hearth {

// Points: about MMLU's percentages for language models, mAP times 100 for detection, 100 less three times the word
// error rate for recognition. Only differences within a task mean anything. A model without a published score is taken
// for less than what its size would promise. `basis` says which of the two it was.
struct ModelQuality {
  double points = 0;
  std::string basis;
};
[[nodiscard]] ModelQuality model_quality(const CatalogModel& model, std::string_view task);

// Points lost to a precision, from its published divergence (or that of the nearest rung that has one).
// 0 where the model was trained in it.
[[nodiscard]] double precision_loss(const CatalogModel& model, const CatalogPrecision& precision,
                                    std::span<const CatalogPrecision> all);

// The highest floor of `uses`; nullptr where none has one.
[[nodiscard]] const CatalogPrecision* highest_floor(std::span<const CatalogPrecision> all,
                                                    const std::vector<std::string>& uses);

// True where the model was trained in this precision, so that lower floors do not apply to it.
[[nodiscard]] bool native_precision(const CatalogModel& model, const CatalogPrecision& precision);

}  // namespace hearth
