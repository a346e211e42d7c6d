#include "cli/output.h"

#include <cstdio>
#include <nlohmann/json.hpp>

namespace hearth::cli {
namespace {

std::string hint_of(const Error& error) {
  return error.hint.empty() ? std::string(error_code_info(error.code).advice) : error.hint;
}

void write(std::FILE* file, std::string_view text) {
  // A reader that closed the pipe is no fault of ours; the exit status tells the rest.
  (void)std::fwrite(text.data(), 1, text.size(), file);
  (void)std::fflush(file);
}

}  // namespace

nlohmann::ordered_json error_to_json(const Error& error) {
  nlohmann::ordered_json context = nlohmann::ordered_json::object();
  for (const auto& [key, value] : error.context) context[key] = value;
  if (error.cause) context["cause"] = to_string(*error.cause);
  return {{"error",
           {{"code", error_code_info(error.code).name},
            {"message", error.message},
            {"hint", hint_of(error)},
            {"context", context}}}};
}

void Output::print_json(const nlohmann::ordered_json& document) const {
  write(stdout, document.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
}

void Output::print(std::string_view text) const { write(stdout, text); }

void Output::note(std::string_view text) const {
  if (!json_) write(stderr, std::string(text) + "\n");
}

int Output::report(const Error& error) const {
  if (json_) {
    print_json(error_to_json(error));
  } else {
    write(stderr, bold("hearth: ") + error.message + "\n");
    if (const std::string hint = hint_of(error); !hint.empty()) write(stderr, "  " + hint + "\n");
    for (const Error* cause = error.cause.get(); cause != nullptr; cause = cause->cause.get())
      write(stderr, dim("  because: " + cause->message) + "\n");
  }
  return error_code_info(error.code).exit_status;
}

std::string Output::paint(const char* code, std::string_view text) const {
  if (!color_) return std::string(text);
  return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
}

}  // namespace hearth::cli
