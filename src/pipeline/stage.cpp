#include "pipeline/stage.h"

#include <fmt/format.h>

#include <algorithm>

#include "pipeline/stage_describe.h"
#include "pipeline/vision_stream.h"
#include "vision/drawing.h"
#include "vision/image_encoding.h"
#include "vision/tracking.h"

namespace hearth {
namespace {

constexpr int kJpegQuality = 90;  // boxes and letters stay crisp; Source: libjpeg's usual 75 blurs thin lines

double number(const StageSpec& spec, const char* name, double otherwise) {
  const auto found = spec.numbers.find(name);
  return found == spec.numbers.end() ? otherwise : found->second;
}

class DetectStage final : public Stage {
 public:
  DetectStage(std::unique_ptr<VisionStream> stream, const CallBounds& bounds)
      : stream_(std::move(stream)), bounds_(bounds) {}
  [[nodiscard]] Status work(Frame& frame) override {
    HEARTH_ASSIGN(picture, picture_of(frame.tensor()));
    work_.look_at(picture);
    HEARTH_TRY(stream_->run(work_, bounds_));
    frame.detector = stream_->recipe_ptr();
    std::swap(frame.detections, work_.detections());
    return {};
  }
  [[nodiscard]] std::string runs_on() const override {
    return stream_->facts().runtime + " on " + stream_->facts().session.device;
  }

 private:
  std::unique_ptr<VisionStream> stream_;
  CallBounds bounds_;
  VisionWork work_;
};

class TrackStage final : public Stage {
 public:
  [[nodiscard]] Status work(Frame& frame) override {
    const auto passed = seen_ ? frame.index - *seen_ : 1;
    seen_ = frame.index;
    tracker_.update(frame.detections, static_cast<std::uint32_t>(std::max<std::uint64_t>(1, passed)));
    return {};
  }

 private:
  Tracker tracker_;
  std::optional<std::uint64_t> seen_;
};

// Chooses objects; their pixels stay where they are.
class CropStage final : public Stage {
 public:
  CropStage(float margin, std::size_t most) : margin_(margin), most_(most) {}
  [[nodiscard]] Status work(Frame& frame) override {
    frame.crops.clear();
    frame.crop_margin = margin_;
    for (std::size_t i = 0; i < std::min(most_, frame.detections.objects.size()); ++i) {
      const Box& box = frame.detections.objects[i].box;
      if (box.width() >= 1 && box.height() >= 1) frame.crops.push_back(i);
    }
    return {};
  }

 private:
  float margin_;
  std::size_t most_;
};

class ClassifyStage final : public Stage {
 public:
  ClassifyStage(std::unique_ptr<VisionStream> stream, const CallBounds& bounds, bool crops)
      : stream_(std::move(stream)), bounds_(bounds), crops_(crops) {}
  [[nodiscard]] Status work(Frame& frame) override {
    HEARTH_ASSIGN(picture, picture_of(frame.tensor()));
    frame.classifier = stream_->recipe_ptr();
    frame.n_parts = 0;
    if (!crops_) return classify(frame, picture, std::nullopt);
    for (const std::size_t object : frame.crops) HEARTH_TRY(classify(frame, picture, object));
    return {};
  }
  [[nodiscard]] std::string runs_on() const override {
    return stream_->facts().runtime + " on " + stream_->facts().session.device;
  }

 private:
  Status classify(Frame& frame, const ImageView& picture, std::optional<std::size_t> object) {
    std::optional<Box> crop;
    if (object) crop = with_margin(frame.detections.objects[*object].box, frame.crop_margin);
    work_.look_at(picture, crop);
    HEARTH_TRY(stream_->run(work_, bounds_));
    if (frame.parts.size() == frame.n_parts) frame.parts.emplace_back();
    LabelledPart& part = frame.parts[frame.n_parts++];
    part.object = object;
    part.classes.assign(work_.classes().begin(), work_.classes().end());
    return {};
  }
  static Box with_margin(const Box& box, float margin) {
    const float across = box.width() * margin;
    const float down = box.height() * margin;
    return {box.x0 - across, box.y0 - down, box.x1 + across, box.y1 + down};
  }

