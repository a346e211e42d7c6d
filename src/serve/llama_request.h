// A body of llama-server's /completion as requests to the engine. Fields and defaults as llama-server's README has
// them.
#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "serve/llama_prompt.h"
#include "serve/openai_request.h"

namespace hearth::serve {

// How the client wants its answer.
struct LlamaWishes {
  bool stream = false;
  bool return_tokens = false;                  // token ids of a whole answer; a stream has them always
  std::vector<std::string> response_fields{};  // empty: all
};

struct LlamaRequest {
  TextRequest text;  // without a prompt
  std::vector<LlamaPrompt> prompts;
  std::vector<std::pair<std::string, float>> bias_texts;  // a bias for each token of these texts
  LlamaWishes wishes;

  // The vocabulary is needed before the engine is asked.
  [[nodiscard]] bool needs_kit() const;
};

// Faults go to the notes. A sampler that this server lacks (dynatemp, typical_p, xtc, dry, mirostat, top_n_sigma ...)
// is refused unless it is off; what changes nothing here (id_slot, n_keep ...) is noted as ignored. "samplers" switches
// off those it leaves out; their order stays ours. "lora" takes llama-server's ids, which count the model's adapters.
[[nodiscard]] LlamaRequest read_llama_request(Json& body, const HttpRequest& http, OpenAiServing& serving,
                                              ReadingNotes& notes);

}  // namespace hearth::serve
