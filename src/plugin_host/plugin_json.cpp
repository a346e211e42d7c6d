#include "plugin_host/plugin_json.h"

#include <nlohmann/json.hpp>

namespace hearth {
namespace {

using Json = nlohmann::json;

// Reads the fields of one object and remembers the first thing that is wrong.
class Fields {
 public:
  Fields(const Json& object, std::string where) : object_(object), where_(std::move(where)) {
    if (!object.is_object()) complain("is not an object");
  }

  std::string text(const char* key, bool required) {
    const Json* value = find(key, required);
    if (value == nullptr) return {};
    if (value->is_string() && (!required || !value->get_ref<const std::string&>().empty()))
      return value->get<std::string>();
    complain(std::string("'") + key + "' is not a text" + (required ? " or is empty" : ""));
    return {};
  }
  std::optional<std::uint64_t> bytes(const char* key) {
    const Json* value = find(key, false);
    if (value == nullptr) return std::nullopt;
    if (value->is_number_unsigned()) return value->get<std::uint64_t>();
    complain(std::string("'") + key + "' is not a number of bytes");
    return std::nullopt;
  }
  std::vector<std::string> texts(const char* key) {
    std::vector<std::string> out;
    for (const Json& entry : list(key)) {
      if (entry.is_string())
        out.push_back(entry.get<std::string>());
      else
        complain(std::string("'") + key + "' holds something that is not a text");
    }
    return out;
  }
  const Json& list(const char* key) {
    static const Json kEmpty = Json::array();
    const Json* value = find(key, false);
    if (value == nullptr) return kEmpty;
    if (value->is_array()) return *value;
    complain(std::string("'") + key + "' is not a list");
    return kEmpty;
  }
  // Null counts as absent.
  const Json* find(const char* key, bool required) {
    if (object_.is_object())
      if (const auto it = object_.find(key); it != object_.end() && !it->is_null()) return &*it;
    if (required) complain(std::string("'") + key + "' is missing");
    return nullptr;
  }
  void complain(const std::string& what) {
    if (fault_.empty()) fault_ = where_ + ": " + what;
  }
  [[nodiscard]] const std::string& fault() const { return fault_; }

 private:
  const Json& object_;
  std::string where_;
  std::string fault_;
};

Unexpected broken(const std::string& fault) {
  return fail(ErrorCode::kInvalidData, "the plugin's answer is broken: " + fault, "update the runtime's plugin");
}

// A discarded value when `text` is not JSON; nothing is thrown.
Json parse(std::string_view text) { return Json::parse(text.begin(), text.end(), nullptr, false); }

RuntimeDevice read_device(Fields& fields) {
  RuntimeDevice device;
  device.id = fields.text("id", true);
  device.kind = fields.text("kind", true);
  device.description = fields.text("description", false);
  device.total_bytes = fields.bytes("total_bytes");
  device.free_bytes = fields.bytes("free_bytes");
  return device;
}

}  // namespace

Result<RuntimeInfo> parse_describe(std::string_view json) {
  const Json root = parse(json);
  if (root.is_discarded()) return broken("describe gave no valid JSON");
  Fields fields(root, "describe");
  RuntimeInfo info;
  info.name = fields.text("name", true);
  info.version = fields.text("version", true);
  info.formats = fields.texts("formats");
  info.capabilities = fields.texts("capabilities");
  for (const Json& entry : fields.list("devices")) {
    Fields device_fields(entry, "describe, device " + std::to_string(info.devices.size()));
    info.devices.push_back(read_device(device_fields));
    if (!device_fields.fault().empty()) return broken(device_fields.fault());
  }
  if (const Json* schema = fields.find("options_schema", false)) {
    if (!schema->is_object()) fields.complain("'options_schema' is not an object");
    info.options_schema_json = schema->dump(-1, ' ', false, Json::error_handler_t::replace);
  }
  if (!fields.fault().empty()) return broken(fields.fault());
  return info;
}

Result<RuntimeScore> parse_score(std::string_view json) {
  const Json root = parse(json);
  if (root.is_discarded()) return broken("score gave no valid JSON");
  Fields fields(root, "score");
  RuntimeScore score;
  if (const Json* value = fields.find("score", true)) {
    if (value->is_number_unsigned() && value->get<std::uint64_t>() <= 100)
      score.score = value->get<int>();
    else
      fields.complain("'score' is not a whole number from 0 to 100");
  }
  score.reason = fields.text("reason", false);
  score.hint = fields.text("hint", false);
  if (score.score == 0 && score.reason.empty()) fields.complain("a score of 0 comes without its reason");
  if (!fields.fault().empty()) return broken(fields.fault());
  return score;
}

}  // namespace hearth
