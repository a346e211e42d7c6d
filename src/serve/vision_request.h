// Requests of the vision endpoints: forms with files, JSON with base64, or a bare picture or MJPEG stream.
#pragma once

#include <string>
#include <vector>

#include "hearth/result.h"
#include "pipeline/vision_service.h"
#include "serve/exchange.h"

namespace hearth::serve {

inline constexpr std::size_t kPicturesMax = 256;   // of one request
inline constexpr std::size_t kFramesMax = 10'000;  // of one MJPEG stream

struct VisionAsk {
  std::string model;
  std::vector<std::string> pictures;  // files' bytes, in their order
  VisionOptions options;
  bool stream = false;
  bool listed = false;  // several pictures may come: the answer has "data" with an entry a picture
  Headers headers;      // of the answer
};

// Body by Content-Type:
// - multipart/form-data: fields model, score, iou, top, resolution, stream; every file is a picture;
// - application/json: {"model", "image": base64 or data URL | "images": [...], "score", ...};
// - image/*: the picture, options in the query; video/x-motion-jpeg and multipart/x-mixed-replace: MJPEG, streamed.
// kInvalidArgument names the field. Bytes of pictures are not looked at.
[[nodiscard]] Result<VisionAsk> read_vision_request(const HttpRequest& http);

// The JSON Schema of the JSON form.
[[nodiscard]] std::string vision_request_schema();

}  // namespace hearth::serve
