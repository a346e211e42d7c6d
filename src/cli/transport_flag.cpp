#include "cli/transport_flag.h"

#include <CLI/CLI.hpp>
#include <map>

namespace hearth::cli {
namespace {

const std::map<std::string, TransportChoice> kTransports = {{"auto", TransportChoice::kAuto},
                                                            {"in-process", TransportChoice::kInProcess},
                                                            {"worker", TransportChoice::kWorker}};

}  // namespace

void add_transport_flag(CLI::App& command, std::string& value, const std::string& text) {
  command.add_option("--transport", value, text)
      ->check(CLI::IsMember({"auto", "in-process", "worker"}))
      ->capture_default_str();
}

TransportChoice transport_of(const std::string& value) { return kTransports.at(value); }

}  // namespace hearth::cli
