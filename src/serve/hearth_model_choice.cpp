#include "serve/hearth_model_choice.h"

namespace hearth::serve {

Result<ModelFacts> chosen_model(const TextService& service, const std::string& name) {
  if (!name.empty()) return service.model(name);
  std::string names;
  std::size_t n = 0;
  ModelFacts only;
  for (auto& facts : service.models()) {
    if (facts.kind != ModelKind::kText || facts.embeds_only) continue;
    names += (n++ == 0 ? "" : ", ") + facts.name;
    only = std::move(facts);
  }
  if (n == 1) return only;
  if (n == 0) return fail(ErrorCode::kNotFound, "this server has no model that writes text");
  return fail(
      Error(ErrorCode::kInvalidArgument, "\"model\" is missing, and this server has several", "give one of " + names)
          .with("param", "model"));
}

std::string query_value(const HttpRequest& request, const std::string& name) {
  const auto found = request.query.find(name);
  return found == request.query.end() ? std::string() : found->second;
}

}  // namespace hearth::serve
