#include "llama_model.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <tuple>

#include "gpu_layers.h"
#include "hearth/sdk/huge_pages.h"
#include "llama_call.h"
#include "llama_context.h"
#include "model_file.h"
#include "room.h"

namespace hearth::llama {
namespace {

void report_missing(const sdk::Host& host, const ModelParameters& parameters) {
  if (parameters.missing_devices.empty()) return;
  const std::string where =
      parameters.devices.front() == nullptr ? "the processor" : device_id(parameters.devices.front());
  host.log(sdk::LogLevel::kWarn, "llama",
           "no device " + sdk::join(parameters.missing_devices) + " here; the model runs on " + where + " instead");
}

// What a model alone holds. llama.cpp tells it only through a context, so the smallest one is made and dropped.
sdk::MemoryItems weights_of(llama_model* model) {
  if (!tells_memory()) return {{"cpu", "unknown", HEARTH_MEM_WEIGHTS, llama_model_size(model)}};
  auto params = llama_context_default_params();
  params.n_ctx = params.n_batch = params.n_ubatch = 1;
  params.n_threads = params.n_threads_batch = 1;
  try {
    return context_memory(make_context(model, params).get(), {}).weights;
  } catch (const sdk::Error&) {  // a model whose contexts need more than itself (drafts, assistants)
    return {{"cpu", "unknown", HEARTH_MEM_WEIGHTS, llama_model_size(model)}};
  }
}

// What llama.cpp calls while it loads: first when its buffers are allocated and not filled yet.
struct Loading {
  const sdk::CallGuard& call;
  std::optional<std::vector<sdk::AddressRange>>
      before;  // the memory there was; until then, and where huge pages are wanted

