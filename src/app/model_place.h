// Where a model's files lie: a folder of this machine, or one of a web server. Readers see no difference.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "formats/byte_source.h"
#include "hearth/result.h"

namespace hearth {

// Externally synchronised.
class ModelPlace {
 public:
  // A path, or an http(s) address, of which nothing is fetched yet. Unavailable for an address while `offline`:
  // decided here, before any name is looked up.
  static Result<ModelPlace> of(const std::string& reference, bool offline);

  [[nodiscard]] const std::string& reference() const { return reference_; }
  [[nodiscard]] const std::string& file_name() const { return file_name_; }  // without folder and query
  [[nodiscard]] bool is_remote() const { return remote_; }
  [[nodiscard]] std::uint64_t fetched_bytes() const { return fetched_; }  // over the network, so far

  // Hands the file, or with a name the one of that name beside it, to `reader`, which returns a Result.
  template <class Reader>
  auto read(const std::string& name, Reader&& reader) -> decltype(reader(std::declval<ByteSource&>())) {
    HEARTH_ASSIGN(source, open(name));
    auto out = reader(*source);
    count(*source);
    return out;
  }

  // The whole text of the file beside; InvalidData when it is longer.
  Result<std::string> read_text(const std::string& name, std::uint64_t bytes_max);

 private:
  Result<std::unique_ptr<ByteSource>> open(const std::string& name);
  void count(const ByteSource& source);

  std::string reference_, file_name_;
  bool remote_ = false;
  std::uint64_t fetched_ = 0;
};

}  // namespace hearth
