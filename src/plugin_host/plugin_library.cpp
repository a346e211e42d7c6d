#include "plugin_host/plugin_library.h"

#include <mutex>
#include <vector>

#include "plugin_host/abi_values.h"

namespace hearth {
namespace {

// Plugins keep the host table's address and live to the end of the process, so tables do too, reachable from here for
// leak checkers. The one mutable global of this folder; it only grows, by one small table a library opened.
void keep_for_good(std::unique_ptr<HostTable> table) {
  static std::mutex mutex;
  static auto* kept = new std::vector<std::unique_ptr<HostTable>>;
  const std::lock_guard lock(mutex);
  kept->push_back(std::move(table));
}

constexpr const char* kHint = "build the plugin for ABI major 1, or install the version that belongs to this hearth";

std::string version_of(std::uint32_t major, std::uint32_t minor) {
  return std::to_string(major) + "." + std::to_string(minor);
}

// A plugin of another major may refuse by itself; its words come with ours around them.
Status check_entry_answer(hearth_status answered, const std::string& what) {
  if (Status status = take_status(answered, HEARTH_PLUGIN_ENTRY); !status) {
    Error lower = std::move(status).error();
    return fail(Error(lower.code, what + " refused to start: " + lower.message, kHint).because(std::move(lower)));
  }
  return {};
}

}  // namespace

Status check_plugin_table(const hearth_plugin* table, const std::string& what) {
  if (table == nullptr) return fail(ErrorCode::kInvalidData, what + " gave no table", "update the plugin");
  if (!HEARTH_HAS_FIELD(table, hearth_plugin, abi_minor))
    return fail(ErrorCode::kInvalidData,
                what + " gave a table of " + std::to_string(table->struct_size) + " bytes, too short for its version",
                "update the plugin");
  if (table->abi_major != HEARTH_ABI_MAJOR)
    return fail(ErrorCode::kInvalidData,
                what + " speaks plugin ABI " + version_of(table->abi_major, table->abi_minor) +
                    "; this hearth speaks " + version_of(HEARTH_ABI_MAJOR, HEARTH_ABI_MINOR),
                kHint);
  const bool complete =
      HEARTH_HAS_CALL(table, hearth_plugin, describe) && HEARTH_HAS_CALL(table, hearth_plugin, score) &&
      HEARTH_HAS_CALL(table, hearth_plugin, estimate) && HEARTH_HAS_CALL(table, hearth_plugin, load) &&
      HEARTH_HAS_CALL(table, hearth_plugin, placement) && HEARTH_HAS_CALL(table, hearth_plugin, memory_now) &&
      HEARTH_HAS_CALL(table, hearth_plugin, free) && HEARTH_HAS_CALL(table, hearth_plugin, capability);
  if (!complete)
    return fail(ErrorCode::kInvalidData,
                what +
                    " lacks one of the calls every plugin must have (describe, score, estimate, load, "
                    "placement, memory_now, free, capability)",
                "update the plugin");
  return {};
}

Status check_text_table(const hearth_text* table) {
  if (!HEARTH_HAS_FIELD(table, hearth_text, major) || table->major != HEARTH_CAP_TEXT_MAJOR)
    return fail(ErrorCode::kInvalidData,
                "the runtime's text table is not of major " + std::to_string(HEARTH_CAP_TEXT_MAJOR), kHint);
  const bool complete =
      HEARTH_HAS_CALL(table, hearth_text, info) && HEARTH_HAS_CALL(table, hearth_text, metadata) &&
      HEARTH_HAS_CALL(table, hearth_text, tokenize) && HEARTH_HAS_CALL(table, hearth_text, token_bytes) &&
      HEARTH_HAS_CALL(table, hearth_text, token_attributes) && HEARTH_HAS_CALL(table, hearth_text, context_new) &&
      HEARTH_HAS_CALL(table, hearth_text, context_free) && HEARTH_HAS_CALL(table, hearth_text, context_info) &&
      HEARTH_HAS_CALL(table, hearth_text, decode);
  if (!complete)
    return fail(ErrorCode::kInvalidData, "the runtime's text table lacks a call that every one must have",
                "update the plugin");
  return {};
}

Status check_tensor_table(const hearth_tensor* table) {
  if (!HEARTH_HAS_FIELD(table, hearth_tensor, major) || table->major != HEARTH_CAP_TENSOR_MAJOR)
    return fail(ErrorCode::kInvalidData,
                "the runtime's tensor table is not of major " + std::to_string(HEARTH_CAP_TENSOR_MAJOR), kHint);
  const bool complete =
      HEARTH_HAS_CALL(table, hearth_tensor, estimate) && HEARTH_HAS_CALL(table, hearth_tensor, info) &&
      HEARTH_HAS_CALL(table, hearth_tensor, metadata) && HEARTH_HAS_CALL(table, hearth_tensor, session_new) &&
      HEARTH_HAS_CALL(table, hearth_tensor, session_free) && HEARTH_HAS_CALL(table, hearth_tensor, session_info) &&
      HEARTH_HAS_CALL(table, hearth_tensor, session_specs) && HEARTH_HAS_CALL(table, hearth_tensor, request_new) &&
      HEARTH_HAS_CALL(table, hearth_tensor, request_free) && HEARTH_HAS_CALL(table, hearth_tensor, bind) &&
      HEARTH_HAS_CALL(table, hearth_tensor, allocate) && HEARTH_HAS_CALL(table, hearth_tensor, tensor) &&
      HEARTH_HAS_CALL(table, hearth_tensor, run);
  if (!complete)
    return fail(ErrorCode::kInvalidData, "the runtime's tensor table lacks a call that every one must have",
                "update the plugin");
  return {};
}

Result<std::shared_ptr<PluginLibrary>> PluginLibrary::open(const std::filesystem::path& path,
                                                           std::unique_ptr<HostServices> services) {
  HEARTH_ASSIGN(library, open_shared_library(path));
  const std::string what = "the plugin '" + path.string() + "'";
  const auto entry = reinterpret_cast<hearth_plugin_entry_fn>(find_symbol(library, HEARTH_PLUGIN_ENTRY));
  if (entry == nullptr)
    return fail(ErrorCode::kInvalidData,
                what + " is a library without the function '" HEARTH_PLUGIN_ENTRY "', so it is no plugin",
                "remove it from the plugin folder");
  auto host = std::make_unique<HostTable>(std::move(services));
  const hearth_plugin* table = nullptr;
  Status usable = check_entry_answer(entry(host->get(), HEARTH_ABI_MAJOR, &table), what);
  if (usable) usable = check_plugin_table(table, what);
  if (!usable) {
    host->services().retire();
    keep_for_good(std::move(host));
    return fail(std::move(usable).error());
  }
  return std::shared_ptr<PluginLibrary>(new PluginLibrary(std::move(library), std::move(host), table));
}

PluginLibrary::~PluginLibrary() {
  host_->services().retire();
  keep_for_good(std::move(host_));
}

}  // namespace hearth
