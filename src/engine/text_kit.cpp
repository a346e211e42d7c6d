#include "engine/text_kit.h"

#include <utility>
#include <variant>

namespace hearth {
namespace {

constexpr std::size_t kTextBytesMax = 64U << 20U;  // of one call; what a worker takes at once

}  // namespace

Result<std::shared_ptr<const ModelKit>> ModelKit::create(std::shared_ptr<TextModel> model,
                                                         const std::string& template_source) {
  std::shared_ptr<ModelKit> made(new ModelKit(std::move(model)));
  HEARTH_ASSIGN(info, made->model_->info());
  made->info_ = info;
  HEARTH_ASSIGN(vocabulary, Vocabulary::read(*made->model_));
  made->vocabulary_ = std::move(vocabulary);
  made->read_template(template_source);
  return made;
}

void ModelKit::read_template(const std::string& source) {
  output_format_ = detect_output_format(source);
  is_plain_ = source.empty();
  if (is_plain_) {
    template_ = ChatTemplate::plain();
    return;
  }
  auto parsed = ChatTemplate::parse(source, std::string(vocabulary_->piece(info_.bos, true)),
                                    std::string(vocabulary_->piece(info_.eos, true)));
  if (parsed)
    template_ = std::move(parsed).value();
  else
    template_error_ = std::move(parsed).error();
}

Result<std::vector<Token>> ModelKit::tokenize(std::string_view text, bool add_special, bool parse_special) const {
  if (text.size() > kTextBytesMax)
    return fail(ErrorCode::kInvalidArgument,
                "the text has " + std::to_string(text.size()) + " bytes; at most 64 MiB are tokenised at once",
                "send less text");
  return model_->tokenize(text, add_special, parse_special);
}

Status ModelKit::check_tokens(std::span<const Token> tokens) const {
  for (const Token token : tokens) {
    if (token < 0 || static_cast<std::uint32_t>(token) >= vocabulary_->size())
      return fail(ErrorCode::kInvalidArgument,
                  "token " + std::to_string(token) + " is not in the vocabulary, which has 0 to " +
                      std::to_string(vocabulary_->size() - 1),
                  "take tokens of this model's own tokenizer");
  }
  return {};
}

Result<std::string> ModelKit::detokenize(std::span<const Token> tokens, bool special) const {
  HEARTH_TRY(check_tokens(tokens));
  return vocabulary_->text(tokens, special);
}

Result<std::string> ModelKit::render(const PromptRequest& request) const {
  if (!template_) return fail(template_error_);
  return template_->render(request);
}

Result<std::vector<Token>> ModelKit::prompt_tokens(const Prompt& prompt) const {
  if (const auto* tokens = std::get_if<std::vector<Token>>(&prompt)) {
    HEARTH_TRY(check_tokens(*tokens));
    return *tokens;
  }
  const auto* plain = std::get_if<PlainPrompt>(&prompt);
  std::string rendered;
  if (plain == nullptr) {
    HEARTH_ASSIGN(text, render(std::get<PromptRequest>(prompt)));
    rendered = std::move(text);
  }
  HEARTH_ASSIGN(tokens,
                tokenize(plain != nullptr ? plain->text : rendered, true, plain == nullptr || plain->parse_special));
  const Token bos = info_.bos;
  if (tokens.size() >= 2 && bos != HEARTH_TOKEN_NONE && tokens[0] == bos && tokens[1] == bos)
    tokens.erase(tokens.begin());
  return tokens;
}

Result<ConstraintCompiler*> ModelKit::compiler() const {
  const std::lock_guard lock(compiler_gate_);
  if (compiler_ == nullptr) {
    if (vocabulary_->end_tokens().empty())
      return fail(ErrorCode::kUnsupported,
                  "this model has no end token, so that an answer held to a form could not end",
                  "take another model for structured answers");
    HEARTH_ASSIGN(made, ConstraintCompiler::create(vocabulary_->constraint_vocabulary()));
    compiler_ = std::move(made);
  }
  return compiler_.get();
}

Result<std::shared_ptr<const Constraint>> ModelKit::compile(const ConstraintSpec& spec) const {
  HEARTH_ASSIGN(made, compiler());
  return made->compile(spec);
}

}  // namespace hearth
