// A loaded model's tokenizer, template and constraints, for whoever prepares requests for it.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/text_service.h"
#include "engine/vocabulary.h"
#include "text/constraint.h"
#include "text/output_parser.h"

namespace hearth {

// Thread-safe; all but the store of compiled constraints is immutable.
class ModelKit final : public TextKit {
 public:
  // `template_source` is Jinja; empty: turns are written as plain lines. One that does not parse fails render() only.
  // Errors as TextModel::info and Vocabulary::read.
  static Result<std::shared_ptr<const ModelKit>> create(std::shared_ptr<TextModel> model,
                                                        const std::string& template_source);

  [[nodiscard]] const TextInfo& info() const override { return info_; }
  // kInvalidArgument for more than 64 MiB of text.
  [[nodiscard]] Result<std::vector<Token>> tokenize(std::string_view text, bool add_special,
                                                    bool parse_special) const override;
  // kInvalidArgument for a token outside the vocabulary.
  [[nodiscard]] Result<std::string> detokenize(std::span<const Token> tokens, bool special) const override;
  [[nodiscard]] Result<std::string> render(const PromptRequest& request) const override;
  // The begin token comes once, also where a template writes it and the tokenizer adds it.
  [[nodiscard]] Result<std::vector<Token>> prompt_tokens(const Prompt& prompt) const override;

  [[nodiscard]] const Vocabulary& vocabulary() const { return *vocabulary_; }
  [[nodiscard]] const std::shared_ptr<const Vocabulary>& shared_vocabulary() const { return vocabulary_; }
  [[nodiscard]] OutputFormat output_format() const { return output_format_; }
  // False: the model has no template of its own.
  [[nodiscard]] bool has_template() const { return !is_plain_; }
  // Errors as ConstraintCompiler; kUnsupported where the model has no end token, so that no constraint could end.
  // The first call sorts the vocabulary, which takes tenths of a second for 150,000 tokens.
  [[nodiscard]] Result<std::shared_ptr<const Constraint>> compile(const ConstraintSpec& spec) const;

 private:
  explicit ModelKit(std::shared_ptr<TextModel> model) : model_(std::move(model)) {}
  void read_template(const std::string& source);
  [[nodiscard]] Status check_tokens(std::span<const Token> tokens) const;
  [[nodiscard]] Result<ConstraintCompiler*> compiler() const;

  std::shared_ptr<TextModel> model_;  // shared: the engine's contexts hold it too
  TextInfo info_;
  std::shared_ptr<const Vocabulary> vocabulary_;  // shared: drafts and answers outlive a kit's holder
  std::optional<ChatTemplate> template_;          // absent: template_error_ says why
  Error template_error_;
  bool is_plain_ = false;
  OutputFormat output_format_;
  mutable std::mutex compiler_gate_;
  mutable std::unique_ptr<ConstraintCompiler> compiler_;  // made when first asked for
};

}  // namespace hearth
