// What a runtime author implements: Runtime, and a Model or (text.h) a TextModel.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "hearth/sdk/call_guard.h"
#include "hearth/sdk/devices.h"
#include "hearth/sdk/json_keys.h"
#include "hearth/sdk/memory.h"
#include "hearth/sdk/options.h"
#include "hearth/sdk/streams.h"

namespace hearth::sdk {

class TextModel;
class TensorModel;
struct TensorOptions;

// A loaded model. Used from any thread at once: what changes in it is locked by its implementation.
// The SDK keeps it alive until its handle and everything made from it are freed.
class Model {
 public:
  Model() = default;
  virtual ~Model() = default;
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  // Which device really holds what, live contexts included.
  [[nodiscard]] virtual MemoryItems placement() const = 0;
  // Bytes by component now, live contexts included.
  [[nodiscard]] virtual MemoryItems memory_now() const { return placement(); }
  // This model's text side, or null. TextModel answers with itself.
  [[nodiscard]] virtual TextModel* text() { return nullptr; }
  // This model's tensor side, or null. TensorModel answers with itself.
  [[nodiscard]] virtual TensorModel* tensor() { return nullptr; }
};

struct Description {
  std::string name;
  std::string version;
  std::vector<std::string> formats;
  std::vector<std::string> capabilities = {HEARTH_CAP_TEXT};
  std::vector<Device> devices = {};
  std::vector<Key> extra_keys = {};    // of LoadOptions::extra; the SDK checks them and publishes their schema
  std::vector<Key> session_keys = {};  // of TensorOptions::extra, likewise
};

struct Score {
  int score = 0;  // 0..100; 0 = cannot run on this machine
  std::string reason;
  std::string hint = {};  // how to install or enable it, when 0
};

// One per plugin entry, made with the host (`explicit MyRuntime(const Host&)`) and alive to the end of the process.
// Used from any thread at once.
class Runtime {
 public:
  Runtime() = default;
  virtual ~Runtime() = default;
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  [[nodiscard]] virtual Description describe() const = 0;
  [[nodiscard]] virtual Score score() const { return {100, "runs everywhere"}; }
  // What load, and a context with `text`, would take; reads no weights and allocates none.
  [[nodiscard]] virtual MemoryItems estimate(const LoadOptions& load, const TextOptions& text) const = 0;
  // The same of a tensor session; for runtimes with the capability "tensor".
  [[nodiscard]] virtual MemoryItems estimate_tensor(const LoadOptions& /*load*/,
                                                    const TensorOptions& /*options*/) const {
    throw Error(HEARTH_UNSUPPORTED, "this runtime doesn't run tensor graphs");
  }
  [[nodiscard]] virtual std::shared_ptr<Model> load(const LoadOptions& options, const CallGuard& call) = 0;
};

}  // namespace hearth::sdk
