// Everything a command needs, joined together. The composition root.
#pragma once

#include <filesystem>
#include <memory>

#include "app/environment.h"
#include "app/installation.h"
#include "app/load_history.h"
#include "app/text_session.h"
#include "base/clock.h"
#include "base/log.h"
#include "hearth/result.h"
#include "metrics/registry.h"
#include "plugin_host/registry.h"
#include "store/model_store.h"

namespace hearth {

// Movable nowhere: sessions borrow its parts. Thread-safe as its parts are.
class HearthApp {
 public:
  // Makes the home folder and the store. Starts no thread, opens no plugin, touches no network.
  static Result<std::unique_ptr<HearthApp>> create(const Environment& environment, const Installation& installation,
                                                   LogLevel log_level);

  [[nodiscard]] RuntimeRegistry& registry() { return *registry_; }
  [[nodiscard]] const ModelStore& store() const { return *store_; }
  [[nodiscard]] const Installation& installation() const { return installation_; }
  [[nodiscard]] const std::filesystem::path& home() const { return home_; }
  [[nodiscard]] const Clock& clock() const { return clock_; }
  [[nodiscard]] SessionHost session_host() { return {*registry_, *store_, *history_, clock_, metrics_}; }
  [[nodiscard]] MetricsRegistry& metrics() { return metrics_; }
  [[nodiscard]] Logger& logger() { return *logger_; }

 private:
  HearthApp() = default;

  Installation installation_;
  std::filesystem::path home_;
  SystemClock clock_;
  MetricsRegistry metrics_;
  std::unique_ptr<Logger> logger_;
  std::unique_ptr<RuntimeRegistry> registry_;
  std::unique_ptr<ModelStore> store_;
  std::unique_ptr<LoadHistory> history_;
};

// The commit this program was built from, or "unknown" outside a checkout; and its version.
[[nodiscard]] const char* build_commit();
[[nodiscard]] const char* build_version();

}  // namespace hearth
