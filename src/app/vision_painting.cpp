#include "app/vision_painting.h"

#include <fmt/format.h>

#include <vector>

#include "platform/file.h"
#include "vision/drawing.h"
#include "vision/image_encoding.h"

namespace hearth {
namespace {

constexpr int kJpegQuality = 90;  // boxes and letters stay crisp; Source: libjpeg's usual 75 blurs thin lines

bool is_folder(const std::filesystem::path& path) {
  const auto info = file_info(path);
  return path.filename().empty() || (info && info->kind == FileKind::kFolder);
}

Result<std::filesystem::path> file_for(const std::filesystem::path& target, const PictureInput& input, bool only_one) {
  if (only_one && !is_folder(target)) return target;
  if (!is_folder(target) && target.has_extension())
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{} is one file, but there are several pictures", target.string()),
                "give --draw a folder: a name that ends in /");
  HEARTH_TRY(ensure_folder(target));
  if (input.frame) return target / fmt::format("frame-{:06}.jpg", *input.frame);
  const std::filesystem::path own(input.path == "-" ? "picture.jpg" : input.path);
  const bool kept = encoding_of_name(own.filename().string()).has_value();
  return target / (kept ? own.filename() : std::filesystem::path(own.filename().string() + ".jpg"));
}

void paint_classes(const VisionRecipe& recipe, VisionWork& work) {
  std::vector<std::string> lines;
  for (const Classification& found : work.classes())
    lines.push_back(fmt::format("{} {:.2f}", recipe.vision.label(found.class_id), found.score));
  draw_lines(work.own_picture(), lines);
}

}  // namespace

Result<std::string> paint_result(const VisionRecipe& recipe, VisionWork& work, const std::filesystem::path& target,
                                 const PictureInput& input, bool only_one) {
  HEARTH_ASSIGN(path, file_for(target, input, only_one));
  HEARTH_ASSIGN(format, encoding_of_name(path.filename().string()));
  if (recipe.vision.task == VisionTask::kClassify)
    paint_classes(recipe, work);
  else
    draw_detections(work.own_picture(), work.detections(), recipe.vision);
  std::vector<std::uint8_t> bytes;
  HEARTH_TRY(encode_image(work.own_picture().view(), format, kJpegQuality, bytes));
  HEARTH_TRY(write_file_atomic(path, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
  return path.string();
}

}  // namespace hearth
