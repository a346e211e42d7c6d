// Whether a text speaks of a picture or of a sound, in the languages prompts come in.
#pragma once

#include "router/intent_text.h"

namespace hearth {

struct AttachmentWords {
  bool image = false;   // names a picture
  bool audio = false;   // names a sound or something said
  bool write = false;   // asks for what is said in writing
  bool speak = false;   // asks to say or to read aloud
  bool points = false;  // "this", "here": to something that came with the text
  std::size_t n_words = 0;
};

// Looks at the tokens of the window only. A few microseconds at most.
[[nodiscard]] AttachmentWords read_attachment_words(const TokenFlow& tokens);

}  // namespace hearth
