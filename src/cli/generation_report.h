// What one generation was and cost, as JSON and as a line for people.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "app/text_session.h"

namespace hearth::cli {

// The document of `hearth run chat|complete --json`, see data/schemas/run_text.schema.json.
[[nodiscard]] Result<nlohmann::ordered_json> generation_to_json(const TextSession& session,
                                                                const GenerationResult& result, std::uint64_t seed);

// "TTFT 12 ms · prefill 345 tok/s (12 tokens) · decode 210 tok/s (64 tokens)"
[[nodiscard]] std::string describe_figures(const GenerationResult& result);

}  // namespace hearth::cli
