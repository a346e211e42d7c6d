#include "engine/text_service.h"

namespace hearth {

std::string_view to_string(ModelState state) {
  switch (state) {
    case ModelState::kAbsent: return "absent";
    case ModelState::kLoading: return "loading";
    case ModelState::kResident: return "resident";
    case ModelState::kDraining: return "draining";
    case ModelState::kFailed: return "failed";
  }
  return "failed";
}

std::string_view to_string(ModelKind kind) {
  switch (kind) {
    case ModelKind::kText: return "text";
    case ModelKind::kTensor: return "tensor";
    case ModelKind::kSpeech: return "speech";
  }
  return "text";
}

}  // namespace hearth
