#include "engine/adapter_table.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <utility>

#include "base/nearest_name.h"
#include "store/sha256.h"

namespace hearth {
namespace {

constexpr std::size_t kNameBytesMax = 256;

}  // namespace

void AdapterTable::declare(const std::string& name, const std::filesystem::path& path) {
  const std::lock_guard lock(gate_);
  entries_.insert_or_assign(name, Entry{path, {}});
}

Result<AdapterTable::Loaded> AdapterTable::read(const std::filesystem::path& path) const {
  HEARTH_ASSIGN(sha256, sha256_file(path));
  HEARTH_ASSIGN(adapter, model_->load_adapter(path.string()));
  return Loaded{std::move(adapter), std::move(sha256)};
}

Status AdapterTable::load(const std::string& name, const std::filesystem::path& path) {
  if (name.empty() || name.size() > kNameBytesMax)
    return fail(ErrorCode::kInvalidArgument,
                "an adapter's name has " + std::to_string(name.size()) + " bytes; 1 to " +
                    std::to_string(kNameBytesMax) + " are taken",
                "give the adapter a short name");
  const std::lock_guard loading(loading_);
  {
    const std::lock_guard lock(gate_);
    if (entries_.size() >= kNamesMax && !entries_.contains(name))
      return fail(ErrorCode::kOverloaded,
                  "the model has " + std::to_string(kNamesMax) + " adapters already, the most it may have",
                  "unload one first");
  }
  HEARTH_ASSIGN(made, read(path));
  Entry old{path, std::move(made)};  // freed after the gate is open again
  const std::lock_guard lock(gate_);
  std::swap(entries_[name], old);
  return {};
}

Status AdapterTable::unload(const std::string& name) {
  Entry gone;  // freed after the gate is open again
  const std::lock_guard lock(gate_);
  const auto found = entries_.find(name);
  if (found == entries_.end()) return fail(unknown(name));
  gone = std::move(found->second);
  entries_.erase(found);
  return {};
}

Error AdapterTable::unknown(const std::string& name) const {
  std::vector<std::string> names;
  for (const auto& [known, entry] : entries_) names.push_back(known);
  const auto nearest = nearest_name(name, names);
  std::string hint = "load it first";
  if (nearest) hint = "did you mean '" + *nearest + "'? Else load it first";
  return {ErrorCode::kNotFound, "the model has no adapter '" + name + "'", std::move(hint)};
}

Result<AdapterTable::Loaded> AdapterTable::loaded(const std::string& name) {
  const auto look = [&](std::filesystem::path& path) -> Result<Loaded> {
    const std::lock_guard lock(gate_);
    const auto found = entries_.find(name);
    if (found == entries_.end()) return fail(unknown(name));
    path = found->second.path;
    return found->second.loaded;
  };
  std::filesystem::path path;
  HEARTH_ASSIGN(first, look(path));
  if (first.adapter != nullptr) return first;
  const std::lock_guard loading(loading_);
  HEARTH_ASSIGN(second, look(path));  // another thread may have loaded it meanwhile
  if (second.adapter != nullptr) return second;
  HEARTH_ASSIGN(made, read(path));
  const std::lock_guard lock(gate_);
  if (const auto found = entries_.find(name); found != entries_.end()) found->second.loaded = made;
  return made;
}

Status AdapterTable::prepare(std::span<const AdapterChoice> choices) {
  for (const AdapterChoice& choice : choices) HEARTH_TRY(loaded(choice.name));
  return {};
}

Result<std::vector<AdapterTable::Member>> AdapterTable::members(std::span<const AdapterChoice> choices) {
  if (choices.size() > kSetMax)
    return fail(ErrorCode::kInvalidArgument, "the request has " + std::to_string(choices.size()) +
                                                 " adapters; at most " + std::to_string(kSetMax) + " are taken");
  std::vector<Member> out;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    const auto& [name, scale] = choices[i];
    const auto before = choices.first(i);
    if (std::ranges::find(before, name, &AdapterChoice::name) != before.end())
      return fail(ErrorCode::kInvalidArgument, "the adapter '" + name + "' was chosen twice", "choose it once");
    if (!std::isfinite(scale))
      return fail(ErrorCode::kInvalidArgument, "the scale of the adapter '" + name + "' is not a number");
    HEARTH_ASSIGN(made, loaded(name));
    if (scale == 0) continue;
    out.push_back(
        {made.sha256 + "*" + std::to_string(std::bit_cast<std::uint32_t>(scale)), {std::move(made.adapter), scale}});
  }
  // Sums of floats depend on their order, so the order must not depend on the request's.
  std::ranges::sort(out, {}, &Member::digest);
  return out;
}

Result<AdapterSet> AdapterTable::acquire(std::span<const AdapterChoice> choices) {
  HEARTH_ASSIGN(chosen, members(choices));
  if (chosen.empty()) return AdapterSet{};
  Set set;
  for (Member& member : chosen) {
    set.digest += (set.digest.empty() ? "" : "+") + member.digest;
    set.adapters.push_back(std::move(member.adapter));
  }
  const std::lock_guard lock(gate_);
  auto found =
      std::ranges::find(sets_, set.digest, [](const auto& each) -> const std::string& { return each.second.digest; });
  if (found == sets_.end()) found = sets_.emplace(++last_set_, std::move(set)).first;
  ++found->second.users;
  return AdapterSet{found->first, found->second.digest};
}

void AdapterTable::release(AdapterSetId set) {
  Set gone;  // freed after the gate is open again
  const std::lock_guard lock(gate_);
  const auto found = sets_.find(set);
  if (found == sets_.end() || --found->second.users > 0) return;
  gone = std::move(found->second);
  sets_.erase(found);
}

std::vector<ScaledAdapter> AdapterTable::scaled(AdapterSetId set) const {
  const std::lock_guard lock(gate_);
  const auto found = sets_.find(set);
  return found == sets_.end() ? std::vector<ScaledAdapter>() : found->second.adapters;
}

std::vector<AdapterFacts> AdapterTable::facts() const {
  const std::lock_guard lock(gate_);
  std::vector<AdapterFacts> out;
  for (const auto& [name, entry] : entries_)
    out.push_back({name, entry.path.string(), entry.loaded.adapter != nullptr});
  return out;
}

std::size_t AdapterTable::sets() const {
  const std::lock_guard lock(gate_);
  return sets_.size();
}

}  // namespace hearth
