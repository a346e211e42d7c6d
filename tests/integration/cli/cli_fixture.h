// Runs `hearth` with a home of its own and checks what it prints against the schemas.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/program.h"

namespace hearth::test {

class CliTest : public ::testing::Test {
 protected:
  [[nodiscard]] ProgramRun command(std::vector<std::string> arguments) const;
  [[nodiscard]] ProgramResult hearth(std::vector<std::string> arguments) const {
    return run_program(command(std::move(arguments)));
  }
  // Adds --json, expects exit status 0 and output valid against data/schemas/<schema>.schema.json.
  [[nodiscard]] nlohmann::json hearth_json(std::vector<std::string> arguments, const std::string& schema) const;
  // Adds --json, expects the exit status, an error valid against its schema with a message and nothing else printed.
  [[nodiscard]] nlohmann::json hearth_error(std::vector<std::string> arguments, int exit_status) const;

  [[nodiscard]] static std::string script(const std::string& name);
  // Empty where the real models are not there.
  [[nodiscard]] static std::filesystem::path shared_model(const std::string& name);

  TemporaryFolder home_;
};

// Says why `document` breaks the schema; empty when it is valid.
[[nodiscard]] std::string schema_violation(const nlohmann::json& document, const std::string& schema);

}  // namespace hearth::test
