#include "app/picture_inputs.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <span>
#include <utility>

#include "app/input_paths.h"
#include "platform/file.h"
#include "vision/image_decoding.h"

namespace hearth {
namespace {

constexpr std::uint64_t kPictureBytesMax = std::uint64_t{256} << 20U;  // as ImageLimits::file_bytes_max
constexpr std::size_t kPipeChunk = std::size_t{64} << 10U;             // what a pipe holds on Linux

constexpr std::array<std::string_view, 5> kPictureEndings = {".jpg", ".jpeg", ".png", ".webp", ".bmp"};

class FilePictures final : public PictureSource {
 public:
  explicit FilePictures(std::vector<std::string> paths) : paths_(std::move(paths)) {}
  [[nodiscard]] Result<bool> next(PictureInput& out) override {
    if (at_ == paths_.size()) return false;
    out.path = paths_[at_++];
    out.frame.reset();
    out.raw.reset();
    out.error.reset();
    if (auto read = fill(out); !read) out.error = std::move(read).error();
    return true;
  }
  [[nodiscard]] std::optional<std::uint64_t> total() const override { return paths_.size(); }

 private:
  static Status fill(PictureInput& out) {
    HEARTH_ASSIGN(file, ReadableFile::open(out.path));
    if (file.size_bytes() > kPictureBytesMax)
      return fail(ErrorCode::kDoesNotFit, fmt::format("{} is larger than 256 MiB", out.path), "give a smaller picture");
    out.bytes.resize(static_cast<std::size_t>(file.size_bytes()));
    return file.read_at(0, std::as_writable_bytes(std::span(out.bytes)));
  }
  std::vector<std::string> paths_;
  std::size_t at_ = 0;
};

// What a pipe sends, as JPEG frames, raw frames, or one file.
class PipedPictures final : public PictureSource {
 public:
  PipedPictures(std::FILE* pipe, const PipeOptions& options) : pipe_(pipe), options_(options), chunk_(kPipeChunk) {}

  [[nodiscard]] Result<bool> next(PictureInput& out) override {
    out.path = "-";
    out.frame = n_frames_;
    out.raw = options_.raw;
    out.error.reset();
    if (options_.raw) return next_raw(out);
    if (n_frames_ == 0 && !begun_) HEARTH_TRY(look_at_first());
    return is_file_ ? whole_file(out) : next_jpeg(out);
  }
  [[nodiscard]] bool is_stream() const override { return true; }

 private:
  // Blocks; 0 at the end.
  std::size_t read_some() {
    if (options_.cancel != nullptr && options_.cancel->requested()) return 0;
    return std::fread(chunk_.data(), 1, chunk_.size(), pipe_);
  }

  Status look_at_first() {
    begun_ = true;
    const std::size_t n = read_some();
    if (n == 0)
      return fail(ErrorCode::kInvalidData, "there is nothing on standard input", "pipe a picture or frames in");
    const std::span<const std::uint8_t> first(chunk_.data(), n);
    const auto format = recognise_image(first);
    is_file_ = format && *format != ImageFileFormat::kJpeg;
    if (is_file_)
      file_.assign(first.begin(), first.end());
    else
      frames_.feed(first);
    return {};
  }

  Result<bool> whole_file(PictureInput& out) {
    if (n_frames_ > 0) return false;
    out.frame.reset();
    while (const std::size_t n = read_some()) {
      file_.insert(file_.end(), chunk_.begin(), chunk_.begin() + static_cast<std::ptrdiff_t>(n));
      if (file_.size() > kPictureBytesMax)
        return fail(ErrorCode::kDoesNotFit, "the picture on standard input is larger than 256 MiB");
    }
    ++n_frames_;
    out.bytes.swap(file_);
    return true;
  }

  Result<bool> next_jpeg(PictureInput& out) {
    for (;;) {
      auto frame = frames_.next();
      if (!frame) {
        out.error = std::move(frame).error();
        ++n_frames_;
        return true;
      }
      if (*frame) {
        out.bytes.assign((*frame)->begin(), (*frame)->end());
        ++n_frames_;
        return true;
      }
      const std::size_t n = read_some();
      if (n == 0) return ended(out, frames_.pending_bytes());
      frames_.feed(std::span(chunk_).first(n));
    }
  }

  Result<bool> next_raw(PictureInput& out) {
    HEARTH_ASSIGN(bytes, raw_frame_bytes(options_.raw->format, options_.raw->width, options_.raw->height));
    out.bytes.resize(static_cast<std::size_t>(bytes));
    if (options_.cancel != nullptr && options_.cancel->requested()) return false;
    const std::size_t n = std::fread(out.bytes.data(), 1, out.bytes.size(), pipe_);
    if (n < out.bytes.size()) return ended(out, n);
    ++n_frames_;
    return true;
  }

  // A frame that was cut off is told once, as a failed item.
  Result<bool> ended(PictureInput& out, std::size_t pending) {
    const bool interrupted = options_.cancel != nullptr && options_.cancel->requested();
    if (interrupted || told_end_ || (pending == 0 && n_frames_ > 0)) return false;
    told_end_ = true;
    out.error = Error(ErrorCode::kInvalidData,
                      pending > 0 ? fmt::format("the stream ended {} bytes into a frame", pending)
                                  : std::string("no picture was found on standard input"),
                      "JPEG, PNG, WebP and BMP pictures, MJPEG and, with --raw, raw frames are read");
    ++n_frames_;
    return true;
  }

  std::FILE* pipe_;
  PipeOptions options_;
  std::vector<std::uint8_t> chunk_;
  std::vector<std::uint8_t> file_;
  MjpegSplitter frames_;
  std::uint64_t n_frames_ = 0;
  bool begun_ = false;
  bool is_file_ = false;
  bool told_end_ = false;
};

}  // namespace

Result<RawFrameShape> parse_raw_frame_shape(const std::string& text) {
  const auto colon = text.find(':');
  const auto cross = text.find('x', colon == std::string::npos ? 0 : colon);
  RawFrameShape shape;
  const auto number = [&text](std::size_t from, std::size_t to, std::int32_t& value) {
    const auto done = std::from_chars(text.data() + from, text.data() + to, value);
    return done.ec == std::errc{} && done.ptr == text.data() + to;
  };
  if (colon == std::string::npos || cross == std::string::npos || !number(colon + 1, cross, shape.width) ||
      !number(cross + 1, text.size(), shape.height))
    return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' does not say what the frames are", text),
                "write FORMAT:WIDTHxHEIGHT, such as rgb24:640x480");
  HEARTH_ASSIGN(format, raw_pixel_format_of_name(text.substr(0, colon)));
  shape.format = format;
  HEARTH_TRY(raw_frame_bytes(shape.format, shape.width, shape.height));
  return shape;
}

Result<std::vector<std::string>> expand_picture_paths(const std::vector<std::string>& arguments) {
  return expand_input_paths(arguments,
                            {kPictureEndings, "pictures", "pictures end in .jpg, .jpeg, .png, .webp or .bmp"});
}

std::unique_ptr<PictureSource> file_pictures(std::vector<std::string> paths) {
  return std::make_unique<FilePictures>(std::move(paths));
}

std::unique_ptr<PictureSource> piped_pictures(std::FILE* pipe, const PipeOptions& options) {
  return std::make_unique<PipedPictures>(pipe, options);
}

}  // namespace hearth
