#include "app/tensor_host.h"

#include "app/served_models.h"

namespace hearth {

TensorHostParts tensor_host_parts(HearthApp& app) {
  return {app.session_host(), app.home(), app.installation().data_folder, app.logger()};
}

Result<std::unique_ptr<TensorHost>> TensorHost::create(const TensorHostParts& parts,
                                                       std::vector<TensorModelSettings> models,
                                                       const TensorEngineOptions& options) {
  std::unique_ptr<TensorHost> host(new TensorHost());
  host->models_ = std::make_unique<ServedTensorModels>(parts.session, parts.home, parts.data);
  for (auto& model : models) HEARTH_TRY(host->models_->add(std::move(model)));
  HEARTH_ASSIGN(capacities, pool_capacities(parts.session.registry));
  host->residents_ = std::make_unique<ResidentModels>(ResidentModelsOptions{std::move(capacities), {}}, *host->models_,
                                                      parts.session.clock, parts.logger);
  host->engine_ = std::make_unique<TensorEngine>(
      options, TensorEnginePorts{*host->models_, *host->residents_, parts.session.clock, parts.session.metrics});
  return host;
}

}  // namespace hearth
