#include "serve/llama_settings.h"

namespace hearth::serve {

Json llama_settings(const TextRequest& request, bool stream) {
  const SamplingOptions& sampling = request.sampling;
  const Json most = request.max_tokens == 0 ? Json(-1) : Json(request.max_tokens);
  Json biases = Json::array();
  for (const auto& [token, bias] : sampling.logit_bias) biases.push_back({{"bias", bias}, {"token", token}});
  Json adapters = Json::array();
  for (const auto& adapter : request.adapters) adapters.push_back({{"name", adapter.name}, {"scale", adapter.scale}});
  std::string grammar;
  Json schema;
  if (request.constraint) {
    if (request.constraint->kind == ConstraintKind::kJsonSchema)
      schema = Json::parse(request.constraint->text, nullptr, false);
    else
      grammar = request.constraint->text;
  }
  Json settings = {{"seed", sampling.seed},
                   {"temperature", sampling.temperature},
                   {"top_k", sampling.top_k},
                   {"top_p", sampling.top_p},
                   {"min_p", sampling.min_p},
                   {"repeat_last_n", sampling.penalty_last_n},
                   {"repeat_penalty", sampling.repeat_penalty},
                   {"presence_penalty", sampling.presence_penalty},
                   {"frequency_penalty", sampling.frequency_penalty},
                   {"stop", request.stop},
                   {"max_tokens", most},
                   {"n_predict", most},
                   {"ignore_eos", request.ignore_end},
                   {"stream", stream},
                   {"logit_bias", std::move(biases)},
                   {"n_probs", request.logprobs.value_or(0)},
                   {"grammar", std::move(grammar)},
                   {"samplers", {"penalties", "top_k", "top_p", "min_p", "temperature"}},
                   {"lora", std::move(adapters)}};
  if (schema.is_object()) settings["json_schema"] = std::move(schema);
  return settings;
}

}  // namespace hearth::serve
