// Holds what a model may say to a JSON Schema, a regular expression or a grammar, token by token, over any runtime's
// vocabulary. Built on xgrammar; the schemas it would read too loosely are rewritten or refused first (json_schema.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/token_event.h"
#include "hearth/result.h"

namespace hearth {

enum class ConstraintKind {
  kJsonSchema,  // what it leaves open is bounded: json_bounds.h lists these bounds
  kJson,        // any JSON object within the same bounds; the text is not looked at
  kRegex,       // the whole answer matches
  kGrammar,     // EBNF with the rule "root", as xgrammar reads it
};

struct ConstraintSpec {
  ConstraintKind kind = ConstraintKind::kJson;
  std::string text{};
};

// The tokens of a model as bytes, special ones left empty: those are never allowed, but for the end tokens.
struct ConstraintVocabulary {
  std::vector<std::string> tokens;
  std::vector<Token> end_tokens;  // at least one
};

class ConstraintMatcher;

// A compiled grammar over one vocabulary. Immutable, thread-safe, shared by all requests with the same spec.
class Constraint {
 public:
  ~Constraint();
  Constraint(const Constraint&) = delete;
  Constraint& operator=(const Constraint&) = delete;

  [[nodiscard]] std::size_t bytes() const;
  // What of the schema is not enforced, one sentence each with its place. The output is valid JSON nonetheless.
  [[nodiscard]] const std::vector<std::string>& notices() const;
  // A matcher at the beginning of an answer.
  [[nodiscard]] ConstraintMatcher matcher() const;

 private:
  friend class ConstraintCompiler;
  struct Impl;
  explicit Constraint(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Follows one answer. Externally synchronised. The constraint must outlive it.
class ConstraintMatcher {
 public:
  ~ConstraintMatcher();
  ConstraintMatcher(ConstraintMatcher&&) noexcept;
  ConstraintMatcher& operator=(ConstraintMatcher&&) noexcept;

  // 32-bit words that fill() writes.
  [[nodiscard]] std::size_t mask_words() const;
  // Sets bit t of `mask` for every token t that may come next. False: all may. After the end nothing may.
  // kInternal when the library fails.
  [[nodiscard]] Result<bool> fill(std::span<std::int32_t> mask);
  // The token was said. False and nothing changed: it may not come here.
  [[nodiscard]] bool accept(Token token);
  // Takes back the last `tokens` accepted ones; fewer when there are fewer. Not bounded.
  void rollback(std::size_t tokens);
  // How many tokens stand accepted.
  [[nodiscard]] std::size_t accepted() const { return accepted_; }
  // An end token was accepted.
  [[nodiscard]] bool is_terminated() const;
  // The answer could end here.
  [[nodiscard]] bool is_complete() const;
  // The text that must come next whatever the model wants; may be empty. Changes nothing.
  [[nodiscard]] std::string forced_text();

 private:
  friend class Constraint;
  struct Impl;
  explicit ConstraintMatcher(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
  std::size_t accepted_ = 0;
};

struct ConstraintCompilerOptions {
  std::size_t cache_bytes = 64U << 20U;  // of compiled constraints kept for the next request with the same spec
  int threads = 1;                       // for one compilation
};

// Compiles and remembers constraints for one vocabulary. Internally locked; compiling does not block lookups.
class ConstraintCompiler {
 public:
  // Cost: sorts the vocabulary once. kInvalidArgument: no end token, or one outside the vocabulary.
  static Result<std::unique_ptr<ConstraintCompiler>> create(ConstraintVocabulary vocabulary,
                                                            const ConstraintCompilerOptions& options = {});
  ~ConstraintCompiler();

  // kInvalidArgument: the spec does not parse or nothing can satisfy it. kUnsupported: it can't be enforced.
  // Both name the place.
  [[nodiscard]] Result<std::shared_ptr<const Constraint>> compile(const ConstraintSpec& spec);

  struct CacheFacts {
    std::size_t bytes = 0, entries = 0, hits = 0, misses = 0;
  };
  [[nodiscard]] CacheFacts cache() const;

 private:
  struct Impl;
  explicit ConstraintCompiler(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Whether bit `token` of a mask is set.
[[nodiscard]] inline bool is_allowed(std::span<const std::int32_t> mask, Token token) {
  const auto at = static_cast<std::uint32_t>(token);
  return ((static_cast<std::uint32_t>(mask[at / 32]) >> (at % 32U)) & 1U) != 0;
}

}  // namespace hearth
