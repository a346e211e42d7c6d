// Numbers as reports show them: as many digits as mean something, with unit and error bar.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "domain/hardware_profile.h"
#include "domain/interval.h"
#include "domain/plan.h"

namespace hearth {

// "1850", "42", "9.4", "0.19", "0.0012"; not a number: "unknown".
[[nodiscard]] std::string number_text(double value);

// "42 (34–51) tok/s"; empty where there is no interval. Milliseconds from 1000 on are shown as seconds.
[[nodiscard]] std::string figure_text(const std::optional<Interval>& figure, const std::string& unit);

// "measured, ± 3 %", "read from the system", "catalogue", "assumed".
[[nodiscard]] std::string provenance_text(Provenance provenance, const std::optional<double>& spread = std::nullopt);

// The choice's precision and model by the names for people where there are any, else by their ids.
[[nodiscard]] std::string precision_text(const PlanChoice& choice);
[[nodiscard]] std::string model_text(const PlanChoice& choice);

// A precision as people write it: "q4-k-m" -> "Q4_K_M", "int8-w8a8" -> "INT8_W8A8"; what has capitals stays.
[[nodiscard]] std::string precision_word(const std::string& precision);

// "8192 tokens, 4 users"; empty where the choice has no context.
[[nodiscard]] std::string context_text(const PlanChoice& choice);

// "kv_cache" -> "KV cache", "one_device" -> "one device".
[[nodiscard]] std::string plain_words(const std::string& identifier);

// "decode_tok_s" -> "decode": a measure's name without its unit.
[[nodiscard]] std::string measure_text(const std::string& metric);

// The pool of the plan that an item of memory on `device` draws on.
[[nodiscard]] std::string pool_of(const Plan& plan, const std::string& device);

}  // namespace hearth
