// GGUF files that must be refused, each with what the refusal must say. For the reader's tests and for tests that hand
// such files to the whole program.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "hearth/error.h"

namespace hearth::test {

struct BadGguf {
  std::string name;  // fit for a file name
  std::string bytes;
  ErrorCode code = ErrorCode::kInvalidData;
  std::string says;  // a part of the message
  // False: the header is well-formed and the reader takes it; reading the model's shape or loading it must fail.
  bool refused_by_reader = true;
};

// Everything but truncation: empty, wrong magic, versions, counts, lengths, types, dimensions, offsets, overlaps.
std::vector<BadGguf> bad_ggufs();

// `whole` cut at every percent of its length, 0 % to 99 %. `whole` must be a valid file with tensors.
std::vector<BadGguf> truncated_ggufs(std::string_view whole);

// A well-formed model of an architecture that no runtime knows; bad_ggufs() has it too.
std::string unknown_architecture_gguf();

}  // namespace hearth::test
