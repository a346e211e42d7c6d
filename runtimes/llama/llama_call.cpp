#include "llama_call.h"

#include <llama.h>

#include <algorithm>
#include <atomic>
#include <cctype>

namespace hearth::llama {
namespace {

constexpr std::size_t kMaxErrorBytes =
    2048;  // enough for the first cause; a broken file can make llama.cpp log for long

// llama.cpp calls back without telling for whom, so the two below can be nowhere but here.
std::atomic<const sdk::Host*> g_host{nullptr};
thread_local CallScope* t_scope = nullptr;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) text.remove_suffix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0) text.remove_prefix(1);
  return text;
}

// llama.cpp tells of each step at "info", which is "debug" to Hearth's users. An error that a scope keeps becomes part
// of the status of the call and is not logged a second time as one.
sdk::LogLevel host_level(ggml_log_level level, bool kept) {
  switch (level) {
    case GGML_LOG_LEVEL_ERROR: return kept ? sdk::LogLevel::kDebug : sdk::LogLevel::kError;
    case GGML_LOG_LEVEL_WARN: return sdk::LogLevel::kWarn;
    default: return sdk::LogLevel::kDebug;
  }
}

void on_log(ggml_log_level level, const char* text, void* /*user*/) {
  const bool kept = level == GGML_LOG_LEVEL_ERROR && t_scope != nullptr;
  if (kept) t_scope->keep(text);
  const auto* host = g_host.load(std::memory_order_acquire);
  const auto line = trimmed(text);
  const bool is_progress_dots = line.find_first_not_of('.') == std::string_view::npos;
  if (host != nullptr && !is_progress_dots) host->log(host_level(level, kept), "llama", line);
}

// "ggml.c:3758: GGML_ASSERT(...) failed" without the folder it was compiled in.
std::string_view without_folder(std::string_view message) {
  const auto slash = message.substr(0, message.find(':')).rfind('/');
  return slash == std::string_view::npos ? message : message.substr(slash + 1);
}

// ggml ends the process when this returns. Throwing leaves the failed call by the way of its C++ frames instead.
void on_abort(const char* message) {
  if (t_scope != nullptr && t_scope->throws_on_abort()) throw Aborted(std::string(without_folder(message)));
  if (const auto* host = g_host.load(std::memory_order_acquire))
    host->log(sdk::LogLevel::kError, "llama", without_folder(message));
}

}  // namespace

void route_logs(const sdk::Host& host) {
  g_host.store(&host, std::memory_order_release);
  llama_log_set(on_log, nullptr);
  ggml_set_abort_callback(on_abort);
}

CallScope::CallScope(OnAbort on_abort) : on_abort_(on_abort), outer_(t_scope) { t_scope = this; }
CallScope::~CallScope() { t_scope = outer_; }

void CallScope::keep(std::string_view text) {
  if (errors_.size() < kMaxErrorBytes) errors_.append(text.substr(0, kMaxErrorBytes));
}

std::string CallScope::reason() const {
  auto line = trimmed(errors_);
  line = trimmed(line.substr(0, line.find('\n')));
  if (const auto colon = line.find(": "); colon != std::string_view::npos) {
    const auto name = line.substr(0, colon);
    if (name.find(' ') == std::string_view::npos) line.remove_prefix(colon + 2);
  }
  while (!line.empty() && (line.back() == ':' || line.back() == '.')) line.remove_suffix(1);
  return std::string(line);
}

}  // namespace hearth::llama