  bool goes_on() {
    if (before) sdk::ask_for_huge_pages(sdk::added_ranges(*before, sdk::anonymous_ranges()));
    before.reset();
    return !call.should_stop();
  }
};

sdk::Token token_or_none(llama_token token) { return token == LLAMA_TOKEN_NULL ? HEARTH_TOKEN_NONE : token; }

}  // namespace

LlamaAdapter::LlamaAdapter(AdapterHandle handle, LlamaModel& model, std::uint64_t bytes)
    : handle_(std::move(handle)), model_(model), bytes_(bytes) {
  model_.add_adapter_bytes(bytes_);
}
LlamaAdapter::~LlamaAdapter() { model_.remove_adapter_bytes(bytes_); }

LlamaModel::LlamaModel(const sdk::Host& host, const sdk::LoadOptions& options, const sdk::CallGuard& call)
    : host_(host), options_(options), defaults_(context_defaults(options)) {
  const auto header = open_model_file(options.path);
  check_model_header(options.path, *header);
  auto parameters = model_parameters(options);
  report_missing(host, parameters);
  vocab_only_ = parameters.params.vocab_only;
  if (options.n_gpu_layers < 0 && parameters.devices.front() != nullptr && !vocab_only_) {
    parameters.params.n_gpu_layers = gpu_layers_that_fit(host, options.path, parameters.params);
  }
  if (!vocab_only_) check_room_for_weights(options, tensor_bytes(*header));
  Loading loading{call, {}};
  if (parameters.huge_pages) loading.before = sdk::anonymous_ranges();
  parameters.params.progress_callback = [](float, void* user) { return static_cast<Loading*>(user)->goes_on(); };
  parameters.params.progress_callback_user_data = &loading;
  model_ = load_model(options.path, parameters.params);
  if (!model_) {
    call.check("loading the model");
    throw sdk::Error(HEARTH_CANCELLED, "loading the model was cancelled by the caller");
  }
  vocab_ = llama_model_get_vocab(model_.get());
  if (!vocab_only_) weights_ = weights_of(model_.get());
}

LlamaModel::~LlamaModel() = default;

sdk::MemoryItems LlamaModel::placement() const {
  auto items = weights_;
  if (const auto bytes = adapter_bytes_.load(); bytes != 0) items.push_back({"cpu", "CPU", HEARTH_MEM_ADAPTER, bytes});
  const std::lock_guard lock(contexts_gate_);
  for (const auto* context : contexts_) {
    const auto state = context->memory();
    items.insert(items.end(), state.begin(), state.end());
  }
  return merged(items);
}

void LlamaModel::add(const LlamaContext* context) {
  const std::lock_guard lock(contexts_gate_);
  contexts_.insert(context);
}

void LlamaModel::remove(const LlamaContext* context) {
  const std::lock_guard lock(contexts_gate_);
  contexts_.erase(context);
}

sdk::TextInfo LlamaModel::info() const {
  const auto* model = get();
  sdk::TextInfo out;
  out.n_vocab = static_cast<std::uint32_t>(llama_vocab_n_tokens(vocab_));
  if (!vocab_only_) {
    out.n_ctx_train = static_cast<std::uint32_t>(llama_model_n_ctx_train(model));
    out.n_embd = static_cast<std::uint32_t>(llama_model_n_embd_out(model));
    out.n_layer = static_cast<std::uint32_t>(llama_model_n_layer(model));
    out.n_swa = static_cast<std::uint32_t>(std::max(0, llama_model_n_swa(model)));
  }
  out.bos = token_or_none(llama_vocab_bos(vocab_));
  out.eos = token_or_none(llama_vocab_eos(vocab_));
  out.eot = token_or_none(llama_vocab_eot(vocab_));
  out.pad = token_or_none(llama_vocab_pad(vocab_));
  out.add_bos = llama_vocab_get_add_bos(vocab_);
  out.add_eos = llama_vocab_get_add_eos(vocab_);
  out.n_params = llama_model_n_params(model);
  out.n_bytes = llama_model_size(model);
  out.is_recurrent = llama_model_is_recurrent(model) || llama_model_is_hybrid(model);
  out.has_encoder = llama_model_has_encoder(model);
  return out;
}

std::optional<std::string> LlamaModel::metadata(std::string_view key) const {
  const std::string name(key);
  const int length = llama_model_meta_val_str(get(), name.c_str(), nullptr, 0);
  if (length < 0) return std::nullopt;
  std::string value(static_cast<std::size_t>(length) + 1, '\0');  // llama.cpp writes a terminator too
  llama_model_meta_val_str(get(), name.c_str(), value.data(), value.size());
  value.pop_back();
  return value;
}

std::vector<sdk::Token> LlamaModel::tokenize(std::string_view text, bool add_special, bool parse_special) const {
  if (text.size() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
    throw sdk::Error(HEARTH_INVALID_ARGUMENT, "the text has " + std::to_string(text.size()) +
                                                  " bytes; llama.cpp tokenizes at most 2 GiB at once");
  }
  const CallScope scope(OnAbort::kThrow);
  const auto length = static_cast<std::int32_t>(text.size());
  // A token is at least a byte for every tokenizer but those that add some at the ends.
  std::vector<sdk::Token> tokens(text.size() + 8);
  auto n = llama_tokenize(vocab_, text.data(), length, tokens.data(), static_cast<std::int32_t>(tokens.size()),
                          add_special, parse_special);
  if (n < 0 && n != std::numeric_limits<std::int32_t>::min()) {
    tokens.resize(static_cast<std::size_t>(-n));
    n = llama_tokenize(vocab_, text.data(), length, tokens.data(), -n, add_special, parse_special);
  }
  if (n < 0)
    throw sdk::Error(HEARTH_INVALID_ARGUMENT, "the text comes to more tokens than llama.cpp can number; split it");
  tokens.resize(static_cast<std::size_t>(n));
  return tokens;
}

std::string LlamaModel::token_bytes(sdk::Token token, bool special) const {
  std::string bytes(64, '\0');
  auto n = llama_token_to_piece(vocab_, token, bytes.data(), static_cast<std::int32_t>(bytes.size()), 0, special);
  if (n < 0) {
    bytes.resize(static_cast<std::size_t>(-n));
    n = llama_token_to_piece(vocab_, token, bytes.data(), -n, 0, special);
  }
  bytes.resize(static_cast<std::size_t>(std::max(0, n)));
  return bytes;
}

std::uint32_t LlamaModel::token_attributes(sdk::Token token) const {
  const auto attributes = static_cast<unsigned>(llama_vocab_get_attr(vocab_, token));
  std::uint32_t out = 0;
  if ((attributes & LLAMA_TOKEN_ATTR_CONTROL) != 0) out |= HEARTH_TOKEN_CONTROL;
  if (llama_vocab_is_eog(vocab_, token)) out |= HEARTH_TOKEN_END;
  if ((attributes & LLAMA_TOKEN_ATTR_BYTE) != 0) out |= HEARTH_TOKEN_BYTE;
  if ((attributes & LLAMA_TOKEN_ATTR_UNUSED) != 0) out |= HEARTH_TOKEN_UNUSED;
  return out;
}

std::unique_ptr<sdk::TextContext> LlamaModel::new_context(const sdk::TextOptions& options) {
  if (vocab_only_)
    throw sdk::Error(HEARTH_INVALID_ARGUMENT,
                     "only the vocabulary of this model was loaded; load it without vocab_only to run it");
  if (llama_model_has_encoder(get()) && llama_model_has_decoder(get())) {
    throw sdk::Error(HEARTH_UNSUPPORTED,
                     "this model has an encoder before its decoder, which the text table has no call for; take a "
                     "decoder-only model");
  }
  std::ignore = context_parameters(options, defaults_);  // what is wrong is told before what is too large
  check_room_for_context(get(), options_, options);
  return std::make_unique<LlamaContext>(*this, options, defaults_);
}

std::unique_ptr<sdk::Adapter> LlamaModel::load_adapter(const std::string& path) {
  const auto bytes = tensor_bytes(*open_model_file(path));
  const std::lock_guard lock(adapter_gate_);
  const CallScope scope(OnAbort::kThrow);
  std::string thrown;
  try {
    if (AdapterHandle handle(llama_adapter_lora_init(get(), path.c_str())); handle) {
      return std::make_unique<LlamaAdapter>(std::move(handle), *this, bytes);
    }
  } catch (const Aborted& error) {
    thrown = error.what();
  }
  throw sdk::Error(HEARTH_INVALID_DATA, "'" + path + "' is no adapter for this model (" +
                                            (thrown.empty() ? scope.reason() : thrown) + "); take one made for it");
}

}  // namespace hearth::llama
