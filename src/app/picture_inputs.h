// Where pictures come from: files, folders, patterns, and frames from a pipe.
#pragma once

#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/call_bounds.h"
#include "hearth/result.h"
#include "vision/raw_frames.h"

namespace hearth {

// One picture, before it is decoded.
struct PictureInput {
  std::string path;                    // as it is told; "-" for standard input
  std::optional<std::uint64_t> frame;  // of a stream, from 0
  std::vector<std::uint8_t> bytes;     // of the file or frame
  std::optional<RawFrameShape> raw;    // absent: a picture file
  std::optional<Error> error;          // it could not be read
};

// "rgb24:640x480", "nv12:1280x720". kInvalidArgument says what is wrong.
[[nodiscard]] Result<RawFrameShape> parse_raw_frame_shape(const std::string& text);

// The files that `arguments` name, in their order: a folder stands for the pictures in it, sorted; a pattern with *, ?
// or [ that is no file for what it matches. A file that is not there stays in, so that it is told as a failed item.
// kNotFound: a folder or pattern without pictures.
[[nodiscard]] Result<std::vector<std::string>> expand_picture_paths(const std::vector<std::string>& arguments);

// Hands out pictures one after the other. Externally synchronised.
class PictureSource {
 public:
  virtual ~PictureSource() = default;
  // The next one into `out`, whose memory is kept; false at the end.
  [[nodiscard]] virtual Result<bool> next(PictureInput& out) = 0;
  // How many there are in all, where that is known.
  [[nodiscard]] virtual std::optional<std::uint64_t> total() const { return std::nullopt; }
  // Whether they are frames of one stream, in their order.
  [[nodiscard]] virtual bool is_stream() const { return false; }
};

struct PipeOptions {
  std::optional<RawFrameShape> raw;  // absent: pictures, told apart by their first bytes
  const CancelToken* cancel = nullptr;
};

[[nodiscard]] std::unique_ptr<PictureSource> file_pictures(std::vector<std::string> paths);
// JPEG after JPEG, raw frames, or one picture of another kind. `pipe` is borrowed, as is the token.
[[nodiscard]] std::unique_ptr<PictureSource> piped_pictures(std::FILE* pipe, const PipeOptions& options);

}  // namespace hearth
