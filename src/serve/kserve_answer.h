// The inference response of the KServe v2 protocol.
#pragma once

#include <span>

#include "engine/tensor_service.h"
#include "serve/exchange.h"
#include "serve/kserve_request.h"

namespace hearth::serve {

// The outputs that were asked for. With `item` only that row of the first dimension is told: the rest of the batch was
// others'. `copies` counts what goes into the body. kUnsupported: a type that JSON can't say, asked for in JSON.
[[nodiscard]] Result<HttpResponse> kserve_response(const TensorModelFacts& facts, const KserveRequest& request,
                                                   std::span<const TensorView> outputs, std::optional<std::size_t> item,
                                                   CopyCounter& copies);

}  // namespace hearth::serve