  std::unique_ptr<VisionStream> stream_;
  CallBounds bounds_;
  bool crops_;
  VisionWork work_;
};

class DrawStage final : public Stage {
 public:
  [[nodiscard]] Status work(Frame& frame) override {
    if (frame.detector != nullptr) draw_detections(frame.picture, frame.detections, frame.detector->vision);
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < frame.n_parts; ++i)
      for (const Classification& found : frame.parts[i].classes)
        lines.push_back(fmt::format("{} {:.2f}", frame.classifier->vision.label(found.class_id), found.score));
    if (!lines.empty()) draw_lines(frame.picture, lines);
    return {};
  }
  [[nodiscard]] bool changes_picture() const override { return true; }
};

class WriteStage final : public Stage {
 public:
  WriteStage(std::string folder, const StagePorts& ports) : folder_(std::move(folder)), write_(ports.write) {}
  [[nodiscard]] Status work(Frame& frame) override {
    if (!write_) return fail(ErrorCode::kUnsupported, "pictures can't be written here");
    HEARTH_TRY(encode_image(frame.picture.view(), ImageFileFormat::kJpeg, kJpegQuality, bytes_));
    HEARTH_ASSIGN(path, write_(folder_, frame, {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()}));
    frame.written = std::move(path);
    return {};
  }

 private:
  std::string folder_;
  std::function<Result<std::string>(const std::string&, const Frame&, std::string_view)> write_;
  std::vector<std::uint8_t> bytes_;
};

Result<std::string> model_of(const StageSpec& spec, const StagePorts& ports) {
  const auto found = ports.models.find(spec.model);
  if (found != ports.models.end()) return found->second;
  return fail(Error(ErrorCode::kInvalidArgument,
                    fmt::format("the pipeline's stage '{}' needs a model for the role '{}'", spec.id, spec.model),
                    fmt::format("give one with -m {}=FILE", spec.model))
                  .with("stage", spec.id));
}

Result<std::unique_ptr<VisionStream>> open_stream(const StageSpec& spec, const StagePorts& ports, VisionTask task) {
  if (ports.tensors == nullptr) return fail(ErrorCode::kUnavailable, "no tensor models can be run here");
  HEARTH_ASSIGN(model, model_of(spec, ports));
  VisionOptions options;
  if (spec.numbers.contains("score")) options.score_threshold = static_cast<float>(number(spec, "score", 0));
  if (spec.numbers.contains("iou")) options.iou_threshold = static_cast<float>(number(spec, "iou", 0));
  options.n_best = static_cast<std::uint32_t>(std::clamp(number(spec, "top", 5), 1.0, 1000.0));
  return VisionStream::open(*ports.tensors, {model, task}, options, ports.bounds);
}

Result<std::unique_ptr<Stage>> vision_stage(const StageSpec& spec, FlowType flow, const StagePorts& ports) {
  if (spec.kind->name == "classify") {
    HEARTH_ASSIGN(stream, open_stream(spec, ports, VisionTask::kClassify));
    return std::unique_ptr<Stage>(
        std::make_unique<ClassifyStage>(std::move(stream), ports.bounds, flow == FlowType::kCrops));
  }
  const VisionTask task = spec.kind->name == "segment" ? VisionTask::kSegment : VisionTask::kDetect;
  HEARTH_ASSIGN(stream, open_stream(spec, ports, task));
  return std::unique_ptr<Stage>(std::make_unique<DetectStage>(std::move(stream), ports.bounds));
}

}  // namespace

Result<std::unique_ptr<Stage>> make_stage(const StageSpec& spec, FlowType flow, const StagePorts& ports) {
  const std::string_view kind = spec.kind->name;
  std::unique_ptr<Stage> stage;
  if (kind == "detect" || kind == "segment" || kind == "classify") return vision_stage(spec, flow, ports);
  if (kind == "describe") {
    if (ports.text == nullptr) return fail(ErrorCode::kUnavailable, "no text models can be run here");
    HEARTH_ASSIGN(model, model_of(spec, ports));
    return make_describe_stage(spec, *ports.text, model, ports.bounds);
  }
  if (kind == "track") stage = std::make_unique<TrackStage>();
  if (kind == "crop")
    stage = std::make_unique<CropStage>(static_cast<float>(std::clamp(number(spec, "margin", 0), 0.0, 1.0)),
                                        static_cast<std::size_t>(std::clamp(number(spec, "most", 16), 1.0, 1000.0)));
  if (kind == "draw") stage = std::make_unique<DrawStage>();
  if (kind == "write") {
    const auto folder = spec.texts.find("folder");
    stage = std::make_unique<WriteStage>(folder == spec.texts.end() ? std::string() : folder->second, ports);
  }
  return stage;
}

}  // namespace hearth
