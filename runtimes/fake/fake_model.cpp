#include "fake_model.h"

#include <algorithm>

#include "fake_context.h"

namespace hearth::fake {

FakeModel::FakeModel(Script script, const sdk::LoadOptions& options, std::shared_ptr<Devices> devices)
    : script_(std::move(script)),
      vocabulary_(script_),
      story_(script_, vocabulary_),
      latency_scale_(options.extra.value("latency_scale", 1.0)),
      faults_(options.extra.value("ignore_faults", false) ? std::vector<FaultRule>() : script_.faults),
      devices_(std::move(devices)),
      split_(split_layers(script_, options, *devices_)),
      weights_(devices_, model_memory(script_, options, split_)) {}

sdk::MemoryItems FakeModel::held() const {
  sdk::MemoryItems all = weights_.items();
  const std::lock_guard lock(gate_);
  for (const auto* reservation : reservations_)
    all.insert(all.end(), reservation->items().begin(), reservation->items().end());
  return merged(all);
}

sdk::MemoryItems FakeModel::placement() const {
  faults_.hit("placement");
  return held();
}

sdk::MemoryItems FakeModel::memory_now() const {
  faults_.hit("memory_now");
  return held();
}

sdk::TextInfo FakeModel::info() const {
  faults_.hit("info");
  sdk::TextInfo info;
  info.n_vocab = n_vocab();
  info.n_ctx_train = script_.context_length;
  info.n_embd = script_.n_embd;
  info.n_layer = script_.n_layer;
  info.bos = Vocabulary::kBos;
  info.eos = Vocabulary::kEos;
  info.eot = Vocabulary::kEot;
  info.add_bos = script_.add_bos;
  info.n_bytes = script_.n_layer * script_.memory.layer_bytes + script_.memory.other_bytes;
  info.n_params = info.n_bytes / 2;
  info.is_recurrent = script_.is_recurrent;
  return info;
}

std::optional<std::string> FakeModel::metadata(std::string_view key) const {
  faults_.hit("metadata");
  if (key == "fake.virtual_ns") return std::to_string(virtual_ns_.load());
  if (const auto found = script_.metadata.find(std::string(key)); found != script_.metadata.end()) return found->second;
  if (key == "general.name") return script_.name;
  if (key == "general.architecture") return "fake";
  return std::nullopt;
}

std::vector<sdk::Token> FakeModel::tokenize(std::string_view text, bool add_special, bool parse_special) const {
  faults_.hit("tokenize");
  auto tokens = vocabulary_.tokenize(text, parse_special);
  if (add_special && script_.add_bos) tokens.insert(tokens.begin(), Vocabulary::kBos);
  return tokens;
}

std::string FakeModel::token_bytes(sdk::Token token, bool special) const {
  faults_.hit("token_bytes");
  return vocabulary_.is_control(token) && !special ? std::string() : vocabulary_.text(token);
}

std::uint32_t FakeModel::token_attributes(sdk::Token token) const {
  faults_.hit("token_attributes");
  return vocabulary_.attributes(token);
}

void FakeModel::token_table(const std::function<void(const sdk::TokenRow&)>& receive) const {
  faults_.hit("token_table");
  for (sdk::Token token = 0; token < static_cast<sdk::Token>(n_vocab()); ++token) {
    const std::string_view written = vocabulary_.text(token);
    receive(
        {token, vocabulary_.attributes(token), vocabulary_.is_control(token) ? std::string_view() : written, written});
  }
}

std::unique_ptr<sdk::TextContext> FakeModel::new_context(const sdk::TextOptions& options) {
  faults_.hit("context_new");
  const auto granted = grant(script_, options);
  return std::make_unique<FakeContext>(*this, granted, context_memory(script_, granted, split_));
}

std::unique_ptr<sdk::Adapter> FakeModel::load_adapter(const std::string& path) {
  faults_.hit("adapter_load");
  auto script = read_adapter_script(path);
  if (script.for_name != script_.name) {
    throw sdk::Error(HEARTH_INVALID_DATA, path + " is for the model '" + script.for_name + "', this one is '" +
                                              script_.name + "'; give one made for it");
  }
  return std::make_unique<FakeAdapter>(*this, std::move(script));
}

std::unique_ptr<Reservation> FakeModel::reserve(sdk::MemoryItems items) {
  auto made = std::make_unique<Reservation>(devices_, std::move(items));
  const std::lock_guard lock(gate_);
  reservations_.push_back(made.get());
  return made;
}

void FakeModel::forget(const Reservation* reservation) {
  const std::lock_guard lock(gate_);
  std::erase(reservations_, reservation);
}

}  // namespace hearth::fake
