// Where the engine gets its models from; the composition root implements it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/call_bounds.h"
#include "domain/runtime_info.h"
#include "engine/resident_models.h"
#include "engine/text_service.h"
#include "hearth/result.h"
#include "plugin_host/runtime.h"

namespace hearth {

// A model that is loaded, with what the engine has to know to run it.
struct OpenedTextModel {
  ModelFacts facts;
  std::shared_ptr<TextModel> model;  // shared: kits and contexts keep it loaded
  std::shared_ptr<TextModel> draft;  // a smaller one with the same vocabulary, for speculation; null: none
  TextOptions options;               // of the context; n_ctx over all slots
  TextOptions draft_options;
  std::uint32_t slots = 1;
  // One call computes the answers' tokens and the prompts' together. With ggml's own kernels on a processor two calls
  // are quicker: a tile of queries of several sequences visits the cells of all (docs/decisions/0005).
  bool mixes_prompts = false;
  std::uint32_t idle_slots = 0;      // more sequences, which keep what ended requests computed
  std::uint32_t context_length = 0;  // of one request
  std::uint64_t cells_max = 0;       // the context may grow to; 0: not at all
  std::string template_source;       // empty: the model has none
  // Everything of the file, the runtime and its build that changes computed values, as text; adapters are not in it.
  std::string identity;
  std::map<std::string, std::filesystem::path> adapters;
  std::uint64_t kv_ram_bytes = 0;
  std::uint64_t kv_ssd_bytes = 0;
  std::filesystem::path kv_folder;
};

// Thread-safe; open() may take long and is called on a thread of the engine's.
class ModelProvider : public ModelDirectory {
 public:
  // Bytes it will take once its context holds `cells`.
  [[nodiscard]] virtual Result<BytesByPool> need_with_cells(const std::string& name, std::uint64_t cells) = 0;
  // Bytes of one more context beside the model's weights and its first one, as far as computing makes it grow.
  [[nodiscard]] virtual Result<BytesByPool> need_of_context(const std::string& name, const TextOptions& options) = 0;
  [[nodiscard]] virtual Result<OpenedTextModel> open(const std::string& name, const CallBounds& bounds) = 0;
  // It answered for the first time: the file has proved itself with this runtime.
  virtual void answered(const std::string& name) = 0;
};

}  // namespace hearth
