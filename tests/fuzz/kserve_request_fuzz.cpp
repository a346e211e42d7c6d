// Inference requests come from the network: JSON with a binary part. What is taken has as many bytes as its shape says.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "serve/kserve_request.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hearth;
  TensorModelFacts facts;
  facts.name = "m";
  facts.ports.inputs = {{"x", DataType::kF32, Shape{-1, 3}, ""}, {"n", DataType::kI64, Shape{1}, ""}};
  facts.ports.outputs = {{"y", DataType::kF32, Shape{-1, 3}, ""}};
  serve::HttpRequest http;
  http.body.assign(reinterpret_cast<const char*>(data), size);
  // The first line break ends the JSON part.
  if (const auto end = http.body.find('\n'); end != std::string::npos)
    http.headers.emplace_back("inference-header-content-length", std::to_string(end));
  const auto request = serve::read_kserve_request(http, facts);
  if (!request) return 0;
  if (request->inputs.size() != 2) std::abort();
  for (const auto& input : request->inputs)
    if (tensor_bytes(facts.ports.inputs[input.index].type, input.shape) != input.view.size()) std::abort();
  return 0;
}
