#include "app/memory_gate.h"

#include <fmt/format.h>

#include "base/units.h"

namespace hearth {
namespace {

// The least a cell of KV cache can take: Q4_0 rows (18 bytes per 32 values) of one key head of 8 values in one layer.
// A true lower bound for every attention model; recurrent models have no cells, and their contexts are bounded by this
// too because the token buffers of a runtime grow with the context as well.
constexpr std::uint64_t kCellBytesMin = 4;

std::string describe(const MemoryBreakdown& estimate) {
  std::string text;
  for (const auto& [component, bytes] : estimate.by_component())
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", component, format_bytes(bytes));
  return text;
}

}  // namespace

Status check_lower_bound(const GgufFile& header, const TextOptions& options, std::uint64_t available_bytes) {
  std::uint64_t cells = 0;
  std::uint64_t total = 0;
  // n_ctx counts tokens over all sequences already.
  const bool counted =
      checked_mul(options.n_ctx, kCellBytesMin, cells) && checked_add(cells, header.tensor_bytes(), total);
  if (counted && total <= available_bytes) return {};
  return fail(ErrorCode::kDoesNotFit,
              fmt::format("{} with a context of {} tokens needs more than {}, but {} of memory are available",
                          header.name, options.n_ctx, format_bytes(total), format_bytes(available_bytes)),
              header.tensor_bytes() > available_bytes ? "take a smaller model or a lower precision"
                                                      : "take a shorter context with --ctx");
}

Status check_estimate(const MemoryBreakdown& estimate, const TextOptions& options, std::uint64_t available_bytes) {
  const std::uint64_t total = estimate.total_bytes();
  if (total <= available_bytes) return {};
  const std::uint64_t cells = estimate.component_bytes(memory_component::kKvCache);
  const std::uint64_t rest = total - cells;
  std::string hint = "take a smaller model or a lower precision";
  if (cells > 0 && rest < available_bytes && options.n_ctx > 0) {
    // Cells grow linearly with the context, so this is exact up to the runtime's padding, which the 256 rounds off.
    const auto fitting = static_cast<std::uint64_t>(static_cast<double>(available_bytes - rest) /
                                                    static_cast<double>(cells) * options.n_ctx) /
                         256 * 256;
    if (fitting >= 256) hint = fmt::format("--ctx {} fits; --kv-type q8_0 halves the cache", fitting);
  }
  return fail(Error(ErrorCode::kDoesNotFit,
                    fmt::format("the model needs {} ({}), but {} of memory are available", format_bytes(total),
                                describe(estimate), format_bytes(available_bytes)),
                    hint)
                  .with("needed_bytes", std::to_string(total))
                  .with("available_bytes", std::to_string(available_bytes)));
}

}  // namespace hearth
