// The inference request of the KServe v2 protocol: JSON tensors, and the binary-tensor extension as Triton and OpenVINO
// Model Server speak it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "domain/tensor.h"
#include "engine/tensor_service.h"
#include "hearth/result.h"
#include "serve/exchange.h"

namespace hearth::serve {

// One input, checked against the model: as many bytes as its shape and type say.
struct KserveInput {
  std::size_t index = 0;  // of the model's inputs
  Shape shape;
  std::string bytes;      // little-endian, row-major: from JSON
  std::string_view view;  // the same, or a part of the request's body
};

struct KserveOutput {
  std::size_t index = 0;  // of the model's outputs
  bool binary = false;
};

struct KserveRequest {
  std::string id;
  std::vector<KserveInput> inputs;    // one for each of the model's, in their order
  std::vector<KserveOutput> outputs;  // in the order of the answer
};

// kInvalidArgument names the tensor and what is wrong with it: not the model's, missing, twice, another type, a shape
// that the model does not take, other than the shape's number of elements, a value that the type can't hold, sizes of
// binary data that don't add up. Views point into http.body.
// Source: KServe, "Open Inference Protocol", infer; Triton Inference Server, "Binary Tensor Data Extension".
[[nodiscard]] Result<KserveRequest> read_kserve_request(const HttpRequest& http, const TensorModelFacts& facts);

}  // namespace hearth::serve
