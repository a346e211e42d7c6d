#include "app/model_place.h"

#include <filesystem>

#include "formats/http_source.h"

namespace hearth {
namespace {

// Names come from a model's own index: they may go down into its folder, never out of it.
bool stays_inside(const std::filesystem::path& name) {
  if (name.empty() || name.is_absolute()) return false;
  for (const auto& part : name)
    if (part == "..") return false;
  return true;
}

std::string file_name_of(const std::string& reference, bool remote) {
  std::string path = reference;
  if (remote) path.resize(std::min(path.size(), path.find_first_of("?#")));
  return path.substr(path.rfind('/') + 1);
}

}  // namespace

Result<ModelPlace> ModelPlace::of(const std::string& reference, bool offline) {
  ModelPlace place;
  place.reference_ = reference;
  place.remote_ = is_http_url(reference);
  if (place.remote_ && offline)
    return fail(ErrorCode::kUnavailable, "'" + reference + "' is read over the network, and hearth is offline",
                "name a file that is here, or leave out --offline and HEARTH_OFFLINE");
  place.file_name_ = file_name_of(reference, place.remote_);
  return place;
}

Result<std::unique_ptr<ByteSource>> ModelPlace::open(const std::string& name) {
  if (remote_) {
    std::string url = reference_;
    if (!name.empty()) {
      HEARTH_ASSIGN(beside, url_beside(reference_, name));
      url = std::move(beside);
    }
    HEARTH_ASSIGN(reader, HttpRangeReader::open(url));
    return std::unique_ptr<ByteSource>(std::make_unique<HttpSource>(std::move(reader)));
  }
  std::filesystem::path path = reference_;
  if (!name.empty()) {
    if (!stays_inside(name))
      return fail(ErrorCode::kInvalidData, "'" + name + "' is no file beside '" + reference_ + "'",
                  "check the model's index");
    path = path.parent_path() / name;
  }
  HEARTH_ASSIGN(file, ReadableFile::open(path));
  return std::unique_ptr<ByteSource>(std::make_unique<FileSource>(std::move(file)));
}

void ModelPlace::count(const ByteSource& source) {
  if (const auto* remote = dynamic_cast<const HttpSource*>(&source)) fetched_ += remote->fetched_bytes();
}

Result<std::string> ModelPlace::read_text(const std::string& name, std::uint64_t bytes_max) {
  return read(name, [&](ByteSource& source) -> Result<std::string> {
    if (source.size_bytes() > bytes_max)
      return fail(
          ErrorCode::kInvalidData,
          "'" + source.name() + "' has " + std::to_string(source.size_bytes()) + " bytes, more than a file of its kind",
          "check that it is the model's own");
    std::string text(static_cast<std::size_t>(source.size_bytes()), '\0');
    HEARTH_TRY(source.read_at(0, std::as_writable_bytes(std::span(text))));
    return text;
  });
}

}  // namespace hearth
