#include "cli/line_reader.h"

#include <editline/readline.h>

#include <cstdlib>
#include <memory>

namespace hearth::cli {
namespace {

constexpr int kHistoryLinesMax = 1000;

}  // namespace

LineReader::LineReader(std::filesystem::path history) : history_(std::move(history)) {
  using_history();
  stifle_history(kHistoryLinesMax);
  if (!history_.empty()) (void)read_history(history_.c_str());  // absent at the first run
}

LineReader::~LineReader() {
  if (!history_.empty()) (void)write_history(history_.c_str());
}

std::optional<std::string> LineReader::read(const std::string& prompt) {
  const std::unique_ptr<char, decltype(&std::free)> line(readline(prompt.c_str()), &std::free);
  if (!line) return std::nullopt;
  std::string text(line.get());
  if (!text.empty()) add_history(text.c_str());
  return text;
}

}  // namespace hearth::cli
