#include "ov_request.h"

#include <openvino/runtime/exception.hpp>

#include <cstring>

namespace hearth::openvino {
namespace {

ov::Tensor tensor_over(const DLTensor& tensor) {
  const ov::Shape shape(tensor.shape, tensor.shape + tensor.ndim);
  return {ov_type(tensor.dtype), shape, sdk::data_of(tensor)};
}

std::vector<std::int64_t> dense_strides(const std::vector<std::int64_t>& shape) {
  std::vector<std::int64_t> strides(shape.size(), 1);
  for (std::size_t axis = shape.size(); axis-- > 1;) strides[axis - 1] = strides[axis] * shape[axis];
  return strides;
}

// A tensor of OpenVINO's as one that owns itself.
struct Lent {
  ov::Tensor tensor;
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> strides;
  DLManagedTensorVersioned managed{};
};

}  // namespace

OvRequest::OvRequest(OvSession& session)
    : session_(session),
      request_(with_ov_errors(HEARTH_OUT_OF_MEMORY, "making a request",
                              [&] { return session.compiled().create_infer_request(); })),
      is_bound_(session.ports().outputs.size()),
      results_(session.ports().outputs.size()) {}

void OvRequest::bind(sdk::Port port, std::uint32_t index, const DLTensor& tensor) {
  with_ov_errors(HEARTH_INVALID_ARGUMENT, "binding '" + session_.ports().of(port)[index].name + "'", [&] {
    if (port == sdk::Port::kInput) {
      request_.set_input_tensor(index, tensor_over(tensor));
    } else {
      request_.set_output_tensor(index, tensor_over(tensor));
      is_bound_[index] = true;
    }
  });
}

DLManagedTensorVersioned* OvRequest::allocate(sdk::Port port, std::uint32_t index,
                                              const std::vector<std::int64_t>& shape) {
  if (session_.is_on_host()) return nullptr;
  try {
    auto lent = std::make_unique<Lent>();
    const auto& spec = session_.ports().of(port)[index];
    lent->tensor =
        session_.compiled().get_context().create_host_tensor(ov_type(spec.type), ov::Shape(shape.begin(), shape.end()));
    std::memset(lent->tensor.data(), 0, lent->tensor.get_byte_size());
    lent->shape = shape;
    lent->strides = dense_strides(shape);
    lent->managed.version = {DLPACK_MAJOR_VERSION, DLPACK_MINOR_VERSION};
    lent->managed.manager_ctx = lent.get();
    lent->managed.deleter = [](DLManagedTensorVersioned* self) { delete static_cast<Lent*>(self->manager_ctx); };
    lent->managed.dl_tensor = {lent->tensor.data(),
                               {kDLCPU, 0},
                               static_cast<std::int32_t>(shape.size()),
                               spec.type,
                               lent->shape.data(),
                               lent->strides.data(),
                               0};
    return &lent.release()->managed;
  } catch (const ov::Exception&) {
    return nullptr;  // a device without a context of its own
  }
}

void OvRequest::run(const sdk::CallGuard& call) {
  with_ov_errors(HEARTH_INTERNAL, "running the graph", [&] {
    if (!call.is_bounded()) return request_.infer();
    request_.start_async();  // infer() can't be cancelled
    const sdk::RunWatcher::Watch watch(session_.watcher(), call, [this] { request_.cancel(); });
    try {
      request_.wait();
    } catch (const ov::Cancelled&) {
      call.check("running the graph");
      throw;
    }
  });
  take_results();
  if (!is_measured_) session_.measure();
  is_measured_ = true;
  session_.memory().ran();
}

void OvRequest::take_results() {
  for (std::size_t i = 0; i < is_bound_.size(); ++i) {
    if (is_bound_[i]) continue;
    auto tensor = request_.get_output_tensor(i);
    auto& result = results_[i];
    const ov::Shape shape = tensor.get_shape();  // asked once: each call makes what the last one referred to anew
    result.shape.assign(shape.begin(), shape.end());
    result.strides = dense_strides(result.shape);
    result.tensor = {tensor.data(),
                     {kDLCPU, 0},
                     static_cast<std::int32_t>(result.shape.size()),
                     session_.ports().outputs[i].type,
                     result.shape.data(),
                     result.strides.data(),
                     0};
    result.is_there = true;
  }
}

const DLTensor* OvRequest::result(std::uint32_t index) const {
  return results_[index].is_there ? &results_[index].tensor : nullptr;
}

}  // namespace hearth::openvino
