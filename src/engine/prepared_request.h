// A request as the scheduler takes it: tokens instead of text, a compiled constraint, how to read the answer.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/text_request.h"
#include "schedule/schedule_types.h"
#include "text/constraint.h"
#include "text/output_parser.h"

namespace hearth {

class ModelKit;

struct PreparedRequest {
  std::uint64_t id = 0;
  TextRequest request;
  std::shared_ptr<TextListener> listener;  // shared with who submitted it
  Instant submitted;
  bool told_accepted = false;  // it waited in a scheduler before: the listener knows
  bool returned = false;       // a model that crashed under it gave it back

  std::vector<Token> prompt;
  std::vector<std::string> foregone;  // notices from before it was prepared
  std::vector<std::string> notices;
  std::shared_ptr<const Constraint> constraint;  // null: free text
  OutputParserOptions parser;                    // looked at where request.parse_output
  bool stop_after_call = false;
  std::uint32_t max_new_tokens = 1;
};

// What bounds a prompt.
struct PromptLimits {
  std::string model;
  std::uint32_t context_length = 0;  // tokens of one request, prompt and answer
};

// Fills in all of `request` from its text. Takes as long as the prompt and the constraint are large: not for the
// scheduler's thread. kInvalidArgument names the field; kDoesNotFit the numbers; kUnsupported as the parts say.
[[nodiscard]] Status prepare_request(PreparedRequest& request, const ModelKit& kit, const PromptLimits& limits);

}  // namespace hearth
