#include "report/figures.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>

#include "base/display_text.h"
#include "base/units.h"

namespace hearth {
namespace {

// Decimals that leave two or three digits that mean something.
int decimals(double value) {
  const double size = std::abs(value);
  if (size >= 10 || size == 0) return 0;
  if (size >= 1) return 1;
  return std::min(6, static_cast<int>(std::ceil(-std::log10(size))) + 1);
}

std::string fixed(double value, int digits) { return fmt::format("{:.{}f}", value, digits); }

}  // namespace

std::string number_text(double value) { return std::isfinite(value) ? fixed(value, decimals(value)) : "unknown"; }

std::string figure_text(const std::optional<Interval>& figure, const std::string& unit) {
  if (!figure) return "";
  if (unit == "ms" && figure->value >= 1000)
    return figure_text(Interval{figure->value / 1000, figure->low / 1000, figure->high / 1000}, "s");
  if (!std::isfinite(figure->value)) return "unknown";
  if (unit == "bytes") {
    const auto bytes = [](double value) {
      return format_bytes(value > 0 ? static_cast<std::uint64_t>(std::min(value, 1e18)) : 0);
    };
    return fmt::format("{} ({}–{})", bytes(figure->value), bytes(figure->low), bytes(figure->high));
  }
  const int digits = decimals(figure->value);
  const std::string text =
      fmt::format("{} ({}–{})", fixed(figure->value, digits), fixed(figure->low, digits), fixed(figure->high, digits));
  return unit.empty() ? text : text + " " + one_line(unit);
}

std::string provenance_text(Provenance provenance, const std::optional<double>& spread) {
  switch (provenance) {
    case Provenance::kMeasured:
      return spread ? fmt::format("measured, ± {} %", number_text(100 * *spread)) : "measured";
    case Provenance::kSystem: return "read from the system";
    case Provenance::kCatalogue: return "catalogue";
    case Provenance::kAssumed: return "assumed";
  }
  return "";
}

std::string precision_word(const std::string& precision) {
  std::string text = one_line(precision);
  const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  if (std::any_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; })) return text;
  std::transform(text.begin(), text.end(), text.begin(), [&](char c) {
    return is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c == '-' ? '_' : c;
  });
  return text;
}

std::string precision_text(const PlanChoice& choice) {
  return precision_word(choice.precision_name.empty() ? choice.precision : choice.precision_name);
}

std::string model_text(const PlanChoice& choice) {
  return one_line(choice.model_name.empty() ? choice.model : choice.model_name);
}

std::string context_text(const PlanChoice& choice) {
  if (choice.context_length == 0) return "";
  const std::string tokens = fmt::format("{} tokens", choice.context_length);
  return choice.users > 1 ? fmt::format("{} for each of {} users", tokens, choice.users) : tokens;
}

std::string plain_words(const std::string& identifier) {
  std::string text = one_line(identifier);
  std::replace(text.begin(), text.end(), '_', ' ');
  return text.rfind("kv ", 0) == 0 ? "KV" + text.substr(2) : text;
}

std::string measure_text(const std::string& metric) {
  if (metric == "rtf") return "real-time factor";
  if (metric == "fps") return "frames";
  if (metric == "ttft_ms") return "first token";
  for (const std::string_view unit : {"_tok_s", "_ms", "_w", "_bytes", "_s"})
    if (metric.size() > unit.size() && metric.compare(metric.size() - unit.size(), unit.size(), unit) == 0)
      return plain_words(metric.substr(0, metric.size() - unit.size()));
  return plain_words(metric);
}

std::string pool_of(const Plan& plan, const std::string& device) {
  const bool own =
      std::any_of(plan.pools.begin(), plan.pools.end(), [&](const auto& pool) { return pool.pool == device; });
  return own ? device : "ram";
}

}  // namespace hearth
