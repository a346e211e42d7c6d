// Conversations as the JSON that chat templates read.
#pragma once

#include <nlohmann/json.hpp>

#include "domain/chat.h"
#include "hearth/result.h"

namespace hearth {

struct TemplateTraits {
  bool takes_parts = false;         // content may be a list of parts
  bool needs_text_content = false;  // a turn of calls alone has "" for content, not null
};

// Parts of text alone are joined where the template takes none. Arguments go in as text; the template library unpacks
// them for templates that want objects. Errors name the message, counted from 1.
[[nodiscard]] Result<nlohmann::ordered_json> template_messages(const std::vector<ChatMessage>& messages,
                                                               const TemplateTraits& traits);

// As {"type": "function", "function": {...}}, the form that templates expect. Null when there are none.
[[nodiscard]] Result<nlohmann::ordered_json> template_tools(const std::vector<ToolDefinition>& tools);

}  // namespace hearth
