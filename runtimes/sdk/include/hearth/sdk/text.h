// The text capability as typed interfaces: a model with a tokenizer, contexts that decode.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hearth/sdk/runtime.h"

namespace hearth::sdk {

using Token = hearth_token;

// One entry of a batch: checked by the SDK to be a token of the vocabulary, a position >= 0, a sequence of the context.
struct BatchEntry {
  Token token = 0;
  std::int32_t position = 0;
  std::int32_t sequence = 0;
  bool wants_output = false;
};

// [n_rows, row_size] float32, owned by the context until its next decode.
struct Rows {
  const float* data = nullptr;
  std::uint32_t n_rows = 0;
  std::uint32_t row_size = 0;
};

struct Range {
  std::int32_t first = 0;
  std::int32_t last = -1;
};

// Weights added to a model. Destroyed after every context that had it set.
class Adapter {
 public:
  Adapter() = default;
  virtual ~Adapter() = default;
  Adapter(const Adapter&) = delete;
  Adapter& operator=(const Adapter&) = delete;
};

struct ScaledAdapter {
  std::shared_ptr<Adapter> adapter;
  float scale = 1.0F;
};

[[noreturn]] inline void unsupported(const char* what) {
  throw Error(HEARTH_UNSUPPORTED, std::string("this runtime cannot ") + what);
}

// Sequences of cells on a model. Used by one thread at a time. The model outlives it. Sequence numbers come checked;
// positions [p0, p1) come as the border has them: p0 < 0 from the start, p1 < 0 to the end.
class TextContext {
 public:
  TextContext() = default;
  virtual ~TextContext() = default;
  TextContext(const TextContext&) = delete;
  TextContext& operator=(const TextContext&) = delete;

  [[nodiscard]] virtual TextOptions granted() const = 0;
  // See hearth_text::decode for what a failure leaves behind. `batch` has 1 to granted().n_batch entries.
  [[nodiscard]] virtual Rows decode(std::span<const BatchEntry> batch, const CallGuard& call) = 0;
  virtual void trim(std::int32_t sequence, std::int32_t p0, std::int32_t p1) = 0;  // sequence -1: all of them
  [[nodiscard]] virtual Range range(std::int32_t sequence) const = 0;
  virtual void copy(std::int32_t /*from*/, std::int32_t /*to*/, std::int32_t /*p0*/, std::int32_t /*p1*/) {
    unsupported("copy sequences");
  }
  virtual void shift(std::int32_t /*sequence*/, std::int32_t /*p0*/, std::int32_t /*p1*/, std::int32_t /*delta*/) {
    unsupported("shift positions");
  }
  virtual void save(std::int32_t /*sequence*/, const Writer& /*out*/) { unsupported("save a sequence"); }
  virtual void restore(std::int32_t /*sequence*/, const Reader& /*in*/) { unsupported("restore a sequence"); }
  virtual void set_adapters(std::span<const ScaledAdapter> adapters) {
    if (!adapters.empty()) unsupported("apply adapters");
  }
};

// Facts of a model; as hearth_text_info, with C++ types.
struct TextInfo {
  std::uint32_t n_vocab = 0;
  std::uint32_t n_ctx_train = 0;
  std::uint32_t n_embd = 0;
  std::uint32_t n_layer = 0;
  Token bos = HEARTH_TOKEN_NONE, eos = HEARTH_TOKEN_NONE, eot = HEARTH_TOKEN_NONE, pad = HEARTH_TOKEN_NONE;
  bool add_bos = false;
  bool add_eos = false;
  std::uint64_t n_params = 0;
  std::uint64_t n_bytes = 0;
  bool is_recurrent = false;
  bool has_encoder = false;
  std::uint32_t n_swa = 0;
};

// One token as the vocabulary's table has it; borrowed texts.
struct TokenRow {
  Token token = 0;
  std::uint32_t attributes = 0;
  std::string_view bytes;    // empty for control tokens
  std::string_view written;  // control tokens spelled out
};

// A language model. Tokens come checked against the vocabulary.
class TextModel : public Model {
 public:
  [[nodiscard]] TextModel* text() final { return this; }

  [[nodiscard]] virtual TextInfo info() const = 0;
  [[nodiscard]] virtual std::uint32_t n_vocab() const { return info().n_vocab; }
  [[nodiscard]] virtual std::optional<std::string> metadata(std::string_view /*key*/) const { return std::nullopt; }
  [[nodiscard]] virtual std::vector<Token> tokenize(std::string_view text, bool add_special,
                                                    bool parse_special) const = 0;
  [[nodiscard]] virtual std::string token_bytes(Token token, bool special) const = 0;
  [[nodiscard]] virtual std::uint32_t token_attributes(Token /*token*/) const { return 0; }
  // Every token in order; to be overridden where there is a quicker way.
  virtual void token_table(const std::function<void(const TokenRow&)>& receive) const {
    const auto n = static_cast<Token>(n_vocab());
    for (Token token = 0; token < n; ++token) {
      const auto bytes = token_bytes(token, false);
      const auto written = token_bytes(token, true);
      receive({token, token_attributes(token), bytes, written});
    }
  }
  [[nodiscard]] virtual std::unique_ptr<TextContext> new_context(const TextOptions& options) = 0;
  [[nodiscard]] virtual std::unique_ptr<Adapter> load_adapter(const std::string& /*path*/) {
    unsupported("load adapters");
  }
};

}  // namespace hearth::sdk
