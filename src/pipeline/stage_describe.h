// What was seen, told by a language model.
#pragma once

#include <memory>
#include <string>

#include "pipeline/stage.h"

namespace hearth {

// "two persons and a bus (left), ...": objects by label with their number, and what classifiers said. Bounded.
[[nodiscard]] std::string seen_text(const Frame& frame);

// Settings: "prompt", in which {seen} stands for seen_text(); "max_tokens".
[[nodiscard]] Result<std::unique_ptr<Stage>> make_describe_stage(const StageSpec& spec, TextService& text,
                                                                 const std::string& model, const CallBounds& bounds);

}  // namespace hearth
