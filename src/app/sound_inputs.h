// Where sound comes from: files, folders, patterns, and a file on standard input.
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "audio/byte_input.h"
#include "hearth/result.h"

namespace hearth {

// The files that `arguments` name, in their order: a folder stands for the sound files in it, sorted; a pattern with *,
// ? or [ that is no file for what it matches; "-" for standard input. A file that is not there stays in, so that it is
// told as a failed item. kNotFound: a folder or pattern without sound files.
[[nodiscard]] Result<std::vector<std::string>> expand_sound_paths(const std::vector<std::string>& arguments);

// A file is read as it is needed; what `pipe` holds is read to its end, for "-". kDoesNotFit: more than 1 GiB in the
// pipe. Errors of ReadableFile::open.
[[nodiscard]] Result<std::unique_ptr<ByteInput>> open_sound(const std::string& path, std::FILE* pipe);

}  // namespace hearth
