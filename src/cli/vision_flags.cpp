#include "cli/vision_flags.h"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/transport_flag.h"

namespace hearth::cli {
namespace {

void add_where_flags(CLI::App& command, VisionFlags& flags) {
  command.add_option("--device", flags.devices, "run on these devices only, as `hearth runtimes` names them")
      ->delimiter(',');
  command
      .add_option("--fallback", flags.fallback,
                  "what can't run on the device: none makes it an error, report runs it elsewhere and says so")
      ->check(CLI::IsMember({"none", "report"}));
  command.add_option("--runtime", flags.runtime, "use this runtime instead of the best-scoring one");
  add_transport_flag(command, flags.transport,
                     "where the runtime lives; auto: files that never ran before run in a worker process");
  command.add_option("--precision", flags.precision, "of the arithmetic")
      ->check(CLI::IsMember({"f32", "f16", "bf16"}))
      ->capture_default_str();
  command.add_option("--threads", flags.n_threads, "CPU threads over all streams (default: all this process may use)")
      ->check(CLI::Range(1U, 4096U));
  command.add_option("--streams", flags.streams, "pictures in work at once; they share the threads")
      ->check(CLI::Range(1U, 256U))
      ->capture_default_str();
  command.add_option("--batch", flags.batch, "pictures a run takes, where the model's first dimension is open")
      ->check(CLI::Range(1U, 1024U))
      ->capture_default_str();
  command.add_option("--timeout-s", flags.timeout_s, "give up after so many seconds, loading included")
      ->check(CLI::PositiveNumber);
}

void add_convention_flags(CLI::App& command, VisionFlags& flags) {
  const auto group = [](CLI::Option* option) { option->group("What the model wants, where its file doesn't say"); };
  group(
      command.add_option("--record", flags.record_file, "a JSON file with head, resize, colour, mean, scale, labels"));
  group(command.add_option("--labels", flags.labels_file, "names of the classes, a line each"));
  group(command.add_option("--head", flags.head, "how outputs are read: yolov8, yolox, nanodet, ssd, ..."));
  group(command.add_option("--layout", flags.layout)->check(CLI::IsMember({"NCHW", "NHWC"})));
  group(command.add_option("--resize", flags.resize)
            ->check(CLI::IsMember({"stretch", "letterbox", "letterbox_top_left", "centre_crop"})));
  group(command.add_option("--colour", flags.colour)->check(CLI::IsMember({"rgb", "bgr", "gray"})));
  group(command.add_option("--mean", flags.mean, "subtracted from pixels 0..255: one number or three")
            ->delimiter(',')
            ->expected(1, 3));
  group(command.add_option("--scale", flags.scale, "then multiplied with: one number or three")
            ->delimiter(',')
            ->expected(1, 3));
}

}  // namespace

void add_vision_flags(CLI::App& command, VisionFlags& flags, VisionTask task) {
  command.add_option("-m,--model", flags.model,
                     "a model file, or a name that `hearth models` lists (default: what the current plan chose)");
  command.add_option("pictures", flags.inputs, "files, folders or patterns; - reads pictures or frames from a pipe");
  if (task == VisionTask::kClassify) {
    command.add_option("--top", flags.n_best, "classes to tell")->check(CLI::Range(1U, 1000U))->capture_default_str();
  } else {
    command.add_option("--score", flags.score, "the least score of an object (default: the model family's)")
        ->check(CLI::Range(0.0F, 1.0F));
    command.add_option("--iou", flags.iou, "boxes of a class that overlap more are one object")
        ->check(CLI::Range(0.0F, 1.0F));
    command.add_flag("--track", flags.track, "give objects of a stream identities");
  }
  command
      .add_option("--resolution", flags.resolution, "side of the input where the model leaves it open (default 640)")
      ->check(CLI::Range(32, 8192));
  command
      .add_option("--latency-budget-ms", flags.latency_budget_ms,
                  "keep frames within this by resolution and by passing frames over")
      ->check(CLI::PositiveNumber);
  command.add_option("--draw", flags.draw, "paint what was found: a .jpg or .png file, or a folder for many pictures");
  command.add_option("--raw", flags.raw,
                     "the pipe sends raw frames: FORMAT:WIDTHxHEIGHT (rgb24, bgr24, nv12, yuyv, gray)");
  add_where_flags(command, flags);
  add_convention_flags(command, flags);
}

TensorModelSettings VisionFlags::model_settings() const {
  TensorModelSettings settings;
  settings.name = model;
  settings.reference = model;
  settings.runtime = runtime;
  settings.transport = transport_of(transport);
  settings.load.devices = devices;
  const bool strict = fallback.empty() ? !devices.empty() : fallback == "none";
  settings.load.fallback = strict ? Fallback::kNone : Fallback::kReport;
  settings.load.n_threads = n_threads;
  settings.tensor.n_requests = streams;
  settings.tensor.n_streams = streams;
  settings.tensor.n_threads = n_threads;
  settings.tensor.hint = streams > 1 ? PerformanceHint::kThroughput : PerformanceHint::kLatency;
  settings.tensor.precision = precision;
  settings.batch_max = batch;
  settings.record_file = record_file;
  settings.labels_file = labels_file;
  return settings;
}

VisionRunOptions VisionFlags::run_options(VisionTask task) const {
  VisionRunOptions options;
  options.model = model;
  options.task = task;
  options.vision.score_threshold = score;
  options.vision.iou_threshold = iou;
  options.vision.n_best = n_best;
  options.vision.resolution = resolution;
  options.overrides_json = overrides_json();
  options.streams = streams;
  options.batch = batch;
  options.latency_budget_ms = latency_budget_ms;
  options.track = track;
  options.draw = draw;
  return options;
}

std::string VisionFlags::overrides_json() const {
  nlohmann::json record = nlohmann::json::object();
  if (!head.empty()) record["head"] = head;
  if (!layout.empty()) record["layout"] = layout;
  if (!resize.empty()) record["resize"] = resize;
  if (!colour.empty()) record["colour"] = colour;
  const auto put = [&record](const char* key, const std::vector<float>& values) {
    if (values.empty()) return;
    if (values.size() == 1)
      record[key] = values.front();
    else
      record[key] = values;
  };
  put("mean", mean);
  put("scale", scale);
  return record.empty() ? std::string() : record.dump();
}

}  // namespace hearth::cli
