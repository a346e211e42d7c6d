// A pipeline ready to run: its file, its models in their engines, under one budget of memory.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "app/hearth_app.h"
#include "app/picture_inputs.h"
#include "app/served_models.h"
#include "engine/tensor_engine.h"
#include "engine/text_engine.h"
#include "pipeline/pipeline_run.h"

namespace hearth {

struct PipelineSettings {
  std::string reference;                      // a file, or the name of one that is shipped
  std::map<std::string, std::string> models;  // role to file or store name; "" is the only role's
  LoadOptions load{};
  std::string runtime{};
  std::filesystem::path draw_folder{};  // where stages of kind "write" write; empty: the folder they name
};

// Externally synchronised.
class PipelineSession {
 public:
  // Reads and checks the graph, and the files of its models; loads none. `app` outlives it.
  // kNotFound names the pipelines that are shipped. kInvalidArgument: a role without a model, a model without a role.
  static Result<std::unique_ptr<PipelineSession>> open(HearthApp& app, const PipelineSettings& settings);
  ~PipelineSession();

  [[nodiscard]] const PipelineGraph& graph() const { return graph_; }
  // Errors as run_pipeline.
  [[nodiscard]] Result<PipelineFigures> run(PictureSource& source, const CallBounds& bounds,
                                            const std::function<void(const StageSpec&, const Frame&)>& tell);

 private:
  PipelineSession() = default;
  Status read_graph(const Installation& installation, const std::string& reference);
  Status assign_models(const PipelineSettings& settings, std::vector<ServedModelSettings>& models);
  Status make_engines(HearthApp& app, std::vector<ServedModelSettings> models);

  PipelineGraph graph_;
  std::filesystem::path draw_folder_;
  std::map<std::string, std::string> roles_;
  std::unique_ptr<ServedModels> models_;
  std::unique_ptr<TextEngine> text_;
  std::unique_ptr<TensorEngine> tensors_;
};

}  // namespace hearth
