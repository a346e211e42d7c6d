// The fields that the OpenAI endpoints which generate text take in the same way, with what vLLM's and llama-server's
// clients add to them. Sampling that a client leaves open is as SamplingOptions has it (temperature 0.8, top_p 0.95,
// top_k 40, min_p 0.05), not as OpenAI's models have it; a seed left open is a new one each time.
#pragma once

#include <string>
#include <vector>

#include "engine/text_request.h"
#include "serve/exchange.h"
#include "serve/json_reader.h"
#include "serve/openai_serving.h"

namespace hearth::serve {

// How the client wants its answer.
struct AnswerWishes {
  bool stream = false;
  bool include_usage = false;        // a last chunk with the usage
  bool timings = false;              // the times of the request too
  std::string service_tier{};        // given back when asked for
  std::vector<std::string> notices;  // what the request's reading has to say, for the answer
};

// `model` where the endpoint takes no default. One that is missing or unknown is refused.
void read_known_model(ObjectReader& body, const OpenAiServing& serving, std::string& name);

// `model` and the API key. A model that is unknown or gives no text is refused.
void read_model(ObjectReader& body, const HttpRequest& http, const OpenAiServing& serving, TextRequest& request);

// stream, stream_options, timings, service_tier, and the fields that change nothing: user, metadata, ...
void read_wishes(ObjectReader& body, AnswerWishes& wishes, TextRequest& request);

// temperature, top_p, top_k, min_p, the penalties, seed, logit_bias.
void read_sampling(ObjectReader& body, OpenAiServing& serving, SamplingOptions& sampling);

// n, stop, and the extensions: truncation, priority, adapters or lora, cache_prompt, speculate, ignore_eos, timeout_s,
// skip_special_tokens.
void read_generation(ObjectReader& body, const OpenAiServing& serving, TextRequest& request);

// What the answer is held to: response_format; guided_json, guided_regex, guided_grammar, guided_choice,
// structured_outputs; json_schema, grammar, regex. More than one is refused.
void read_constraint(ObjectReader& body, TextRequest& request);

// A schema under "format" or "response_format": {"type": "text" | "json_object" | "json_schema", ...}. In the form of
// Responses the schema lies beside the type, in chat's under "json_schema".
void read_format(ObjectReader format, bool schema_beside_type, std::vector<ConstraintSpec>& found);

}  // namespace hearth::serve
