#include "app/pipeline_session.h"

#include <fmt/format.h>

#include <utility>

#include "platform/file.h"
#include "vision/image_decoding.h"

namespace hearth {
namespace {

constexpr std::uint64_t kGraphBytesMax = 1U << 20U;

std::string shipped_names(const std::filesystem::path& folder) {
  std::string names;
  const auto files = list_folder(folder);
  if (!files) return "none";
  for (const auto& file : *files)
    if (file.ends_with(".json")) names += (names.empty() ? "" : ", ") + file.substr(0, file.size() - 5);
  return names;
}

// Fills frames from a source of pictures, with one decoder.
class FrameFiller {
 public:
  explicit FrameFiller(PictureSource& source) : source_(source) {}
  Result<bool> next(Frame& frame) {
    HEARTH_ASSIGN(more, source_.next(input_));
    if (!more) return false;
    frame.path = input_.path;
    if (auto done = fill(frame.picture); !done) frame.error = std::move(done).error();
    return true;
  }

 private:
  Status fill(Image& picture) {
    if (input_.error) return fail(*input_.error);
    if (input_.raw) return read_raw_frame(input_.bytes, *input_.raw, PixelFormat::kRgb, picture);
    HEARTH_ASSIGN(info, decoder_.decode(input_.bytes, {}, picture));
    return {};
  }
  PictureSource& source_;
  PictureInput input_;
  ImageDecoder decoder_;
};

}  // namespace

PipelineSession::~PipelineSession() {
  tensors_.reset();
  text_.reset();
}

Status PipelineSession::read_graph(const Installation& installation, const std::string& reference) {
  std::filesystem::path path = reference;
  const auto folder = installation.data_folder / "pipelines";
  if (auto info = file_info(path); !info) {
    path = folder / (reference + ".json");
    if (auto shipped = file_info(path); !shipped)
      return fail(ErrorCode::kNotFound, fmt::format("there is no pipeline '{}'", reference),
                  "give a JSON file, or one of those that are shipped: " + shipped_names(folder));
  }
  HEARTH_ASSIGN(text, read_file(path, kGraphBytesMax));
  auto graph = parse_pipeline(text);
  if (!graph) return fail(std::move(graph).error().with("file", path.string()));
  graph_ = std::move(*graph);
  return {};
}

Status PipelineSession::assign_models(const PipelineSettings& settings, std::vector<ServedModelSettings>& models) {
  for (const auto& [role, reference] : settings.models) {
    const bool only = role.empty() && graph_.models.size() == 1;
    if (!only && !graph_.models.contains(role)) {
      std::string roles;
      for (const auto& [each, task] : graph_.models) roles += (roles.empty() ? "" : ", ") + each;
      return fail(ErrorCode::kInvalidArgument,
                  role.empty() ? "the model does not say which role it has in the pipeline"
                               : fmt::format("the pipeline has no role '{}'", role),
                  fmt::format("write -m ROLE=FILE; its roles are {}", roles));
    }
    const std::string name = only ? graph_.models.begin()->first : role;
    roles_[name] = name;
    ServedModelSettings model;
    model.name = name;
    model.reference = reference;
    model.runtime = settings.runtime;
    model.load = settings.load;
    model.slots = 1;
    models.push_back(std::move(model));
  }
  for (const auto& [role, task] : graph_.models)
    if (!roles_.contains(role))
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("the pipeline needs a model for the role '{}' ({})", role, task),
                  fmt::format("give one with -m {}=FILE", role));
  return {};
}

Status PipelineSession::make_engines(HearthApp& app, std::vector<ServedModelSettings> models) {
  HEARTH_ASSIGN(
      served, ServedModels::create(app.session_host(), app.home(), std::move(models), app.installation().data_folder));
  models_ = std::move(served);
  TextEngineOptions text;
  HEARTH_ASSIGN(capacities, pool_capacities(app.registry()));
  text.capacities = std::move(capacities);
  text_ = std::make_unique<TextEngine>(text, TextEnginePorts{*models_, app.clock(), app.metrics(), app.logger()});
  tensors_ = std::make_unique<TensorEngine>(
      TensorEngineOptions{}, TensorEnginePorts{models_->tensors(), text_->residents(), app.clock(), app.metrics()});
  return {};
}

Result<std::unique_ptr<PipelineSession>> PipelineSession::open(HearthApp& app, const PipelineSettings& settings) {
  std::unique_ptr<PipelineSession> session(new PipelineSession());
  HEARTH_TRY(session->read_graph(app.installation(), settings.reference));
  session->draw_folder_ = settings.draw_folder;
  std::vector<ServedModelSettings> models;
  HEARTH_TRY(session->assign_models(settings, models));
  if (!models.empty()) HEARTH_TRY(session->make_engines(app, std::move(models)));
  return session;
}

Result<PipelineFigures> PipelineSession::run(PictureSource& source, const CallBounds& bounds,
                                             const std::function<void(const StageSpec&, const Frame&)>& tell) {
  StagePorts ports;
  ports.tensors = tensors_.get();
  ports.text = text_.get();
  if (tensors_ != nullptr) ports.copies = &tensors_->copies();
  ports.models = roles_;
  ports.bounds = bounds;
  ports.write = [this](const std::string& folder, const Frame& frame, std::string_view bytes) -> Result<std::string> {
    const std::filesystem::path target = draw_folder_.empty() ? std::filesystem::path(folder) : draw_folder_;
    HEARTH_TRY(ensure_folder(target));
    const std::string own = std::filesystem::path(frame.path).stem().string();
    const auto path = target / (frame.path == "-" ? fmt::format("frame-{:06}.jpg", frame.index) : own + ".jpg");
    HEARTH_TRY(write_file_atomic(path, bytes));
    return path.string();
  };
  FrameFiller filler(source);
  auto figures = run_pipeline(graph_, ports, {[&filler](Frame& frame) { return filler.next(frame); }, tell});
  if (tensors_ != nullptr) tensors_->collect_copies();
  return figures;
}

}  // namespace hearth
