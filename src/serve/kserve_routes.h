// The KServe v2 (Open Inference) protocol: server and model metadata, readiness, and inference on tensors.
#pragma once

#include <string>
#include <vector>

#include "engine/tensor_service.h"
#include "engine/text_service.h"
#include "serve/exchange.h"
#include "serve/health.h"

namespace hearth::serve {

// All borrowed; they outlive the routes and their requests.
struct KserveServing {
  TensorService& tensors;
  const TextService& models;  // what there is
  CopyCounter& copies;
  const Readiness& readiness;
  std::string version;  // of the program
};

// GET /v2, /v2/health/live, /v2/health/ready, /v2/models/{model}[/versions/{version}][/ready], POST
// /v2/models/{model}[/versions/{version}]/infer, POST /v2/repository/index. Models have one version, "1".
[[nodiscard]] std::vector<Route> kserve_routes(const KserveServing& serving);

}  // namespace hearth::serve
