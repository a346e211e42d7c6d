// Records of vision models and label files from any bytes: refused, or within their bounds.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "vision/labels.h"
#include "vision/vision_model.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto record = hearth::parse_vision_record(text)) {
    const auto within = [](const auto& share) { return !share || (*share >= 0 && *share <= 1); };
    if (!within(record->score_threshold) || !within(record->iou_threshold)) std::abort();
    // A model of any shape is recognised or refused with it.
    hearth::VisionModelFacts facts;
    facts.record = *record;
    facts.inputs = {hearth::VisionPort{{"images", hearth::DataType::kU8, {1, 64, 64, 3}, ""}, {}}};
    facts.outputs = {hearth::VisionPort{{"output0", hearth::DataType::kF32, {1, 12, 84}, ""}, {}}};
    (void)hearth::recognise_vision_model(facts);
  }
  if (const auto labels = hearth::parse_labels(text)) {
    if (labels->empty() || labels->size() > 100'000) std::abort();
    (void)hearth::labels_for_classifier(*labels, labels->size() + 1);
  }
  return 0;
}
