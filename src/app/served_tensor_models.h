// The tensor models a server or command offers: found and checked at the start, opened when they are asked for.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "app/model_opening.h"
#include "app/text_session.h"
#include "engine/resident_models.h"
#include "engine/tensor_provider.h"
#include "hearth/result.h"

namespace hearth {

struct TensorModelSettings {
  std::string name;
  std::vector<std::string> aliases{};
  std::string reference;  // a file, or a name in the store
  std::string runtime{};  // empty: the best-scoring one that reads the file
  LoadOptions load{};     // path, cache folder and hash are filled in
  TensorOptions tensor{};
  std::uint32_t batch_max = 8;
  std::filesystem::path record_file{};  // how the model is used, as JSON; empty: see find_vision_record
  std::filesystem::path labels_file{};
  bool pinned = false;
  double ttl_s = 0;
  TransportChoice transport = TransportChoice::kAuto;
};

// Thread-safe.
class ServedTensorModels final : public ModelDirectory, public TensorModelProvider {
 public:
  // `home` keeps compiled models and digests; `data` is the catalogue's folder.
  ServedTensorModels(const SessionHost& host, std::filesystem::path home, std::filesystem::path data)
      : host_(host), home_(std::move(home)), data_(std::move(data)) {}

  // Before models() is asked. Checks that the file is there and that a runtime reads it as a graph of tensors.
  // kInvalidArgument: two of one name. Errors of open_model_file and choose_runtime name the model.
  Status add(TensorModelSettings settings);

  [[nodiscard]] std::vector<ModelFacts> models() const override;
  [[nodiscard]] Result<ModelNeed> need(const std::string& name) override;
  [[nodiscard]] Result<OpenedTensorModel> open_tensor(const std::string& name, const CallBounds& bounds) override;
  void answered(const std::string& name) override;
  [[nodiscard]] bool has(const std::string& name) const;

  // The process that runs the model as last opened, 0: this one.
  [[nodiscard]] int worker_pid(const std::string& name) const;

 private:
  struct Served {
    TensorModelSettings settings;
    ModelFile file;
    ChosenRuntime runtime;
    ModelFacts facts;
    std::string history_key;
    std::shared_ptr<Runtime> estimated_by;  // kept from need() to open_tensor(): one worker for both
    bool in_worker = false;                 // as last opened
    int worker_pid = 0;
    bool recorded = false;
  };
  [[nodiscard]] Result<Served*> find(const std::string& name);
  [[nodiscard]] Result<std::shared_ptr<Runtime>> runtime_of(Served& served);

  SessionHost host_;
  std::filesystem::path home_;
  std::filesystem::path data_;
  mutable std::mutex gate_;
  std::map<std::string, Served> served_;
  std::vector<std::string> order_;
};

}  // namespace hearth
