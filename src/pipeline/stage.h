// A stage at work on frames, and what stages need of the program.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/call_bounds.h"
#include "engine/tensor_service.h"
#include "engine/text_service.h"
#include "pipeline/frame.h"
#include "pipeline/graph.h"

namespace hearth {

struct StagePorts {
  TensorService* tensors = nullptr;  // null: no stage may need one
  TextService* text = nullptr;
  CopyCounter* copies = nullptr;              // counts copies between stages
  std::map<std::string, std::string> models;  // role to the model's name in its service
  // Writes a picture for stages of kind "write": (folder, frame, file's bytes) to the file's path.
  std::function<Result<std::string>(const std::string&, const Frame&, std::string_view)> write;
  CallBounds bounds;
};

// One thread at a time. A frame that failed before passes by untouched.
class Stage {
 public:
  virtual ~Stage() = default;
  // An error makes the frame a failed one; the next frame is not touched by it.
  [[nodiscard]] virtual Status work(Frame& frame) = 0;
  // What runs it: "onnxruntime on cpu"; empty for the program itself.
  [[nodiscard]] virtual std::string runs_on() const { return {}; }
  // Whether it changes the picture, so that it must not be shared with another stage.
  [[nodiscard]] virtual bool changes_picture() const { return false; }
};

// The stage of a spec, its model loaded. Null for sources and for "emit", which the run itself does.
// Errors name the stage: kInvalidArgument where a role has no model, and what opening the model gives.
[[nodiscard]] Result<std::unique_ptr<Stage>> make_stage(const StageSpec& spec, FlowType flow, const StagePorts& ports);

}  // namespace hearth
