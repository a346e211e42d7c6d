#include "store/model_store.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>

#include "base/nearest_name.h"
#include "platform/file.h"
#include "store/sha256.h"

namespace hearth {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::uint64_t kRecordBytesMax = 64 * 1024;
constexpr std::size_t kCopyChunkBytes = 4U << 20U;

std::string now_rfc3339() {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())));
}

bool is_sha256(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

Unexpected damaged_record(const std::string& name, const std::string& what) {
  return fail(ErrorCode::kInvalidData, fmt::format("the store's record of '{}' is damaged: {}", name, what),
              fmt::format("remove it with `hearth models remove {}` and add the model again", name));
}

// Processes and threads that copy at once must not share a file.
std::string unique_name() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}{:08x}", random(), random(), random());
}

std::string text_field(const json& record, const char* key) {
  const auto it = record.find(key);
  return it != record.end() && it->is_string() ? it->get<std::string>() : std::string();
}

}  // namespace

bool is_model_name(const std::string& name) {
  constexpr std::size_t kNameMax = 128;
  constexpr const char* kAlnum = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  if (name.empty() || name.size() > kNameMax) return false;
  if (std::string(kAlnum).find(name[0]) == std::string::npos) return false;
  return name.find_first_not_of(std::string(kAlnum) + "._-:") == std::string::npos;
}

Result<ModelStore> ModelStore::open(const fs::path& home) {
  ModelStore store(home / "store");
  for (const char* folder : {"blobs", "names", "tmp"}) HEARTH_TRY(ensure_folder(store.root_ / folder));
  store.remove_abandoned();
  return store;
}

void ModelStore::remove_abandoned() const {
  constexpr auto kAbandonedAfter =
      std::chrono::hours(24);  // no copy takes that long; another process may be at one now
  const auto names = list_folder(root_ / "tmp");
  if (!names) return;
  for (const auto& name : *names) {
    const auto info = file_info(root_ / "tmp" / name);
    if (info && std::chrono::system_clock::now() - info->modified_at > kAbandonedAfter)
      (void)remove_path(root_ / "tmp" / name);
  }
}

fs::path ModelStore::blob_path(const std::string& sha256) const { return root_ / "blobs" / ("sha256-" + sha256); }
fs::path ModelStore::record_path(const std::string& name) const { return root_ / "names" / (name + ".json"); }

Result<StoredModel> ModelStore::read_record(const std::string& name) const {
  HEARTH_ASSIGN(text, read_file(record_path(name), kRecordBytesMax));
  const json record = json::parse(text, nullptr, false);
  if (!record.is_object()) return damaged_record(name, "it is not a JSON object");
  StoredModel model;
  model.name = name;
  model.sha256 = text_field(record, "sha256");
  if (!is_sha256(model.sha256)) return damaged_record(name, "it has no SHA-256");
  if (!record.contains("bytes") || !record["bytes"].is_number_unsigned()) return damaged_record(name, "it has no size");
  model.bytes = record["bytes"].get<std::uint64_t>();
  model.format = text_field(record, "format");
  model.licence = text_field(record, "licence");
  model.source = text_field(record, "source");
  model.note = text_field(record, "note");
  model.added_at = text_field(record, "added_at");
  model.path = blob_path(model.sha256);
  return model;
}

Result<std::vector<StoredModel>> ModelStore::list(std::vector<std::string>* damaged) const {
  HEARTH_ASSIGN(files, list_folder(root_ / "names"));
  std::vector<StoredModel> models;
  for (const auto& file : files) {
    const fs::path path(file);
    if (path.extension() != ".json") continue;
    auto model = read_record(path.stem().string());
    if (model)
      models.push_back(std::move(model).value());
    else if (damaged != nullptr)
      damaged->push_back(path.stem().string());
  }
  return models;
}

Result<StoredModel> ModelStore::find(const std::string& name) const {
  if (!is_model_name(name))
    return fail(ErrorCode::kNotFound, fmt::format("no model file or stored model is called '{}'", name),
                "give a file that exists, or a name that `hearth models` lists");
  auto model = read_record(name);
  if (!model && model.error().code == ErrorCode::kNotFound) {
    std::vector<std::string> known;
    HEARTH_ASSIGN(models, list());
    for (const auto& m : models) known.push_back(m.name);
    const auto near = nearest_name(name, known);
    return fail(ErrorCode::kNotFound, fmt::format("no model file or stored model is called '{}'", name),
                near ? fmt::format("did you mean '{}'? `hearth models` lists all", *near)
                     : "give a file that exists, or a name that `hearth models` lists");
  }
  if (!model) return model;
  auto blob = file_info(model->path);
  if (!blob) return damaged_record(name, "its file is gone");
  if (blob->size_bytes != model->bytes)
    return damaged_record(name, fmt::format("its file has {} bytes instead of {}", blob->size_bytes, model->bytes));
  return model;
}

