// The intent network the program carries, and what a user's own examples made of its last layer: kept below the home
// folder, undone there, sent nowhere.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "hearth/result.h"
#include "router/intent_classifier.h"
#include "router/intent_learner.h"

namespace hearth {

// The weights inside the program; live as long as the program.
[[nodiscard]] std::span<const std::byte> intent_weight_bytes();

// The classifier with what was learned last. What was learned for another release's weights, or is damaged, is left
// out: routing goes on with the network as it came, and `*notice` says so where it is not null.
[[nodiscard]] Result<std::unique_ptr<IntentClassifier>> open_intent_classifier(const std::filesystem::path& home,
                                                                               std::string* notice = nullptr);

// Retrains from lines of {"text", "label"} and optionally has_image, has_audio, has_tools, n_chars; one atomic write,
// so that a killed process leaves what was there before or what is learned now. NotFound for a file that is not there;
// InvalidData naming the line; VerificationFailed where too much would be forgotten.
[[nodiscard]] Result<LearnReport> learn_intents(const std::filesystem::path& home,
                                                const std::filesystem::path& examples);

// Back to before the last learning; up to eight are kept. Returns how many are left. NotFound where nothing was
// learned.
[[nodiscard]] Result<std::size_t> undo_intent_learning(const std::filesystem::path& home);

}  // namespace hearth
