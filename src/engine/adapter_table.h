// The LoRA adapters of one loaded model, by name, and the sets of them that requests run with.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "engine/text_request.h"
#include "engine/text_service.h"
#include "plugin_host/runtime.h"
#include "schedule/schedule_types.h"

namespace hearth {

// What a request runs with.
struct AdapterSet {
  AdapterSetId id = 0;  // 0: none
  // Names files by content and scales to the bit, in an order of its own: the same for sets that compute the same.
  // Empty for none.
  std::string digest;
};

// Internally locked; loading blocks only whoever needs what is being loaded.
class AdapterTable {
 public:
  static constexpr std::size_t kNamesMax = 256;
  static constexpr std::size_t kSetMax = 16;  // adapters in one request

  explicit AdapterTable(std::shared_ptr<TextModel> model) : model_(std::move(model)) {}

  // It may be chosen; it is loaded when it first is.
  void declare(const std::string& name, const std::filesystem::path& path);
  // Loads it now. A name that is there is replaced for requests to come; those that run keep what they have.
  // kInvalidArgument for a name that is none; kOverloaded beyond kNamesMax; else as the file and the runtime refuse.
  [[nodiscard]] Status load(const std::string& name, const std::filesystem::path& path);
  // Forgets the name. The adapter is freed when the last request that has it ends. kNotFound names the nearest.
  [[nodiscard]] Status unload(const std::string& name);

  // Loads what of these is not loaded yet, so that acquire() won't have to.
  [[nodiscard]] Status prepare(std::span<const AdapterChoice> choices);
  // The set of these adapters, kept until it is released as often as it was acquired. Scales of 0 are left out.
  // kNotFound for an unknown name; kInvalidArgument for one named twice, a scale that is no number, too many.
  [[nodiscard]] Result<AdapterSet> acquire(std::span<const AdapterChoice> choices);
  void release(AdapterSetId set);
  // For TextContext::set_adapters. Of a set that is acquired; nothing for 0.
  [[nodiscard]] std::vector<ScaledAdapter> scaled(AdapterSetId set) const;

  // In the order of their names.
  [[nodiscard]] std::vector<AdapterFacts> facts() const;
  // Sets in use.
  [[nodiscard]] std::size_t sets() const;

 private:
  struct Loaded {
    std::shared_ptr<Adapter> adapter;  // shared: by the table, by sets and by contexts that have it
    std::string sha256;
  };
  struct Entry {
    std::filesystem::path path;
    Loaded loaded;  // adapter null: not yet
  };
  struct Set {
    std::string digest;
    std::vector<ScaledAdapter> adapters;
    std::size_t users = 0;
  };
  struct Member {
    std::string digest;
    ScaledAdapter adapter;
  };
  [[nodiscard]] Result<Loaded> read(const std::filesystem::path& path) const;
  [[nodiscard]] Result<Loaded> loaded(const std::string& name);
  [[nodiscard]] Result<std::vector<Member>> members(std::span<const AdapterChoice> choices);
  [[nodiscard]] Error unknown(const std::string& name) const;  // with the gate held

  std::shared_ptr<TextModel> model_;  // shared with the engine's contexts
  std::mutex loading_;                // one at a time; taken before the gate
  mutable std::mutex gate_;           // of what follows
  std::map<std::string, Entry> entries_;
  std::map<AdapterSetId, Set> sets_;  // as many as requests that are not over
  AdapterSetId last_set_ = 0;
};

}  // namespace hearth
