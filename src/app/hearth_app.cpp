#include "app/hearth_app.h"

#include "app/spdlog_logger.h"
#include "platform/file.h"

namespace hearth {

Result<std::unique_ptr<HearthApp>> HearthApp::create(const Environment& environment, const Installation& installation,
                                                     LogLevel log_level) {
  std::unique_ptr<HearthApp> app(new HearthApp());
  HEARTH_ASSIGN(home, hearth_home_folder(environment.paths));
  HEARTH_TRY(ensure_folder(home));
  app->home_ = std::move(home);
  app->installation_ = installation;
  app->logger_ = make_stderr_logger(log_level);
  RegistryOptions registry;
  registry.plugin_folders = {installation.runtimes_folder};
  registry.worker_program = installation.worker_program;
  registry.logger = app->logger_.get();
  app->registry_ = std::make_unique<RuntimeRegistry>(std::move(registry));
  HEARTH_ASSIGN(store, ModelStore::open(app->home_));
  app->store_ = std::make_unique<ModelStore>(std::move(store));
  app->history_ = std::make_unique<LoadHistory>(app->home_);
  return app;
}

}  // namespace hearth