Result<StoredModel> ModelStore::write_record(StoredModel model, const ModelOrigin& origin) const {
  model.format = origin.format;
  model.licence = origin.licence;
  model.source = origin.source;
  model.note = origin.note;
  model.added_at = now_rfc3339();
  model.path = blob_path(model.sha256);
  const json record = {{"name", model.name},     {"sha256", model.sha256},    {"bytes", model.bytes},
                       {"format", model.format}, {"licence", model.licence},  {"source", model.source},
                       {"note", model.note},     {"added_at", model.added_at}};
  HEARTH_TRY(write_file_atomic(record_path(model.name), record.dump(2) + "\n"));
  return model;
}

// Copies to tmp/ while hashing, then renames to the blob's name. Returns the hash.
Result<std::string> ModelStore::copy_in(const fs::path& file) const {
  HEARTH_ASSIGN(in, ReadableFile::open(file));
  const fs::path part = root_ / "tmp" / unique_name();
  std::error_code ignored;
  std::ofstream out(part, std::ios::binary | std::ios::trunc);
  Sha256 hash;
  std::vector<std::byte> chunk(kCopyChunkBytes);
  for (std::uint64_t at = 0; at < in.size_bytes() && out;) {
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(chunk.size(), in.size_bytes() - at));
    if (auto read = in.read_at(at, {chunk.data(), n}); !read) {
      fs::remove(part, ignored);
      return fail(std::move(read).error());
    }
    hash.update({chunk.data(), n});
    out.write(reinterpret_cast<const char*>(chunk.data()), static_cast<std::streamsize>(n));
    at += n;
  }
  out.close();
  if (!out) {
    fs::remove(part, ignored);
    return fail(ErrorCode::kIo,
                fmt::format("could not copy {} ({} bytes) into the store at {}", file.string(), in.size_bytes(),
                            root_.string()),
                "see that the disk has room and the folder can be written");
  }
  const std::string sha256 = hash.finish();
  std::error_code renamed;
  fs::rename(part, blob_path(sha256), renamed);
  if (renamed) {
    fs::remove(part, ignored);
    return fail(ErrorCode::kIo,
                fmt::format("could not move the copied file to {}: {}", blob_path(sha256).string(), renamed.message()));
  }
  fs::permissions(blob_path(sha256), fs::perms::owner_read | fs::perms::group_read | fs::perms::others_read, ignored);
  return sha256;
}

Result<StoredModel> ModelStore::add_file(const std::string& name, const fs::path& file, const ModelOrigin& origin,
                                         bool replace) const {
  if (!is_model_name(name))
    return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' can't name a model", name),
                "use up to 128 letters, digits and . _ - :, opening with a letter or digit");
  if (!replace && file_info(record_path(name)))
    return fail(ErrorCode::kInvalidArgument, fmt::format("a model called '{}' is stored already", name),
                "choose another --name, or pass --replace");
  HEARTH_ASSIGN(sha256, copy_in(file));
  HEARTH_ASSIGN(info, file_info(blob_path(sha256)));
  StoredModel model;
  model.name = name;
  model.sha256 = sha256;
  model.bytes = info.size_bytes;
  return write_record(std::move(model), origin);
}

Result<StoredModel> ModelStore::put(const std::string& name, std::span<const std::byte> bytes,
                                    const ModelOrigin& origin) const {
  Sha256 hash;
  hash.update(bytes);
  StoredModel model;
  model.name = name;
  model.sha256 = hash.finish();
  model.bytes = bytes.size();
  const auto blob = file_info(blob_path(model.sha256));
  if (!blob || blob->size_bytes != bytes.size())
    HEARTH_TRY(write_file_atomic(blob_path(model.sha256), {reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
  return write_record(std::move(model), origin);
}

Result<std::uint64_t> ModelStore::remove(const std::string& name) const {
  std::string sha256;
  std::uint64_t bytes = 0;
  if (auto model = find(name); model) {
    sha256 = model->sha256;
    bytes = model->bytes;
  } else if (model.error().code == ErrorCode::kNotFound) {
    return fail(std::move(model).error());
  }
  HEARTH_TRY(remove_path(record_path(name)));
  if (sha256.empty()) return std::uint64_t{0};
  HEARTH_ASSIGN(rest, list());
  const bool shared = std::any_of(rest.begin(), rest.end(), [&](const StoredModel& m) { return m.sha256 == sha256; });
  if (shared) return std::uint64_t{0};
  HEARTH_TRY(remove_path(blob_path(sha256)));
  return bytes;
}

Status ModelStore::verify(const StoredModel& model) const {
  HEARTH_ASSIGN(actual, sha256_file(model.path));
  if (actual == model.sha256) return {};
  return fail(
      Error(ErrorCode::kVerificationFailed,
            fmt::format("'{}' changed on disk: its SHA-256 is {} instead of {}", model.name, actual, model.sha256),
            "remove it and add it again; check the disk")
          .with("path", model.path.string()));
}

}  // namespace hearth
