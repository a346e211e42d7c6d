#include "fake_script.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include "fake_faults.h"
#include "hearth/sdk/json_keys.h"

namespace hearth::fake {
namespace {

using nlohmann::json;
using sdk::Key;
using sdk::KeyType;

constexpr std::uintmax_t kScriptBytesMax = 16U << 20U;  // far above any script, far below a model given by mistake
constexpr double kCountMax = 1U << 20U;
// Chosen so that no product with a count of tokens or layers leaves 64 bits.
constexpr double kBytesMax = 1e15;
constexpr double kLayerBytesMax = 1e12;
constexpr double kTokenBytesMax = 1e9;

Key text(std::string name, std::string about) {
  return {.name = std::move(name), .type = KeyType::kString, .about = std::move(about)};
}
Key flag(std::string name, std::string about) {
  return {.name = std::move(name), .type = KeyType::kBool, .about = std::move(about)};
}
Key list(std::string name, std::string about) {
  return {.name = std::move(name), .type = KeyType::kArray, .about = std::move(about)};
}
Key object(std::string name, std::string about) {
  return {.name = std::move(name), .type = KeyType::kObject, .about = std::move(about)};
}
Key count(std::string name, std::string about, double minimum = 0, double maximum = kCountMax) {
  return {.name = std::move(name),
          .type = KeyType::kInteger,
          .about = std::move(about),
          .minimum = minimum,
          .maximum = maximum};
}
Key time(std::string name, std::string about) {
  return {.name = std::move(name), .type = KeyType::kNumber, .about = std::move(about), .minimum = 0, .maximum = 1e10};
}
Key choice(std::string name, std::string about, std::vector<std::string> one_of) {
  return {.name = std::move(name), .type = KeyType::kString, .about = std::move(about), .one_of = std::move(one_of)};
}
Key needed(Key key) {
  key.required = true;
  return key;
}

const std::vector<Key>& script_keys() {
  static const std::vector<Key> kKeys = {
      needed(count("hearth_fake", "version of this format", 1, 1)),
      text("name", "name of the model"),
      count("context_length", "tokens a context has by default", 1, 1e9),
      count("layers", "layers to place on devices", 1),
      count("embedding_size", "length of an embedding", 1, 65536),
      flag("recurrent", "state instead of cells: a sequence is trimmed as a whole or not at all"),
      flag("add_bos", "the tokenizer puts <s> first"),
      list("vocabulary", "texts that are one token each; bytes cover the rest"),
      list("control_tokens", "texts that are control tokens, besides <s>, </s> and <|end|>"),
      text("chat_template", "Jinja template of a chat"),
      object("metadata", "further metadata, text by key"),
      text("turn_marker", "text after which an answer starts"),
      list("replies", "what is said to what"),
      object("otherwise", "what is said to anything else"),
      object("latency", "how long things take"),
      object("memory", "what things weigh"),
      list("faults", "what goes wrong at which call"),
      object("tensor", "ports and rules of a tensor graph; without it the model is a language model"),
  };
  return kKeys;
}

const std::vector<Key>& memory_keys() {
  static const std::vector<Key> kKeys = {
      count("layer_bytes", "weights of one layer", 0, kLayerBytesMax),
      count("other_bytes", "weights that stay on the CPU", 0, kBytesMax),
      count("kv_bytes_per_token", "K and V over all layers in f16", 0, kTokenBytesMax),
      count("compute_bytes_per_token", "compute buffer for each token of n_ubatch", 0, kTokenBytesMax),
      count("output_bytes_per_token", "output buffer for each token of n_batch", 0, kTokenBytesMax),
      count("runtime_bytes", "what the runtime itself takes", 0, kBytesMax),
  };
  return kKeys;
}

// Calls `each(element, where)` for every element of the list `key`, if there is one.
template <class Each>
void for_each_in(const json& from, const char* key, const std::string& where, Each&& each) {
  if (!from.contains(key)) return;
  std::size_t i = 0;
  for (const auto& element : from[key]) each(element, where + "." + key + "[" + std::to_string(i++) + "]");
}

std::vector<std::string> read_texts(const json& from, const char* key, const std::string& where) {
  std::vector<std::string> texts;
  for_each_in(from, key, where, [&](const json& element, const std::string& at) {
    sdk::check_value(element, text("", ""), at);
    texts.push_back(element.get<std::string>());
  });
  return texts;
}

std::vector<Reply> read_replies(const json& from, const std::string& where) {
  static const std::vector<Key> kKeys = {needed(text("when", "text of the prompt")), needed(text("say", "the answer"))};
  std::vector<Reply> replies;
  for_each_in(from, "replies", where, [&](const json& element, const std::string& at) {
    sdk::check_object(element, kKeys, at);
    replies.push_back({element["when"].get<std::string>(), element["say"].get<std::string>()});
  });
  return replies;
}

Otherwise read_otherwise(const json& from, const std::string& where) {
  static const std::vector<Key> kKeys = {
      needed(choice("rule", "how the next token is found", {"words", "text", "end"})),
      text("text", "said over and over by the rule 'text'"),
      count("end_one_in", "tokens after which the rule 'words' ends, on average")};
  sdk::check_object(from, kKeys, where);
  static const std::map<std::string, OtherwiseRule> kRules = {
      {"words", OtherwiseRule::kWords}, {"text", OtherwiseRule::kText}, {"end", OtherwiseRule::kEnd}};
  Otherwise otherwise{kRules.at(from["rule"]), from.value("text", ""), from.value("end_one_in", 0U)};
  if (otherwise.rule == OtherwiseRule::kText && otherwise.text.empty()) {
    throw sdk::Error(HEARTH_INVALID_DATA, where + " has the rule 'text' and no text; give the key 'text'");
  }
  return otherwise;
}

Latency read_latency(const json& from, const std::string& where) {
  static const std::vector<Key> kKeys = {time("load_ms", "of load"), time("prefill_token_us", "of a prefilled token"),
                                         time("decode_us", "of a decode step"),
                                         flag("virtual", "accounted, not waited for")};
  sdk::check_object(from, kKeys, where);
  return {from.value("load_ms", 0.0), from.value("prefill_token_us", 0.0), from.value("decode_us", 0.0),
          from.value("virtual", false)};
}

MemoryModel read_memory(const json& from, const std::string& where) {
  sdk::check_object(from, memory_keys(), where);
  const MemoryModel usual;
  return {from.value("layer_bytes", usual.layer_bytes),
          from.value("other_bytes", usual.other_bytes),
          from.value("kv_bytes_per_token", usual.kv_bytes_per_token),
          from.value("compute_bytes_per_token", usual.compute_bytes_per_token),
          from.value("output_bytes_per_token", usual.output_bytes_per_token),
          from.value("runtime_bytes", usual.runtime_bytes)};
}

FaultRule read_fault(const json& from, const std::string& where) {
  static const std::vector<Key> kKeys = {needed(choice("call", "the call that fails", fault_calls())),
                                         count("nth", "the first call that fails, from 1", 1),
                                         count("times", "how many in a row; 0 = for ever"),
                                         count("every", "of the calls from then on; 1 = each"),
                                         needed(choice("do", "what happens", fault_action_names())),
                                         choice("code", "of an error", error_code_names()),
                                         text("message", "of an error or exception"),
                                         count("for_ms", "longest hang", 1, 3600e3)};
  sdk::check_object(from, kKeys, where);
  const FaultRule usual;
  FaultRule rule{from["call"].get<std::string>(),
                 from.value("nth", usual.nth),
                 from.value("times", usual.times),
                 std::max(1U, from.value("every", usual.every)),
                 fault_action(from["do"].get<std::string>()),
                 error_code(from.value("code", "internal")),
                 from.value("message", "the script says that this " + from["call"].get<std::string>() + " fails"),
                 from.value("for_ms", usual.for_ms)};
  if (rule.action == FaultAction::kNanLogits && rule.call != "decode" && rule.call != "run") {
    throw sdk::Error(HEARTH_INVALID_DATA,
                     where + " has nan_logits at '" + rule.call + "'; only decode and run give numbers");
  }
  return rule;
}

std::map<std::string, std::string> read_metadata(const json& from, const std::string& where) {
  std::map<std::string, std::string> metadata;
  if (from.contains("metadata")) {
    for (const auto& [key, value] : from["metadata"].items()) {
      sdk::check_value(value, text("", ""), where + ".metadata." + key);
      metadata[key] = value.get<std::string>();
    }
  }
  if (from.contains("chat_template")) metadata["tokenizer.chat_template"] = from["chat_template"].get<std::string>();
  return metadata;
}

std::string read_file(const std::string& path, const char* what) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) {
    throw sdk::Error(HEARTH_NOT_FOUND, std::string("no ") + what + " at " + path + "; check the path");
  }
  if (!std::filesystem::is_regular_file(status)) {
    throw sdk::Error(HEARTH_INVALID_DATA, path + " is not a file; give the path of a " + what);
  }
  if (std::filesystem::file_size(path, error) > kScriptBytesMax) {
    throw sdk::Error(HEARTH_INVALID_DATA,
                     path + " is too big for a " + what + " (above 16 MiB); give one that is JSON text");
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) throw sdk::Error(HEARTH_PERMISSION_DENIED, "cannot open " + path + "; allow this user to read it");
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  if (bytes.empty()) throw sdk::Error(HEARTH_INVALID_DATA, path + " is empty; give a " + what);
  return bytes;
}

}  // namespace

