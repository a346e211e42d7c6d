// What Hearth tells of itself over HTTP: status, placement, plan, ledger, adapters, OpenAPI document.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/text_service.h"
#include "serve/exchange.h"
#include "serve/hearth_status.h"
#include "serve/status_stream.h"

namespace hearth::serve {

// What the routes tell of; the application gives it. Callbacks are called on the server's threads, several at once, and
// should take no longer than reading a file does.
struct HearthSources {
  TextService* service = nullptr;                       // must outlive the routes
  std::function<std::vector<SensorReading>()> sensors;  // null: none
  std::function<std::string()> governor;                // the text of its JSON object; null: nobody governs
  std::function<Status(const std::string&)> release;    // a model out of quarantine; null: there is none
  StatusStream* stream = nullptr;                       // of the status as events; null: none
  std::function<Result<std::string>()> plan;            // the text of plan.json; null or empty: the server runs none
  std::function<Result<std::string>()> ledger;          // a JSON document with "records"; null: none is kept
  std::function<std::string()> openapi;                 // the document over all routes of the server
};

// The document of GET /v1/hearth/status, now.
[[nodiscard]] std::string current_status(const HearthSources& sources);

// GET /v1/hearth/status, /v1/hearth/placement, /v1/hearth/plan, /v1/hearth/ledger, /openapi.json, the adapters', and
// POST /v1/hearth/models/{model}/release.
[[nodiscard]] std::vector<Route> hearth_routes(const HearthSources& sources);

}  // namespace hearth::serve
