#include "engine/block_files.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <string_view>
#include <system_error>

#include "platform/file.h"
#include "platform/process.h"

namespace hearth {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kSuffix = ".kvblock";
constexpr std::string_view kTemporary = ".tmp";
constexpr std::size_t kNameChars = 64;

std::string hex(std::span<const std::uint8_t> bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const auto byte : bytes) {
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 15U];
  }
  return text;
}

struct Found {
  fs::path path;
  std::uint64_t bytes = 0;
  fs::file_time_type used_at;
};

bool is_block(const fs::path& path) { return path.extension() == kSuffix && path.stem().native().size() == kNameChars; }

// Another machine that shares the folder may be ahead by so much.
constexpr std::chrono::minutes kClockDrift{10};

// "<name>.kvblock.<process>-<time>.tmp", as write_file_atomic names it. Process numbers come back, so age counts too.
bool is_left_behind(const fs::path& path, fs::file_time_type used_at) {
  constexpr auto kWritingMost = std::chrono::hours(1);
  const std::string name = path.filename().native();
  if (!name.ends_with(kTemporary) || name.find(kSuffix) == std::string::npos) return false;
  int process = 0;
  const char* digits = name.data() + name.find(kSuffix) + kSuffix.size() + 1;
  const auto read = std::from_chars(digits, name.data() + name.size(), process);
  if (read.ec != std::errc()) return false;
  return !process_is_alive(process) || fs::file_time_type::clock::now() - used_at > kWritingMost;
}

// The head, whose length and whose idea of the file's length are checked before either is believed.
Result<BlockHead> head_of(const ReadableFile& file) {
  const auto wrong_size = [] { return fail(ErrorCode::kInvalidData, "the file is cut off or has grown"); };
  BlockImage bytes(kBlockFixedBytes);
  if (file.size_bytes() < bytes.size()) return wrong_size();
  HEARTH_TRY(file.read_at(0, bytes));
  HEARTH_ASSIGN(head_bytes, block_head_bytes(bytes));
  if (head_bytes > file.size_bytes()) return wrong_size();
  bytes.resize(head_bytes);
  HEARTH_TRY(file.read_at(0, bytes));
  HEARTH_ASSIGN(head, read_block_head(bytes));
  if (head.image_bytes != file.size_bytes()) return wrong_size();
  return head;
}

// Regular files of every salt's folder. What vanishes meanwhile is left out.
template <class Each>
void walk(const fs::path& folder, const Each& each) {
  std::error_code ignored;
  for (fs::directory_iterator salt(folder, ignored), end; !ignored && salt != end; salt.increment(ignored)) {
    std::error_code failed;
    for (fs::directory_iterator file(salt->path(), failed); !failed && file != end; file.increment(failed)) {
      std::error_code gone;
      const Found found{file->path(), file->file_size(gone), file->last_write_time(gone)};
      if (!gone) each(found);
    }
  }
}

}  // namespace

fs::path BlockFiles::salt_folder(const CacheSalt& salt) const { return folder_ / hex(salt); }
fs::path BlockFiles::path_of(const BlockAddress& at) const {
  return salt_folder(at.salt) / (at.name + std::string(kSuffix));
}

Status BlockFiles::write(const BlockAddress& at, std::span<const std::byte> image) const {
  HEARTH_TRY(ensure_folder(salt_folder(at.salt)));
  return write_file_atomic(path_of(at), {reinterpret_cast<const char*>(image.data()), image.size()});
}

Result<BlockImage> BlockFiles::read(const BlockAddress& at) const {
  const auto path = path_of(at);
  HEARTH_ASSIGN(file, ReadableFile::open(path));
  BlockImage image;
  Status whole;
  if (const auto head = head_of(file); head) {
    image.resize(file.size_bytes());
    whole = file.read_at(0, image);
    if (whole) whole = verify_block(image, at.name);
  } else {
    whole = fail(Error(head.error()));
  }
  if (whole) return image;
  if (whole.error().code != ErrorCode::kInvalidData) return fail(std::move(whole).error());
  remove(at);
  return fail(ErrorCode::kInvalidData,
              "the cache block " + path.native() + " was damaged and is removed: " + whole.error().message);
}

BlockFiles::Scan BlockFiles::scan(const CacheSalt& salt) const {
  Scan scan;
  std::error_code failed;
  for (fs::directory_iterator at(salt_folder(salt), failed), end; !failed && at != end; at.increment(failed)) {
    if (!is_block(at->path())) continue;
    const auto file = ReadableFile::open(at->path());
    if (!file) continue;
    auto head = head_of(*file);
    if (head && (head->salt != salt || head->name != at->path().stem().native())) {
      head = fail(ErrorCode::kInvalidData, "another block's");
    }
    std::error_code gone;
    if (head) {
      const auto used_at = fs::last_write_time(at->path(), gone).time_since_epoch().count();
      scan.blocks.push_back({std::move(*head), static_cast<std::int64_t>(used_at)});
    } else if (head.error().code == ErrorCode::kInvalidData) {
      ++scan.damaged;
      fs::remove(at->path(), gone);
    }
  }
  return scan;
}

void BlockFiles::remove(const BlockAddress& at) const {
  std::error_code ignored;
  fs::remove(path_of(at), ignored);
}

void BlockFiles::touch(const CacheSalt& salt, std::span<const BlockName> names) const {
  auto time = fs::file_time_type::clock::now();
  std::error_code ignored;
  for (const auto& name : names) {
    fs::last_write_time(path_of({salt, name}), time, ignored);
    time -= std::chrono::microseconds(1);
  }
}

std::uint64_t BlockFiles::tidy() const {
  std::uint64_t bytes = 0;
  walk(folder_, [&](const Found& found) {
    std::error_code ignored;
    if (is_left_behind(found.path, found.used_at)) {
      fs::remove(found.path, ignored);
    } else {
      bytes += found.bytes;
    }
  });
  return bytes;
}

BlockFiles::Shrunk BlockFiles::shrink(std::uint64_t bytes) const {
  std::vector<Found> all;
  Shrunk shrunk;
  // A time to come was written while the clock was wrong: such a file would outlive all others for as long.
  const auto latest = fs::file_time_type::clock::now() + kClockDrift;
  walk(folder_, [&](const Found& found) {
    shrunk.bytes += found.bytes;
    if (!is_block(found.path)) return;
    all.push_back(found);
    if (found.used_at > latest) all.back().used_at = fs::file_time_type::min();
  });
  std::ranges::sort(all, {}, &Found::used_at);
  for (const auto& found : all) {
    if (shrunk.bytes <= bytes) break;
    std::error_code failed;
    fs::remove(found.path, failed);
    if (failed) continue;
    shrunk.bytes -= found.bytes;
    shrunk.removed.push_back(found.path.stem().native());
  }
  return shrunk;
}

}  // namespace hearth
