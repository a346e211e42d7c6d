// A plugin opened inside this process.
#pragma once

#include <filesystem>
#include <memory>

#include "platform/shared_library.h"
#include "plugin_host/host_services.h"
#include "plugin_host/runtime.h"

namespace hearth {

// Refuses what this host can't call. InvalidData: null, of another major version, or a required call is missing.
// `what` names the plugin in the error. Every minor version is welcome: fields are only appended.
Status check_plugin_table(const hearth_plugin* table, const std::string& what);
// The same for a text table: everything up to decode is required, the sequence and adapter calls are not.
Status check_text_table(const hearth_text* table);
// The same for a tensor table: nodes, copies and warm_up are optional.
Status check_tensor_table(const hearth_tensor* table);

// Immutable after open(); the table's own thread rules apply. The library's code stays mapped to the process's end.
class PluginLibrary final : public PluginSource {
 public:
  // NotFound: no such file; InvalidData: no library, no plugin or of another ABI major; Unavailable: a library it needs
  // is missing; else what the plugin's entry returned.
  static Result<std::shared_ptr<PluginLibrary>> open(const std::filesystem::path& path,
                                                     std::unique_ptr<HostServices> services);
  ~PluginLibrary() override;
  PluginLibrary(const PluginLibrary&) = delete;
  PluginLibrary& operator=(const PluginLibrary&) = delete;
  [[nodiscard]] const hearth_plugin* table() const override { return table_; }

 private:
  PluginLibrary(SharedLibrary library, std::unique_ptr<HostTable> host, const hearth_plugin* table)
      : library_(std::move(library)), host_(std::move(host)), table_(table) {}
  SharedLibrary library_;
  std::unique_ptr<HostTable> host_;
  const hearth_plugin* table_;
};

}  // namespace hearth
