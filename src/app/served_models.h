// The models a server offers, texts', tensors' and speech: found and checked when it starts, opened when they are asked
// for.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "app/model_opening.h"
#include "app/served_speech_models.h"
#include "app/served_tensor_models.h"
#include "app/text_session.h"
#include "engine/model_provider.h"
#include "hearth/result.h"

namespace hearth {

struct ServedModelSettings {
  std::string name;
  std::vector<std::string> aliases{};
  std::string reference;  // a file, or a name in the store
  std::string runtime{};  // empty: the best-scoring one that reads the file
  LoadOptions load{};     // path is filled in
  TextOptions text{};     // n_ctx and n_seq_max follow from the next two
  std::uint32_t slots = 4;
  std::uint32_t context_length = 0;  // tokens of one request; 0: the model's own, at most kDefaultContextMax
  std::string draft{};               // a smaller model's file for speculation; empty: none
  // The served model that answers for this one where the governor has to; empty: none does.
  std::string smaller{};
  bool standby = false;  // loaded when it is asked for, not before
  std::map<std::string, std::filesystem::path> adapters{};
  std::filesystem::path chat_template_file{};
  bool pinned = false;
  double ttl_s = 0;
  std::uint64_t cache_ram_bytes = 0;
  std::uint64_t cache_ssd_bytes = 0;
  TransportChoice transport = TransportChoice::kAuto;
};

// Thread-safe.
class ServedModels final : public ModelProvider {
 public:
  // Checks that every file is there and that a runtime reads it. kInvalidArgument: two of one name. Errors
  // of open_model_file and choose_runtime name the model. `home` keeps cached prefixes and digests; `data` is the
  // catalogue's folder. A file that a runtime reads as a graph of tensors, and none as a text model, is a tensor model;
  // one that is neither and that a runtime transcribes with is a speech model.
  static Result<std::unique_ptr<ServedModels>> create(const SessionHost& host, const std::filesystem::path& home,
                                                      std::vector<ServedModelSettings> settings,
                                                      const std::filesystem::path& data = {});

  [[nodiscard]] std::vector<ModelFacts> models() const override;
  [[nodiscard]] Result<ModelNeed> need(const std::string& name) override;
  [[nodiscard]] Result<BytesByPool> need_with_cells(const std::string& name, std::uint64_t cells) override;
  [[nodiscard]] Result<BytesByPool> need_of_context(const std::string& name, const TextOptions& options) override;
  [[nodiscard]] Result<OpenedTextModel> open(const std::string& name, const CallBounds& bounds) override;
  void answered(const std::string& name) override;

  // Not to be loaded before it is asked for.
  [[nodiscard]] bool is_standby(const std::string& name) const;

  // Those of them that are graphs of tensors.
  [[nodiscard]] ServedTensorModels& tensors() { return tensors_; }
  // Those of them that write down speech.
  [[nodiscard]] ServedSpeechModels& speech() { return speech_; }

 private:
  struct Served {
    ServedModelSettings settings;
    ModelFile file;
    ChosenRuntime runtime;
    ModelFacts facts;
    TextOptions text;  // as the first context is made
    std::optional<ModelFile> draft;
    std::uint64_t cells_max = 0;
    std::uint32_t idle_slots = 0;
    std::string history_key;
    bool in_worker = false;  // as last opened
  };
  ServedModels(const SessionHost& host, std::filesystem::path home, const std::filesystem::path& data)
      : host_(host), home_(std::move(home)), tensors_(host, home_, data), speech_(host) {}
  [[nodiscard]] Result<bool> is_tensor_model(const ServedModelSettings& settings, const ModelFile& file) const;
  [[nodiscard]] bool is_speech_model(const ServedModelSettings& settings, const ModelFile& file) const;

  Status add(ServedModelSettings settings);
  void size_context(Served& served) const;
  [[nodiscard]] Result<Served*> find(const std::string& name);
  [[nodiscard]] Result<std::shared_ptr<TextModel>> load(Served& served, const CallBounds& bounds);
  [[nodiscard]] static LoadOptions draft_load(const Served& served);
  Status open_draft(const Served& served, OpenedTextModel& opened, const CallBounds& bounds);
  [[nodiscard]] Result<std::string> template_source(const Served& served, const TextModel& model) const;
  [[nodiscard]] static bool mixes_prompts(const Served& served, const MemoryBreakdown& placement);
  [[nodiscard]] Result<std::string> identity(const Served& served, const TextModel& model) const;

  SessionHost host_;
  std::filesystem::path home_;
  ServedTensorModels tensors_;
  ServedSpeechModels speech_;
  mutable std::mutex gate_;
  std::map<std::string, Served> served_;
  std::vector<std::string> order_;
};

// What all models together may take: memory by pool, as it is free now.
[[nodiscard]] Result<BytesByPool> pool_capacities(RuntimeRegistry& registry);

}  // namespace hearth
