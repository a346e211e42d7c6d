// Special tokens around one text or two, and how texts are cut so that all keeps within a limit.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "hearth/result.h"
#include "text/tokenizer.h"

namespace hearth {

// A place in the template: a text's tokens (`text` 0 or 1), or special tokens.
struct TemplatePlace {
  int text = -1;
  std::int32_t type_id = 0;
  std::vector<std::int32_t> ids;  // where it is no text
};

// Immutable.
class SequenceTemplate {
 public:
  // "post_processor" of a tokenizer.json; null adds nothing. kUnsupported: a kind that is not known, by its name.
  [[nodiscard]] static Result<SequenceTemplate> parse(const nlohmann::json& post_processor);

  // `texts`: one or two; cut at the end, or at the start if `from_left`. `most`: tokens in all; 0 = no limit.
  [[nodiscard]] Result<TokenSequence> fill(std::vector<std::vector<std::int32_t>> texts, std::size_t most,
                                           bool from_left) const;

 private:
  [[nodiscard]] Status read(const nlohmann::json& post_processor, int depth);
  std::vector<TemplatePlace> single_ = {{0, 0, {}}};
  std::vector<TemplatePlace> pair_ = {{0, 0, {}}, {1, 0, {}}};
};

}  // namespace hearth
