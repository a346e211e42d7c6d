// How commands speak: text for people, one JSON document for programs, errors alike everywhere.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "hearth/error.h"

namespace hearth::cli {

// Standard output carries the answer and nothing else; notices, figures and errors for people go to standard error.
class Output {
 public:
  Output(bool json, bool color) : json_(json), color_(color) {}

  [[nodiscard]] bool json() const { return json_; }

  // One line of JSON on standard output. Text that is not UTF-8 is replaced, never fatal.
  void print_json(const nlohmann::ordered_json& document) const;
  // Text on standard output as it is, flushed.
  void print(std::string_view text) const;
  // A line for people on standard error; nothing in JSON mode.
  void note(std::string_view text) const;
  // The error in the contract's form; returns the exit status that belongs to it.
  [[nodiscard]] int report(const Error& error) const;

  [[nodiscard]] std::string dim(std::string_view text) const { return paint("2", text); }
  [[nodiscard]] std::string bold(std::string_view text) const { return paint("1", text); }

 private:
  [[nodiscard]] std::string paint(const char* code, std::string_view text) const;
  bool json_;
  bool color_;
};

// {"error":{"code","message","hint","context"}}
[[nodiscard]] nlohmann::ordered_json error_to_json(const Error& error);

}  // namespace hearth::cli
