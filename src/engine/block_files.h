// Saved blocks as files: one folder a salt, one file a block, named by its content.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "engine/block_format.h"
#include "hearth/result.h"

namespace hearth {

struct StoredBlock {
  BlockHead head;
  std::int64_t used_at = 0;  // of the file's time; only its order counts
};

struct BlockAddress {
  CacheSalt salt{};
  BlockName name;
};

// Any number of these, in this process and others, may share a folder: files appear whole or not at all, their names
// say what is in them, and one that another removed is simply not there. Thread-safe: keeps nothing but the path.
class BlockFiles {
 public:
  explicit BlockFiles(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // Survives a crash and a power cut as a whole or not at all. Errors as platform/file.h.
  [[nodiscard]] Status write(const BlockAddress& at, std::span<const std::byte> image) const;
  // Verified in full. kNotFound: not there; kInvalidData: it was damaged and is removed.
  [[nodiscard]] Result<BlockImage> read(const BlockAddress& at) const;
  // The heads of all blocks of `salt`; damaged ones are removed. Cost: one open and a small read each.
  struct Scan {
    std::vector<StoredBlock> blocks;
    std::uint64_t damaged = 0;
  };
  [[nodiscard]] Scan scan(const CacheSalt& salt) const;
  void remove(const BlockAddress& at) const;
  // Counts as used now. The first one is the last to be evicted.
  void touch(const CacheSalt& salt, std::span<const BlockName> names) const;

  // Bytes of all blocks of all salts; what processes left that ended while writing is removed.
  [[nodiscard]] std::uint64_t tidy() const;
  // Removes the least recently used blocks of all salts until at most `bytes` are left.
  struct Shrunk {
    std::uint64_t bytes = 0;  // left
    std::vector<BlockName> removed;
  };
  [[nodiscard]] Shrunk shrink(std::uint64_t bytes) const;

 private:
  [[nodiscard]] std::filesystem::path salt_folder(const CacheSalt& salt) const;
  [[nodiscard]] std::filesystem::path path_of(const BlockAddress& at) const;
  std::filesystem::path folder_;
};

}  // namespace hearth
