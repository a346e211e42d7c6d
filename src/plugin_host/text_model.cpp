// TextModel and TextContext of runtime.h.
#include <algorithm>

#include "plugin_host/abi_values.h"
#include "plugin_host/plugin_library.h"
#include "plugin_host/runtime.h"

namespace hearth {
namespace {

constexpr std::size_t kMetadataBytesMax = 64U << 20;  // vocabularies can be metadata too
constexpr std::size_t kTokenBytesMax = 1U << 20;
constexpr std::uint64_t kVocabMax = 1U << 26;

Unexpected lacks(std::string_view call) {
  return fail(ErrorCode::kUnsupported, "this runtime's plugin has no '" + std::string(call) + "'",
              "update the runtime's plugin");
}

Token known_token(std::int32_t token, std::uint32_t n_vocab) {
  return token >= 0 && static_cast<std::uint32_t>(token) < n_vocab ? token : HEARTH_TOKEN_NONE;
}

template <class Answer>
Result<std::string> collect_text(std::string_view doing, std::size_t bytes_max, Answer&& answer) {
  BoundedText collected(bytes_max);
  const hearth_sink sink = collected.sink();
  Status status = take_status(answer(&sink), doing);
  if (collected.overflowed())
    return fail(ErrorCode::kInvalidData, "the runtime's answer to '" + std::string(doing) + "' is longer than " +
                                             std::to_string(bytes_max) + " bytes");
  if (!status) return fail(std::move(status).error());
  return std::move(collected.text());
}

}  // namespace

Result<std::shared_ptr<TextModel>> TextModel::from(std::shared_ptr<Model> model) {
  const hearth_plugin* plugin = model->source()->table();
  constexpr std::string_view kId = HEARTH_CAP_TEXT;
  const auto* table = static_cast<const hearth_text*>(
      plugin->capability(plugin->self, {kId.data(), kId.size()}, HEARTH_CAP_TEXT_MAJOR));
  if (table == nullptr)
    return fail(ErrorCode::kUnsupported, "this runtime can't decode text",
                "use a runtime whose capabilities list 'text' (hearth runtimes)");
  HEARTH_TRY(check_text_table(table));
  return std::make_shared<TextModel>(std::move(model), table);
}

Result<TextInfo> TextModel::info() const {
  hearth_text_info raw{};
  raw.struct_size = sizeof(raw);
  raw.bos = raw.eos = raw.eot = raw.pad = HEARTH_TOKEN_NONE;
  HEARTH_TRY(take_status(table_->info(model_->handle(), &raw), "info"));
  if (raw.n_vocab == 0 || raw.n_vocab > kVocabMax)
    return fail(ErrorCode::kInvalidData,
                "the runtime says the model has " + std::to_string(raw.n_vocab) + " tokens in its vocabulary");
  TextInfo info;
  info.n_vocab = raw.n_vocab;
  info.n_ctx_train = raw.n_ctx_train;
  info.n_embd = raw.n_embd;
  info.n_layer = raw.n_layer;
  info.bos = known_token(raw.bos, raw.n_vocab);
  info.eos = known_token(raw.eos, raw.n_vocab);
  info.eot = known_token(raw.eot, raw.n_vocab);
  info.pad = known_token(raw.pad, raw.n_vocab);
  info.add_bos = raw.add_bos != 0;
  info.add_eos = raw.add_eos != 0;
  info.n_params = raw.n_params;
  info.n_bytes = raw.n_bytes;
  info.is_recurrent = raw.is_recurrent != 0;
  info.has_encoder = raw.has_encoder != 0;
  info.n_swa = raw.n_swa;
  return info;
}

Result<std::string> TextModel::metadata(std::string_view key) const {
  return collect_text("metadata", kMetadataBytesMax, [&](const hearth_sink* sink) {
    return table_->metadata(model_->handle(), {key.data(), key.size()}, sink);
  });
}

Result<std::vector<Token>> TextModel::tokenize(std::string_view text, bool add_special, bool parse_special) const {
  std::vector<Token> tokens;
  const hearth_tokens_emit emit{&tokens, [](void* ctx, const hearth_token* first, std::size_t n) {
                                  auto& out = *static_cast<std::vector<Token>*>(ctx);
                                  if (n != 0) out.insert(out.end(), first, first + n);
                                }};
  HEARTH_TRY(take_status(
      table_->tokenize(model_->handle(), {text.data(), text.size()}, add_special ? 1 : 0, parse_special ? 1 : 0, &emit),
      "tokenize"));
  return tokens;
}

Result<std::string> TextModel::token_bytes(Token token, bool special) const {
  return collect_text("token_bytes", kTokenBytesMax, [&](const hearth_sink* sink) {
    return table_->token_bytes(model_->handle(), token, special ? 1 : 0, sink);
  });
}

Result<std::uint32_t> TextModel::token_attributes(Token token) const {
  std::uint32_t attributes = 0;
  HEARTH_TRY(take_status(table_->token_attributes(model_->handle(), token, &attributes), "token_attributes"));
  return attributes;
}

Status TextModel::token_table(const std::function<void(const TokenRow&)>& receive) const {
  HEARTH_ASSIGN(facts, info());
  if (!HEARTH_HAS_CALL(table_, hearth_text, token_table)) return token_table_singly(facts.n_vocab, receive);
  struct Following {
    const std::function<void(const TokenRow&)>& receive;
    std::uint32_t next = 0;
    bool broken = false;
  } following{receive};
  const hearth_token_emit emit{&following, [](void* ctx, const hearth_token_row* row) {
                                 auto& to = *static_cast<Following*>(ctx);
                                 to.broken = to.broken || row == nullptr ||
                                             !HEARTH_HAS_FIELD(row, hearth_token_row, written) || row->token < 0 ||
                                             static_cast<std::uint32_t>(row->token) != to.next;
                                 if (to.broken) return;
                                 ++to.next;
                                 to.receive({row->token, row->attributes, view(row->bytes), view(row->written)});
                               }};
  HEARTH_TRY(take_status(table_->token_table(model_->handle(), &emit), "token_table"));
  if (following.broken || following.next != facts.n_vocab)
    return fail(ErrorCode::kInvalidData,
                "the runtime's table of tokens breaks off after " + std::to_string(following.next) + " of " +
                    std::to_string(facts.n_vocab),
                "update the runtime's plugin");
  return {};
}

Status TextModel::token_table_singly(std::uint32_t n_vocab, const std::function<void(const TokenRow&)>& receive) const {
  for (Token token = 0; static_cast<std::uint32_t>(token) < n_vocab; ++token) {
    HEARTH_ASSIGN(bytes, token_bytes(token, false));
    HEARTH_ASSIGN(written, token_bytes(token, true));
    HEARTH_ASSIGN(attributes, token_attributes(token));
    receive({token, attributes, bytes, written});
  }
  return {};
}

Result<std::unique_ptr<TextContext>> TextModel::new_context(const TextOptions& options) const {
  const hearth_text_options raw = borrow_options(options);
  hearth_text_context* handle = nullptr;
  HEARTH_TRY(take_status(table_->context_new(model_->handle(), &raw, &handle), "context_new"));
  if (handle == nullptr)
    return fail(ErrorCode::kInvalidData, "the runtime says it made a context but gave none",
                "update the runtime's plugin");
  return std::make_unique<TextContext>(model_, table_, handle);
}

Result<std::shared_ptr<Adapter>> TextModel::load_adapter(const std::string& path) const {
  if (!HEARTH_HAS_CALL(table_, hearth_text, adapter_load) || !HEARTH_HAS_CALL(table_, hearth_text, adapter_free))
    return lacks("adapter_load");
  hearth_adapter* handle = nullptr;
  HEARTH_TRY(take_status(table_->adapter_load(model_->handle(), {path.data(), path.size()}, &handle), "adapter_load"));
  if (handle == nullptr)
    return fail(ErrorCode::kInvalidData, "the runtime says it loaded '" + path + "' but gave no adapter",
                "update the runtime's plugin");
  return std::make_shared<Adapter>(model_, table_, handle);
}

Result<TextOptions> TextContext::granted() const {
  hearth_text_options raw{};
  raw.struct_size = sizeof(raw);
  HEARTH_TRY(take_status(table_->context_info(handle_, &raw), "context_info"));
  return own_options(raw);
}

Result<RowsView> TextContext::decode(std::span<const BatchEntry> batch, const CallBounds& bounds) {
  const std::size_t n = batch.size();
  tokens_.resize(n);
  positions_.resize(n);
  sequences_.resize(n);
  wants_.resize(n);
  std::uint32_t n_wanted = 0;
  for (std::size_t i = 0; i < n; ++i) {
    tokens_[i] = batch[i].token;
    positions_[i] = batch[i].position;
    sequences_[i] = batch[i].sequence;
    wants_[i] = batch[i].wants_output ? 1 : 0;
    n_wanted += wants_[i];
  }
  const hearth_batch raw{sizeof(hearth_batch), static_cast<std::uint32_t>(n),
                         tokens_.data(),       positions_.data(),
                         sequences_.data(),    wants_.data()};
  const BorrowedBounds call(bounds);
  hearth_rows rows{};
  HEARTH_TRY(take_status(table_->decode(handle_, &raw, call.get(), &rows), "decode"));
  if (rows.n_rows > n_wanted || (rows.n_rows != 0 && (rows.data == nullptr || rows.row_size == 0)))
    return fail(ErrorCode::kInvalidData,
                "the runtime gave " + std::to_string(rows.n_rows) + " rows of " + std::to_string(rows.row_size) +
                    " values where " + std::to_string(n_wanted) + " were wanted",
                "update the runtime's plugin");
  return RowsView{rows.data, rows.n_rows, rows.row_size};
}

Status TextContext::trim(std::int32_t sequence, std::int32_t p0, std::int32_t p1) {
  if (!HEARTH_HAS_CALL(table_, hearth_text, sequence_trim)) return lacks("sequence_trim");
  return take_status(table_->sequence_trim(handle_, sequence, p0, p1), "sequence_trim");
}

Status TextContext::copy(std::int32_t from, std::int32_t to, std::int32_t p0, std::int32_t p1) {
  if (!HEARTH_HAS_CALL(table_, hearth_text, sequence_copy)) return lacks("sequence_copy");
  return take_status(table_->sequence_copy(handle_, from, to, p0, p1), "sequence_copy");
}

Status TextContext::shift(std::int32_t sequence, std::int32_t p0, std::int32_t p1, std::int32_t delta) {
  if (!HEARTH_HAS_CALL(table_, hearth_text, sequence_shift)) return lacks("sequence_shift");
  return take_status(table_->sequence_shift(handle_, sequence, p0, p1, delta), "sequence_shift");
}

Result<SequenceRange> TextContext::range(std::int32_t sequence) const {
  if (!HEARTH_HAS_CALL(table_, hearth_text, sequence_range)) return lacks("sequence_range");
  SequenceRange range;
  HEARTH_TRY(take_status(table_->sequence_range(handle_, sequence, &range.first, &range.last), "sequence_range"));
  return range;
}

Status TextContext::save(std::int32_t sequence, const std::function<bool(std::span<const std::byte>)>& write) const {
  if (!HEARTH_HAS_CALL(table_, hearth_text, sequence_save)) return lacks("sequence_save");
  using Write = std::function<bool(std::span<const std::byte>)>;
  const hearth_sink sink{
      const_cast<Write*>(&write), [](void* ctx, const void* data, std::size_t size) -> std::int32_t {
        return (*static_cast<const Write*>(ctx))({static_cast<const std::byte*>(data), size}) ? 0 : 1;
      }};
  return take_status(table_->sequence_save(handle_, sequence, &sink), "sequence_save");
}

Status TextContext::restore(std::int32_t sequence, const std::function<std::size_t(std::span<std::byte>)>& read) {
  if (!HEARTH_HAS_CALL(table_, hearth_text, sequence_restore)) return lacks("sequence_restore");
  using Read = std::function<std::size_t(std::span<std::byte>)>;
  const hearth_source source{
      const_cast<Read*>(&read), [](void* ctx, void* data, std::size_t size) -> std::size_t {
        return std::min(size, (*static_cast<const Read*>(ctx))({static_cast<std::byte*>(data), size}));
      }};
  return take_status(table_->sequence_restore(handle_, sequence, &source), "sequence_restore");
}

Status TextContext::set_adapters(std::vector<ScaledAdapter> adapters) {
  if (!HEARTH_HAS_CALL(table_, hearth_text, context_set_adapters)) return lacks("context_set_adapters");
  std::vector<hearth_adapter*> handles;
  std::vector<float> scales;
  for (const auto& [adapter, scale] : adapters) {
    handles.push_back(adapter->handle());
    scales.push_back(scale);
  }
  HEARTH_TRY(take_status(table_->context_set_adapters(handle_, handles.data(), scales.data(), handles.size()),
                         "context_set_adapters"));
  adapters_ = std::move(adapters);
  return {};
}

}  // namespace hearth
