// Reads what the user types, with editing and history on a terminal.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace hearth::cli {

// One per process: libedit keeps one line of its own. History is read at start and written at the end, 1000 lines at
// most.
class LineReader {
 public:
  // history: where lines are kept between runs; empty keeps none.
  explicit LineReader(std::filesystem::path history);
  ~LineReader();
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  // The next line without its end; nothing at the end of input (Ctrl-D).
  [[nodiscard]] std::optional<std::string> read(const std::string& prompt);

 private:
  std::filesystem::path history_;
};

}  // namespace hearth::cli
