// The plugin's entry and its table over a Runtime. A runtime's one file ends with HEARTH_SDK_RUNTIME(MyRuntime).
#pragma once

#include <algorithm>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "hearth/sdk/synthesize_table.h"
#include "hearth/sdk/tensor_table.h"
#include "hearth/sdk/text_table.h"
#include "hearth/sdk/transcribe_table.h"

namespace hearth::sdk {

// One entry into the plugin: its host, its runtime, its table.
struct Plugin {
  explicit Plugin(const hearth_host* host_table) : host(host_table) {}
  Host host;
  std::unique_ptr<Runtime> runtime;
  hearth_plugin table{};
};

namespace plugin_table {

inline Plugin& plugin(void* self) { return required(static_cast<Plugin*>(self), "the plugin's self"); }

inline nlohmann::json device_json(const Device& device) {
  nlohmann::json json = {{"id", device.id}, {"kind", device.kind}, {"description", device.description}};
  if (device.total_bytes) json["total_bytes"] = *device.total_bytes;
  if (device.free_bytes) json["free_bytes"] = *device.free_bytes;
  return json;
}

inline hearth_status describe(void* self, const hearth_sink* out) {
  return trap([&] {
    const Description from = plugin(self).runtime->describe();
    nlohmann::json json = {
        {"name", from.name}, {"version", from.version}, {"formats", from.formats}, {"capabilities", from.capabilities}};
    json["devices"] = nlohmann::json::array();
    for (const auto& device : from.devices) json["devices"].push_back(device_json(device));
    json["options_schema"] = json_schema(from.extra_keys);
    if (!from.session_keys.empty()) json["session_options_schema"] = json_schema(from.session_keys);
    Writer(out).text(json_text(json));
  });
}

inline hearth_status score(void* self, const hearth_sink* out) {
  return trap([&] {
    const Score from = plugin(self).runtime->score();
    Writer(out).text(
        json_text({{"score", std::clamp(from.score, 0, 100)}, {"reason", from.reason}, {"hint", from.hint}}));
  });
}

inline hearth_status estimate(void* self, const hearth_load_options* load, const hearth_text_options* text,
                              const hearth_memory_emit* emit) {
  return trap([&] {
    auto& runtime = *plugin(self).runtime;
    emit_memory(runtime.estimate(read_load_options(load, runtime.describe().extra_keys), read_text_options(text)),
                emit);
  });
}

inline hearth_status load(void* self, const hearth_load_options* options, const hearth_call* call, hearth_model** out) {
  return trap([&] {
    auto& result = required(out, "the result");
    auto& on = plugin(self);
    const CallGuard guard(on.host, call);
    auto facts = on.runtime->describe();
    const auto typed = read_load_options(options, facts.extra_keys);
    guard.check("loading the model");
    auto made = std::make_unique<ModelHandle>(
        ModelHandle{&on.host, on.runtime->load(typed, guard), std::move(facts.session_keys)});
    if (!made->model) throw Error(HEARTH_INTERNAL, "the runtime loaded no model and gave no reason");
    result = reinterpret_cast<hearth_model*>(made.release());
  });
}

inline hearth_status placement(hearth_model* model, const hearth_memory_emit* emit) {
  return trap([&] { emit_memory(handle(model).model->placement(), emit); });
}

inline hearth_status memory_now(hearth_model* model, const hearth_memory_emit* emit) {
  return trap([&] { emit_memory(handle(model).model->memory_now(), emit); });
}

inline void free(hearth_model* model) { delete reinterpret_cast<ModelHandle*>(model); }

inline hearth_status tensor_estimate(void* self, const hearth_load_options* load, const hearth_tensor_options* options,
                                     const hearth_memory_emit* emit) {
  return trap([&] {
    auto& runtime = *plugin(self).runtime;
    const auto facts = runtime.describe();
    emit_memory(runtime.estimate_tensor(read_load_options(load, facts.extra_keys),
                                        read_tensor_options(options, facts.session_keys)),
                emit);
  });
}

inline const hearth_tensor& tensor_capability() {
  static const hearth_tensor kTable = {
      sizeof(hearth_tensor),       HEARTH_CAP_TENSOR_MAJOR,     &tensor_estimate,
      &tensor_table::info,         &tensor_table::metadata,     &tensor_table::session_new,
      &tensor_table::session_free, &tensor_table::session_info, &tensor_table::session_specs,
      &tensor_table::nodes,        &tensor_table::copies,       &tensor_table::warm_up,
      &tensor_table::request_new,  &tensor_table::request_free, &tensor_table::bind,
      &tensor_table::allocate,     &tensor_table::tensor,       &tensor_table::run};
  return kTable;
}

inline const void* capability(void* self, hearth_str id, std::uint32_t major) {
  const void* found = nullptr;
  const auto status = trap([&] {
    const auto has = plugin(self).runtime->describe().capabilities;
    if (std::ranges::find(has, view(id)) == has.end()) return;
    if (view(id) == HEARTH_CAP_TEXT && major == HEARTH_CAP_TEXT_MAJOR) found = &text_table::table();
    if (view(id) == HEARTH_CAP_TENSOR && major == HEARTH_CAP_TENSOR_MAJOR) found = &tensor_capability();
    if (view(id) == HEARTH_CAP_TRANSCRIBE && major == HEARTH_CAP_TRANSCRIBE_MAJOR) found = &transcribe_table::table();
    if (view(id) == HEARTH_CAP_SYNTHESIZE && major == HEARTH_CAP_SYNTHESIZE_MAJOR) found = &synthesize_table::table();
  });
  if (status.free_message != nullptr) status.free_message(status.message);
  return found;
}

inline hearth_plugin table(Plugin* self) {
  return {sizeof(hearth_plugin),
          HEARTH_ABI_MAJOR,
          HEARTH_ABI_MINOR,
          self,
          &describe,
          &score,
          &estimate,
          &load,
          &placement,
          &memory_now,
          &free,
          &capability};
}

}  // namespace plugin_table

// The body of HEARTH_PLUGIN_ENTRY. Each entry makes a runtime of its own, alive to the end of the process: a host that
// enters twice (two registries) gets two that share nothing.
template <class R>
hearth_status enter(const hearth_host* host, std::uint32_t abi_major, const hearth_plugin** out) {
  return trap([&] {
    auto& result = required(out, "the result");
    if (abi_major != HEARTH_ABI_MAJOR || required(host, "the host").abi_major != HEARTH_ABI_MAJOR) {
      throw Error(HEARTH_UNSUPPORTED, "this plugin speaks ABI major " + std::to_string(HEARTH_ABI_MAJOR) +
                                          ", the host wants " + std::to_string(abi_major) +
                                          "; build both from one release");
    }
    auto made = std::make_unique<Plugin>(host);
    made->runtime = std::make_unique<R>(made->host);
    made->table = plugin_table::table(made.get());
    static std::mutex gate;
    static auto* const kAlive =
        new std::vector<std::unique_ptr<Plugin>>;  // never freed: models may outlive static destruction
    const std::lock_guard lock(gate);
    kAlive->push_back(std::move(made));
    result = &kAlive->back()->table;
  });
}

}  // namespace hearth::sdk

// Exports the entry for the class `RuntimeClass`, which is derived from hearth::sdk::Runtime and made from a const
// Host&.
#define HEARTH_SDK_RUNTIME(RuntimeClass)                                                                         \
  extern "C" HEARTH_PLUGIN_EXPORT hearth_status hearth_plugin_entry(const hearth_host* host, uint32_t abi_major, \
                                                                    const hearth_plugin** out) {                 \
    return ::hearth::sdk::enter<RuntimeClass>(host, abi_major, out);                                             \
  }
