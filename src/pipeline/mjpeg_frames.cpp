#include "pipeline/mjpeg_frames.h"

#include <fmt/format.h>

#include <span>

#include "vision/raw_frames.h"

namespace hearth {

Result<std::vector<std::string>> split_mjpeg(std::string_view bytes, std::size_t frames_max) {
  MjpegSplitter splitter;
  splitter.feed({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
  std::vector<std::string> frames;
  for (;;) {
    HEARTH_ASSIGN(frame, splitter.next());
    if (!frame) break;
    if (frames.size() == frames_max)
      return fail(ErrorCode::kInvalidData, fmt::format("the stream has more than {} frames", frames_max),
                  "send it in parts");
    frames.emplace_back(reinterpret_cast<const char*>(frame->data()), frame->size());
  }
  if (splitter.pending_bytes() > 0) return fail(ErrorCode::kInvalidData, "the stream's last frame is cut off");
  if (frames.empty()) return fail(ErrorCode::kInvalidData, "there is no JPEG picture in the stream");
  return frames;
}

}  // namespace hearth
