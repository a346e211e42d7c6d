#include "ort_request.h"

#include <algorithm>

namespace hearth::onnxruntime {
namespace {

ONNXTensorElementDataType ort_type(const DLDataType& type) {
  switch (type.code) {
    case kDLFloat:
      return type.bits == 32   ? ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT
             : type.bits == 64 ? ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE
                               : ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16;
    case kDLBfloat: return ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16;
    case kDLBool: return ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL;
    case kDLUInt:
      return type.bits == 8    ? ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8
             : type.bits == 16 ? ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16
             : type.bits == 32 ? ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT32
                               : ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT64;
    default:
      return type.bits == 8    ? ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8
             : type.bits == 16 ? ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16
             : type.bits == 32 ? ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32
                               : ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64;
  }
}

Ort::Value value_over(const DLTensor& tensor) {
  const auto memory = Ort::MemoryInfo::CreateCpu(OrtDeviceAllocator, OrtMemTypeDefault);
  return Ort::Value::CreateTensor(memory, sdk::data_of(tensor), sdk::size_bytes(tensor), tensor.shape,
                                  static_cast<std::size_t>(tensor.ndim), ort_type(tensor.dtype));
}

}  // namespace

OrtRequest::OrtRequest(OrtSession& session)
    : session_(session),
      binding_(session.session()),
      is_bound_(session.ports().outputs.size()),
      results_(session.ports().outputs.size()) {}

void OrtRequest::bind(sdk::Port port, std::uint32_t index, const DLTensor& tensor) {
  const auto& spec = session_.ports().of(port)[index];
  with_ort_errors("binding '" + spec.name + "'", [&] {
    if (port == sdk::Port::kInput) {
      binding_.BindInput(spec.name.c_str(), value_over(tensor));
    } else {
      binding_.BindOutput(spec.name.c_str(), value_over(tensor));
      is_bound_[index] = true;
    }
  });
}

// Outputs whose shape only the run tells are allocated by ONNX Runtime.
void OrtRequest::bind_open_outputs() {
  const auto memory = Ort::MemoryInfo::CreateCpu(OrtDeviceAllocator, OrtMemTypeDefault);
  for (std::size_t i = 0; i < is_bound_.size(); ++i) {
    if (is_bound_[i]) continue;
    has_open_ = true;
    binding_.BindOutput(session_.ports().outputs[i].name.c_str(), memory);
  }
}

void OrtRequest::run(const sdk::CallGuard& call) {
  session_.gate().enter(call);
  struct Leave {
    RunGate& gate;
    ~Leave() { gate.leave(); }
  } leave{session_.gate()};
  with_ort_errors("running the graph", [&] {
    // A run leaves its result bound, and the next one would have to be of that shape.
    if (!outputs_ready_ || has_open_) bind_open_outputs();
    outputs_ready_ = true;
    run_now(call);
    if (has_open_) take_results();
  });
  if (!is_measured_) session_.measure();
  is_measured_ = true;
  session_.memory().ran();
}

void OrtRequest::run_now(const sdk::CallGuard& call) {
  if (!call.is_bounded()) return session_.session().Run(run_options_, binding_);
  run_options_.UnsetTerminate();
  try {
    const sdk::RunWatcher::Watch watch(session_.watcher(), call, [this] { run_options_.SetTerminate(); });
    session_.session().Run(run_options_, binding_);
  } catch (const Ort::Exception&) {
    run_options_.UnsetTerminate();
    call.check("running the graph");
    throw;
  }
}

void OrtRequest::take_results() {
  values_ = binding_.GetOutputValues();
  // In the order of binding, which is not that of the ports: bound by name, asked for by name.
  const auto names = binding_.GetOutputNames();
  for (std::size_t i = 0; i < is_bound_.size(); ++i) {
    if (is_bound_[i]) continue;
    const auto& spec = session_.ports().outputs[i];
    const auto at = static_cast<std::size_t>(std::ranges::find(names, spec.name) - names.begin());
    auto& result = results_[i];
    auto& value = values_[at];
    result.shape = value.GetTensorTypeAndShapeInfo().GetShape();
    result.strides.assign(result.shape.size(), 1);
    for (std::size_t axis = result.shape.size(); axis-- > 1;)
      result.strides[axis - 1] = result.strides[axis] * result.shape[axis];
    result.tensor = {value.GetTensorMutableRawData(),
                     {kDLCPU, 0},
                     static_cast<std::int32_t>(result.shape.size()),
                     spec.type,
                     result.shape.data(),
                     result.strides.data(),
                     0};
  }
}

const DLTensor* OrtRequest::result(std::uint32_t index) const {
  return results_[index].tensor.shape == nullptr && results_[index].tensor.data == nullptr ? nullptr
                                                                                           : &results_[index].tensor;
}

}  // namespace hearth::onnxruntime