Script parse_script(std::string_view bytes, const std::string& path) {
  const json from = sdk::parse_json(bytes, path);
  sdk::check_object(from, script_keys(), path);
  Script script;
  script.path = path;
  script.name = from.value("name", script.name);
  script.context_length = from.value("context_length", script.context_length);
  script.n_layer = from.value("layers", script.n_layer);
  script.n_embd = from.value("embedding_size", script.n_embd);
  script.is_recurrent = from.value("recurrent", false);
  script.add_bos = from.value("add_bos", true);
  script.words = read_texts(from, "vocabulary", path);
  script.control_tokens = read_texts(from, "control_tokens", path);
  script.metadata = read_metadata(from, path);
  script.turn_marker = from.value("turn_marker", "");
  script.replies = read_replies(from, path);
  if (from.contains("otherwise")) script.otherwise = read_otherwise(from["otherwise"], path + ".otherwise");
  if (from.contains("latency")) script.latency = read_latency(from["latency"], path + ".latency");
  if (from.contains("memory")) script.memory = read_memory(from["memory"], path + ".memory");
  for_each_in(from, "faults", path,
              [&](const json& element, const std::string& at) { script.faults.push_back(read_fault(element, at)); });
  if (from.contains("tensor")) {
    script.is_tensor = true;
    script.tensor = read_tensor_script(from["tensor"], path + ".tensor");
  }
  return script;
}

Script read_script(const std::string& path) { return parse_script(read_file(path, "fake model script"), path); }

AdapterScript read_adapter_script(const std::string& path) {
  static const std::vector<Key> kKeys = {needed(count("hearth_fake_adapter", "version of this format", 1, 1)),
                                         needed(text("for", "name of the model it was made for")),
                                         count("bytes", "what it weighs", 0, kBytesMax),
                                         list("replies", "what is said to what")};
  const json from = sdk::parse_json(read_file(path, "fake adapter script"), path);
  sdk::check_object(from, kKeys, path);
  return {from["for"].get<std::string>(), from.value("bytes", AdapterScript{}.bytes), read_replies(from, path)};
}

}  // namespace hearth::fake
