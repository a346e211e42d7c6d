#include "text/constraint.h"

#include <dlpack/dlpack.h>
#include <xgrammar/xgrammar.h>

#include <algorithm>
#include <exception>
#include <list>
#include <mutex>
#include <unordered_map>

#include "text/json_bounds.h"
#include "text/json_schema.h"

namespace hearth {
namespace {

constexpr std::size_t kSpecBytesMax = 256U << 10U;

DLTensor mask_tensor(std::span<std::int32_t> mask, std::int64_t& words) {
  words = static_cast<std::int64_t>(mask.size());
  DLTensor tensor{};
  tensor.data = mask.data();
  tensor.device = {kDLCPU, 0};
  tensor.ndim = 1;
  tensor.dtype = {kDLInt, 32, 1};
  tensor.shape = &words;
  return tensor;
}

std::string_view name_of(ConstraintKind kind) {
  switch (kind) {
    case ConstraintKind::kRegex: return "regular expression";
    case ConstraintKind::kGrammar: return "grammar";
    default: return "JSON Schema";
  }
}

// The first line, without where in the library's own source it was written: "[05:05:16] /a/b.cc:83: words".
std::string one_line(std::string text) {
  if (const auto end = text.find('\n'); end != std::string::npos) text.resize(end);
  const auto place = text.starts_with('[') ? text.find(".cc:") : std::string::npos;
  if (const auto words = text.find(": ", place); place != std::string::npos && words != std::string::npos)
    text.erase(0, words + 2);
  return text;
}

}  // namespace

struct Constraint::Impl {
  xgrammar::CompiledGrammar grammar;
  std::vector<std::string> notices;
};

Constraint::Constraint(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Constraint::~Constraint() = default;
std::size_t Constraint::bytes() const { return impl_->grammar.MemorySizeBytes(); }
const std::vector<std::string>& Constraint::notices() const { return impl_->notices; }

struct ConstraintMatcher::Impl {
  xgrammar::GrammarMatcher matcher;
  std::size_t mask_words;
};

ConstraintMatcher Constraint::matcher() const {
  const auto words = xgrammar::GetBitmaskSize(impl_->grammar.GetTokenizerInfo().GetVocabSize());
  return ConstraintMatcher(std::make_unique<ConstraintMatcher::Impl>(
      ConstraintMatcher::Impl{xgrammar::GrammarMatcher(impl_->grammar), static_cast<std::size_t>(words)}));
}

ConstraintMatcher::ConstraintMatcher(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ConstraintMatcher::~ConstraintMatcher() = default;
ConstraintMatcher::ConstraintMatcher(ConstraintMatcher&&) noexcept = default;
ConstraintMatcher& ConstraintMatcher::operator=(ConstraintMatcher&&) noexcept = default;

std::size_t ConstraintMatcher::mask_words() const { return impl_->mask_words; }

Result<bool> ConstraintMatcher::fill(std::span<std::int32_t> mask) {
  if (mask.size() != impl_->mask_words) return fail(ErrorCode::kInternal, "the mask of a constraint has another size");
  if (is_terminated()) {
    std::fill(mask.begin(), mask.end(), 0);
    return true;
  }
  try {
    std::int64_t words = 0;
    auto tensor = mask_tensor(mask, words);
    return impl_->matcher.FillNextTokenBitmask(&tensor);
  } catch (const std::exception& e) {
    return fail(ErrorCode::kInternal, "the constraint could not say what comes next: " + one_line(e.what()));
  }
}

bool ConstraintMatcher::accept(Token token) {
  if (is_terminated()) return false;
  try {
    if (!impl_->matcher.AcceptToken(token)) return false;
  } catch (const std::exception&) {
    return false;  // a token outside the vocabulary
  }
  ++accepted_;
  return true;
}

void ConstraintMatcher::rollback(std::size_t tokens) {
  tokens = std::min(tokens, accepted_);
  if (tokens == 0) return;
  impl_->matcher.Rollback(static_cast<int>(tokens));
  accepted_ -= tokens;
}

bool ConstraintMatcher::is_terminated() const { return impl_->matcher.IsTerminated(); }
bool ConstraintMatcher::is_complete() const { return impl_->matcher.IsTerminated() || impl_->matcher.IsCompleted(); }

std::string ConstraintMatcher::forced_text() {
  if (is_terminated()) return {};
  try {
    return impl_->matcher.FindJumpForwardString();
  } catch (const std::exception&) {
    return {};  // a shortcut that isn't there
  }
}

struct ConstraintCompiler::Impl {
  using Entry = std::pair<std::string, std::shared_ptr<const Constraint>>;

  Impl(const xgrammar::TokenizerInfo& info, const ConstraintCompilerOptions& o)
      : compiler(info, o.threads, false), options(o) {}

  Result<std::unique_ptr<Constraint::Impl>> build(const ConstraintSpec& spec);
  std::shared_ptr<const Constraint> find(const std::string& key);
  void remember(const std::string& key, const std::shared_ptr<const Constraint>& constraint);
  static std::size_t cost(const Entry& entry) { return entry.first.size() * 2 + entry.second->bytes(); }

  xgrammar::GrammarCompiler compiler;
  ConstraintCompilerOptions options;
  std::mutex compiling;     // guards the compiler
  std::mutex mutex;         // guards what follows
  std::list<Entry> recent;  // most recently used first
  std::unordered_map<std::string, std::list<Entry>::iterator> by_key;
  CacheFacts facts;
};

ConstraintCompiler::ConstraintCompiler(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ConstraintCompiler::~ConstraintCompiler() = default;

Result<std::unique_ptr<ConstraintCompiler>> ConstraintCompiler::create(ConstraintVocabulary vocabulary,
                                                                       const ConstraintCompilerOptions& options) {
  const auto n = static_cast<Token>(vocabulary.tokens.size());
  const bool in_range =
      std::all_of(vocabulary.end_tokens.begin(), vocabulary.end_tokens.end(), [n](Token t) { return t >= 0 && t < n; });
  if (vocabulary.end_tokens.empty() || !in_range)
    return fail(ErrorCode::kInvalidArgument, "constrained answers need a model that names its end token",
                "the model's file names none within its vocabulary; ask without a format");
  // An end token is no text, even where the vocabulary spells it.
  for (const Token t : vocabulary.end_tokens) vocabulary.tokens[static_cast<std::size_t>(t)].clear();
  try {
    const xgrammar::TokenizerInfo info(vocabulary.tokens, xgrammar::VocabType::RAW, n, vocabulary.end_tokens);
    return std::unique_ptr<ConstraintCompiler>(new ConstraintCompiler(std::make_unique<Impl>(info, options)));
  } catch (const std::exception& e) {
    return fail(ErrorCode::kInvalidArgument, "the model's vocabulary can't be constrained: " + one_line(e.what()));
  }
}

Result<std::unique_ptr<Constraint::Impl>> ConstraintCompiler::Impl::build(const ConstraintSpec& spec) {
  const auto compiled = [](xgrammar::CompiledGrammar grammar, std::vector<std::string> notices = {}) {
    return std::make_unique<Constraint::Impl>(Constraint::Impl{std::move(grammar), std::move(notices)});
  };
  if (spec.text.size() > kSpecBytesMax)
    return fail(ErrorCode::kUnsupported, "the " + std::string(name_of(spec.kind)) + " has more than 256 KiB",
                "make it smaller");
  try {
    switch (spec.kind) {
      case ConstraintKind::kRegex: return compiled(compiler.CompileRegex(spec.text));
      case ConstraintKind::kGrammar: return compiled(compiler.CompileGrammar(spec.text));
      default: break;
    }
    HEARTH_ASSIGN(schema, lower_json_schema(spec.kind == ConstraintKind::kJson ? R"({"type": "object"})" : spec.text));
    const auto open =
        xgrammar::Grammar::FromJSONSchema(schema.json, true, std::nullopt, std::nullopt, true, kJsonSpaceMax);
    return compiled(compiler.CompileGrammar(bounded_json_grammar(open.ToString())), std::move(schema.notices));
  } catch (const std::exception& e) {
    return fail(ErrorCode::kInvalidArgument,
                "the " + std::string(name_of(spec.kind)) + " can't be compiled: " + one_line(e.what()),
                "correct it at the place named");
  }
}

std::shared_ptr<const Constraint> ConstraintCompiler::Impl::find(const std::string& key) {
  const std::lock_guard lock(mutex);
  const auto at = by_key.find(key);
  if (at == by_key.end()) return nullptr;
  ++facts.hits;
  recent.splice(recent.begin(), recent, at->second);
  return recent.front().second;
}

void ConstraintCompiler::Impl::remember(const std::string& key, const std::shared_ptr<const Constraint>& constraint) {
  const std::lock_guard lock(mutex);
  ++facts.misses;
  recent.emplace_front(key, constraint);
  by_key[key] = recent.begin();
  facts.bytes += cost(recent.front());
  while (facts.bytes > options.cache_bytes && !recent.empty()) {
    facts.bytes -= cost(recent.back());
    by_key.erase(recent.back().first);
    recent.pop_back();
  }
  facts.entries = recent.size();
}

Result<std::shared_ptr<const Constraint>> ConstraintCompiler::compile(const ConstraintSpec& spec) {
  const std::string key = std::to_string(static_cast<int>(spec.kind)) + spec.text;
  if (auto known = impl_->find(key)) return known;
  // One at a time: requests with the same new spec, which come together, then compile it once.
  const std::lock_guard lock(impl_->compiling);
  if (auto known = impl_->find(key)) return known;
  HEARTH_ASSIGN(built, impl_->build(spec));
  // shared: the cache and every request with this spec hold it
  const std::shared_ptr<const Constraint> constraint(new Constraint(std::move(built)));
  impl_->remember(key, constraint);
  return constraint;
}

ConstraintCompiler::CacheFacts ConstraintCompiler::cache() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->facts;
}

}  // namespace hearth
