// The command line of make_gguf.
#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdio>

#include "base/units.h"
#include "lora.h"
#include "make_gguf.h"

namespace {

using namespace hearth;
using namespace hearth::make_gguf;

constexpr const char* kAbout =
    "Writes a GGUF of an exact shape with random weights, for memory and speed work. Tensor types are those that "
    "llama.cpp's own quantiser picks. To be fast, 2^18 random weights per type are quantised once and repeated from "
    "random places; small tensors (norms, biases) get values of their own. Answers mean nothing.";

int list_known() {
  std::puts("shapes:");
  for (const ModelShape& shape : model_shapes())
    std::printf(
        "  %-20s %-14s %2u layers x %4u  %s\n", std::string(shape.name).c_str(),
        std::string(architecture(shape.family)).c_str(), shape.n_layer, shape.n_embd,
        shape.source.empty() ? "no published model: a small one of its family" : std::string(shape.source).c_str());
  std::printf("types:\n ");
  for (const Quantisation& row : quantisations()) std::printf(" %s", std::string(row.name).c_str());
  std::puts("");
  return 0;
}

int report_failure(const Error& error) {
  std::fprintf(stderr, "make_gguf: %s\n", to_string(error).c_str());
  return error_code_info(error.code).exit_status;
}

int make_adapter(const LoraOptions& options) {
  const auto report = make_lora(options);
  if (!report) return report_failure(report.error());
  std::printf("%s: LoRA of rank %u, %.1f M parameters, %s\n", options.out.c_str(), options.rank,
              static_cast<double>(report->n_parameters) / 1e6, format_bytes(report->size_bytes).c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(kAbout, "make_gguf");
  std::string shape_name, type_name = "Q4_0";
  MakeOptions options;
  std::uint32_t n_vocab = 0;
  bool list = false, want_tiny = false;
  LoraOptions lora;
  app.add_option("-s,--shape", shape_name, "Which model's dimensions (see --list)");
  app.add_option("-t,--type", type_name, "Quantisation, as llama-quantize names it")->capture_default_str();
  app.add_option("-o,--out", options.out, "The file to write");
  app.add_option("--vocab", options.vocabulary, "Take the vocabulary of this GGUF, cut or padded; synthetic without");
  app.add_option("--vocab-size", n_vocab, "Number of tokens instead of the shape's");
  app.add_option("--seed", options.seed, "Same seed, same file")->capture_default_str();
  app.add_flag("--tiny", want_tiny, "The same family at a few million parameters, 512 tokens");
  app.add_option("--lora", lora.base, "Write a LoRA adapter for this GGUF instead of a model");
  app.add_option("--rank", lora.rank, "Of the adapter")->capture_default_str();
  app.add_flag("--list", list, "List shapes and types");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : error_code_info(ErrorCode::kInvalidArgument).exit_status;
  }
  if (list) return list_known();
  if (!lora.base.empty() && !options.out.empty()) {
    lora.out = options.out;
    lora.seed = options.seed;
    return make_adapter(lora);
  }
  const ModelShape* shape = find_shape(shape_name);
  options.quantisation = find_quantisation(type_name);
  if (shape == nullptr)
    return report_failure(
        Error(ErrorCode::kInvalidArgument, "there is no shape '" + shape_name + "'", "see make_gguf --list"));
  if (options.quantisation == nullptr)
    return report_failure(
        Error(ErrorCode::kInvalidArgument, "there is no type '" + type_name + "'", "see make_gguf --list"));
  if (options.out.empty())
    return report_failure(Error(ErrorCode::kInvalidArgument, "no file to write was given", "add --out FILE"));
  options.shape = want_tiny ? tiny(*shape) : *shape;
  if (n_vocab > 0) options.shape.n_vocab = n_vocab;
  const auto begin = std::chrono::steady_clock::now();
  const auto report = hearth::make_gguf::make_gguf(options);
  if (!report) return report_failure(report.error());
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::printf("%s: %s, %.1f M parameters, %s, %.1f s\n", options.out.c_str(),
              std::string(options.quantisation->name).c_str(), static_cast<double>(report->n_parameters) / 1e6,
              format_bytes(report->size_bytes).c_str(), took.count());
  return 0;
}
