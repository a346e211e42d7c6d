// A text model as `verify` measures it: loaded by this process, or served by the server that runs already.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/server_lease.h"
#include "app/text_session.h"
#include "base/call_bounds.h"
#include "hearth/result.h"

namespace hearth {

// Externally synchronised.
class MeasuredText {
 public:
  virtual ~MeasuredText() = default;
  // Greedy, without drafts, past end tokens: n tokens after these. kCancelled, kDeadlineExceeded.
  [[nodiscard]] virtual Result<RunMetrics> generate(std::vector<Token> prompt, std::uint32_t n,
                                                    const CallBounds& bounds) = 0;
  [[nodiscard]] virtual std::uint32_t n_vocab() const = 0;
  [[nodiscard]] virtual std::optional<double> load_ms() const = 0;  // absent: it was loaded before
  [[nodiscard]] virtual std::vector<int> workers() const = 0;       // processes that compute, besides this one
  [[nodiscard]] virtual Result<MemoryBreakdown> memory() const = 0;
  [[nodiscard]] virtual std::optional<std::uint64_t> peak_rss_bytes() const = 0;
  [[nodiscard]] virtual std::string runtime_version() const = 0;
  [[nodiscard]] virtual std::vector<std::string> notices() const = 0;
};

// Errors as TextSession::open.
[[nodiscard]] Result<std::unique_ptr<MeasuredText>> load_measured_text(const SessionHost& host,
                                                                       const TextSessionOptions& session,
                                                                       const CallBounds& bounds);

// The model of `server` that was loaded from `file`; null when it serves none.
[[nodiscard]] Result<std::unique_ptr<MeasuredText>> attach_measured_text(const RunningServer& server,
                                                                         const std::filesystem::path& file);

}  // namespace hearth
