#include "engine/kv_blocks.h"

#include <algorithm>
#include <utility>

namespace hearth {
namespace {

// Of blocks that wait for the disk and may be nowhere else by then.
constexpr std::uint64_t kQueueBytes = std::uint64_t{128} << 20U;

std::unique_ptr<BlockIo> make_io(const KvCacheOptions& options) {
  if (options.ssd_bytes == 0 || options.ssd_folder.empty()) return nullptr;
  return std::make_unique<BlockIo>(BlockIoOptions{options.ssd_folder, options.ssd_bytes, kQueueBytes, options.logger});
}

}  // namespace

BlockCache::BlockCache(PrefixIndex& index, const KvCacheOptions& options)
    : index_(index), may_have_ram_(options.ram_bytes > 0), has_ram_(may_have_ram_), io_(make_io(options)) {}

void BlockCache::keep_in_ram(bool keep) {
  has_ram_ = keep && may_have_ram_;
  if (has_ram_) return;
  std::vector<BlockName> all;
  for (const auto& [name, handle] : names(CacheTier::kRam)) all.push_back(name);
  for (const BlockName& name : all) forget(CacheTier::kRam, name);
}

const BlockCache::Held* BlockCache::find(CacheTier tier, const BlockName& name) const {
  const auto& by_name = names_[static_cast<std::size_t>(tier)];
  const auto found = by_name.find(name);
  return found == by_name.end() ? nullptr : &held_.at(found->second);
}

bool BlockCache::has(const BlockName& name) const {
  return find(CacheTier::kRam, name) != nullptr || find(CacheTier::kSsd, name) != nullptr;
}

bool BlockCache::insert(CacheTier tier, std::span<const Token> path, CacheEntry entry, Held held) {
  entry.tier = held.tier = tier;
  entry.handle = next_handle_++;
  const auto inserted = index_.insert(held.at.salt, path, entry);
  if (!inserted || !inserted->fresh) return false;
  held.entry = inserted->id;
  names(tier)[held.at.name] = entry.handle;
  held_.emplace(entry.handle, std::move(held));
  return true;
}

void BlockCache::keep(std::span<const Token> path, const BlockKey& key, const BlockName& name, BlockImage image) {
  seal_block(image);
  const auto shared = std::make_shared<const BlockImage>(std::move(image));
  const BlockAddress at{key.salt, name};
  promote(path, key.begin, at, shared);
  if (io_ == nullptr || !writes_ || find(CacheTier::kSsd, name) != nullptr) return;
  CacheEntry entry;
  entry.begin = key.begin;
  entry.bytes = shared->size();
  if (!insert(CacheTier::kSsd, path, entry, {CacheTier::kSsd, at, 0, shared})) return;
  if (!io_->write(at, shared)) forget(CacheTier::kSsd, name);
}

void BlockCache::promote(std::span<const Token> path, std::uint32_t begin, const BlockAddress& at, SharedImage image) {
  if (!has_ram_ || find(CacheTier::kRam, at.name) != nullptr) return;
  CacheEntry entry;
  entry.begin = begin;
  entry.bytes = image->size();
  insert(CacheTier::kRam, path, entry, {CacheTier::kRam, at, 0, std::move(image)});
}

void BlockCache::forget(CacheTier tier, const BlockName& name) {
  const auto found = names(tier).find(name);
  if (found == names(tier).end()) return;
  const CacheEntryId entry = held_.at(found->second).entry;
  names(tier).erase(found);
  index_.remove(entry);  // held_ goes with freed(), when nobody restores from it
}

void BlockCache::freed(const PrefixIndex::Freed& freed) {
  const auto found = held_.find(freed.handle);
  if (found == held_.end()) return;
  auto& by_name = names(freed.tier);
  const auto named = by_name.find(found->second.at.name);
  if (named != by_name.end() && named->second == freed.handle) {
    by_name.erase(named);
    ++evicted_;
  }
  held_.erase(found);
}

void BlockCache::drop_damaged(const BlockAddress& at) {
  ++damaged_;
  forget(CacheTier::kRam, at.name);
  forget(CacheTier::kSsd, at.name);
  if (io_ != nullptr) io_->remove(at);
}

void BlockCache::touch(const CacheSalt& salt, std::vector<BlockName> names) {
  if (io_ == nullptr) return;
  std::erase_if(names, [this](const BlockName& name) {
    const Held* held = find(CacheTier::kSsd, name);
    return held == nullptr || held->image != nullptr;
  });
  io_->touch(salt, std::move(names));
}

void BlockCache::want(const BlockAddress& at) {
  Reading& reading = readings_[at.name];
  if (reading.users++ > 0) return;
  for (const auto tier : {CacheTier::kRam, CacheTier::kSsd}) {
    const Held* held = find(tier, at.name);
    if (held == nullptr || !held->image) continue;
    reading.image = held->image;  // it stays, whatever the tier does meanwhile
    reading.done = true;
    return;
  }
  if (io_ != nullptr) io_->read(at);
}

BlockCache::Fetched BlockCache::fetch(const BlockName& name) const {
  using State = Fetched::State;
  const auto reading = readings_.find(name);
  if (reading == readings_.end()) return {};
  if (!reading->second.done && io_ != nullptr) return {State::kWaiting};
  if (!reading->second.image) return {};
  return {State::kReady, reading->second.image, reading->second.seconds};
}

void BlockCache::unwant(const BlockName& name) {
  const auto reading = readings_.find(name);
  if (reading != readings_.end() && --reading->second.users == 0) readings_.erase(reading);
}

void BlockCache::wait(double at_most_s) {
  if (io_ != nullptr) io_->wait(at_most_s);
}

bool BlockCache::drain(double at_most_s) { return io_ == nullptr || io_->drain(at_most_s); }

void BlockCache::learn(const CacheSalt& salt, double wait_s) {
  if (io_ == nullptr || !asked_.insert(salt).second) return;
  io_->scan(salt);
  constexpr double kSliceS = 0.02;
  for (double waited = 0; waited < wait_s && !known_.contains(salt); waited += kSliceS) {
    io_->wait(kSliceS);
    poll();
  }
}

void BlockCache::poll() {
  if (io_ == nullptr) return;
  for (BlockEvent& event : io_->take_events()) take_in(event);
}

void BlockCache::take_in(BlockEvent& event) {
  using Kind = BlockEvent::Kind;
  const auto reading = readings_.find(event.at.name);
  switch (event.kind) {
    case Kind::kRead:
    case Kind::kNotRead:
      if (event.kind == Kind::kNotRead) forget(CacheTier::kSsd, event.at.name);
      damaged_ += event.damaged ? 1 : 0;
      if (reading == readings_.end()) return;
      reading->second.done = true;
      reading->second.image = std::move(event.image);
      reading->second.seconds = event.seconds;
      return;
    case Kind::kWritten:
      if (const auto found = names(CacheTier::kSsd).find(event.at.name); found != names(CacheTier::kSsd).end()) {
        held_.at(found->second).image.reset();
      }
      return;
    case Kind::kNotWritten:
      write_failures_ += event.attempted ? 1 : 0;
      forget(CacheTier::kSsd, event.at.name);
      return;
    case Kind::kRemoved:
      evicted_ += find(CacheTier::kSsd, event.at.name) != nullptr ? 1 : 0;
      forget(CacheTier::kSsd, event.at.name);
      return;
    case Kind::kScanned:
      damaged_ += event.scan.damaged;
      take_in(event.at.salt, event.scan);
      known_.insert(event.at.salt);
  }
}

// Parents first, each with the path that its tokens and those of its parents make; what has no parent is of no use.
void BlockCache::take_in(const CacheSalt& salt, BlockFiles::Scan& scan) {
  std::unordered_map<BlockName, std::vector<std::size_t>> children;
  for (std::size_t i = 0; i < scan.blocks.size(); ++i) children[scan.blocks[i].head.parent].push_back(i);
  std::vector<bool> reached(scan.blocks.size(), false);
  std::vector<std::size_t> next;
  const auto add_children = [&](const BlockName& parent, std::uint32_t end) {
    for (const std::size_t child : children[parent]) {
      if (scan.blocks[child].head.begin == end) next.push_back(child);
    }
  };
  std::vector<Token> path;
  add_children({}, 0);
  while (!next.empty()) {
    const std::size_t i = next.back();
    next.pop_back();
    const BlockHead& head = scan.blocks[i].head;
    reached[i] = true;
    path.resize(head.begin);  // depth first: what is left of the path is that of the parent
    path.insert(path.end(), head.tokens.begin(), head.tokens.end());
    CacheEntry entry;
    entry.begin = head.begin;
    entry.bytes = head.image_bytes;
    if (find(CacheTier::kSsd, head.name) == nullptr) {
      insert(CacheTier::kSsd, path, entry, {CacheTier::kSsd, {salt, head.name}, 0, nullptr});
    }
    if (head.kind == BlockKind::kRange) add_children(head.name, head.end());
  }
  for (std::size_t i = 0; i < reached.size(); ++i) {
    if (!reached[i]) io_->remove({salt, scan.blocks[i].head.name});
  }
}

void BlockCache::count(KvCacheFacts& facts) const {
  for (const auto tier : {CacheTier::kRam, CacheTier::kSsd}) {
    const auto i = static_cast<std::size_t>(tier);
    facts.bytes[i] = index_.bytes(tier);
    facts.entries[i] = names_[i].size();
  }
  facts.damaged_blocks = damaged_;
  facts.write_failures = write_failures_;
  facts.evicted_blocks = evicted_;
}

}  // namespace hearth
