#include "fake_faults.h"

#include <chrono>
#include <cstdlib>
#include <new>
#include <stdexcept>
#include <thread>
#include <utility>

namespace hearth::fake {
namespace {

constexpr std::pair<const char*, FaultAction> kActions[] = {
    {"error", FaultAction::kError},         {"throw", FaultAction::kThrow}, {"bad_alloc", FaultAction::kBadAlloc},
    {"abort", FaultAction::kAbort},         {"exit", FaultAction::kExit},   {"hang", FaultAction::kHang},
    {"nan_logits", FaultAction::kNanLogits}};

constexpr std::pair<const char*, std::int32_t> kCodes[] = {
    {"internal", HEARTH_INTERNAL},           {"invalid_argument", HEARTH_INVALID_ARGUMENT},
    {"does_not_fit", HEARTH_DOES_NOT_FIT},   {"forbidden", HEARTH_FORBIDDEN},
    {"not_found", HEARTH_NOT_FOUND},         {"invalid_data", HEARTH_INVALID_DATA},
    {"unsupported", HEARTH_UNSUPPORTED},     {"permission_denied", HEARTH_PERMISSION_DENIED},
    {"unavailable", HEARTH_UNAVAILABLE},     {"overloaded", HEARTH_OVERLOADED},
    {"out_of_memory", HEARTH_OUT_OF_MEMORY}, {"deadline_exceeded", HEARTH_DEADLINE_EXCEEDED},
    {"cancelled", HEARTH_CANCELLED},         {"io", HEARTH_IO}};

template <class Table>
std::vector<std::string> names_of(const Table& table) {
  std::vector<std::string> names;
  for (const auto& [name, value] : table) names.emplace_back(name);
  return names;
}

template <class Table>
auto value_of(const Table& table, const std::string& wanted) {
  for (const auto& [name, value] : table) {
    if (wanted == name) return value;
  }
  throw sdk::Error(HEARTH_INTERNAL, "'" + wanted + "' got past the check of names");
}

// Sleeping is not the fault here, waiting for ever is: a bound keeps a forgotten cancel from hanging a test run.
void hang(const FaultRule& rule, const sdk::CallGuard& guard) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(rule.for_ms);
  while (std::chrono::steady_clock::now() < end) {
    guard.check(rule.call.c_str());
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  throw sdk::Error(HEARTH_UNAVAILABLE, rule.call + " hung as scripted and nobody cancelled it");
}

}  // namespace

const std::vector<std::string>& fault_calls() {
  static const std::vector<std::string> kCalls = {"estimate",     "load",        "placement",
                                                  "memory_now",   "info",        "metadata",
                                                  "tokenize",     "token_bytes", "token_attributes",
                                                  "context_new",  "decode",      "trim",
                                                  "copy",         "shift",       "range",
                                                  "save",         "restore",     "adapter_load",
                                                  "set_adapters", "token_table", "session_new",
                                                  "request_new",  "bind",        "run"};
  return kCalls;
}

std::vector<std::string> fault_action_names() { return names_of(kActions); }
std::vector<std::string> error_code_names() { return names_of(kCodes); }
FaultAction fault_action(const std::string& name) { return value_of(kActions, name); }
std::int32_t error_code(const std::string& name) { return value_of(kCodes, name); }

const FaultRule* Faults::due(std::string_view call) {
  if (rules_.empty()) return nullptr;
  const std::lock_guard lock(gate_);
  const std::uint32_t n = ++n_calls_.try_emplace(std::string(call), 0).first->second;
  for (const auto& rule : rules_) {
    if (rule.call != call || n < rule.nth || (n - rule.nth) % rule.every != 0) continue;
    if (rule.times == 0 || (n - rule.nth) / rule.every < rule.times) return &rule;
  }
  return nullptr;
}

bool Faults::hit(std::string_view call) {
  static const sdk::Host kNoHost(nullptr);
  return hit(call, sdk::CallGuard(kNoHost, nullptr));
}

bool Faults::hit(std::string_view call, const sdk::CallGuard& guard) {
  const FaultRule* rule = due(call);
  if (rule == nullptr) return false;
  switch (rule->action) {
    case FaultAction::kError: throw sdk::Error(rule->code, rule->message);
    case FaultAction::kThrow: throw std::runtime_error(rule->message);
    case FaultAction::kBadAlloc: throw std::bad_alloc();
    case FaultAction::kAbort: std::abort();
    case FaultAction::kExit: std::_Exit(EXIT_FAILURE);
    case FaultAction::kHang: hang(*rule, guard); break;
    case FaultAction::kNanLogits: return true;
  }
  return false;
}

}  // namespace hearth::fake
