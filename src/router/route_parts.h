// Which steps a request needs: one model's answer, or several models one after another.
#pragma once

#include <array>
#include <cstddef>

#include "domain/route.h"
#include "domain/route_target.h"

namespace hearth {

// A step and what it asks of a model. `needed`: without a target for it there is no route; else the step is left out.
// `else_text`: no attachment asks for the skill, only the words: where no target has it, one that writes text will do.
struct WantedPart {
  PartRole role = PartRole::kAnswer;
  Skill skill = Skill::kText;
  bool needed = true;
  bool else_text = false;
};

struct WantedParts {
  std::array<WantedPart, kRoutePartsMax> part{};
  std::size_t n = 0;
};

// A picture and a question about it go to one model that sees. A picture and work on it (code, tools, a long text, a
// hard question) go to one that sees and one that answers; a recording and a question to one that hears and one that
// answers; an answer that is to be heard to one that speaks as well. An attachment that was only announced asks for
// nothing. Pure.
[[nodiscard]] WantedParts wanted_parts(const RouteRequest& request, const RouteDecision& decision);

}  // namespace hearth
