// Transcripts in files against what was said.
#pragma once

#include <string>
#include <vector>

#include "audio/word_errors.h"
#include "hearth/result.h"

namespace hearth {

struct ScoredText {
  std::string name;  // the file's name, or "line 3"
  WordErrors errors;
};

struct TranscriptScores {
  WordErrors all;
  std::vector<ScoredText> texts;  // in the reference's order
  std::string normalisation;
};

// Both files hold either a JSON object a line with `path` and `text`, which are paired by the paths' last parts, or
// plain text, paired line by line. A reference without a transcript counts as one that was understood as nothing; a
// transcript without a reference is left out. kInvalidData: broken JSON, two of one name, lines that don't pair;
// kNotFound and the other errors of reading files.
[[nodiscard]] Result<TranscriptScores> score_transcripts(const std::string& reference_file,
                                                         const std::string& transcript_file, bool normalise);

}  // namespace hearth
