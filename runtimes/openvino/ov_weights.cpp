#include <algorithm>
#include <openvino/op/constant.hpp>
#include <openvino/op/convert.hpp>
#include <openvino/op/convolution.hpp>
#include <openvino/op/fake_quantize.hpp>
#include <openvino/op/group_conv.hpp>
#include <openvino/op/multiply.hpp>
#include <openvino/op/reshape.hpp>
#include <openvino/op/subtract.hpp>
#include <openvino/op/transpose.hpp>
#include <openvino/op/util/op_types.hpp>
#include <openvino/pass/constant_folding.hpp>
#include <openvino/pass/manager.hpp>

#include "ov_session.h"

namespace hearth::openvino {
namespace {

bool is_convolution(const ov::Node& node) {
  return ov::is_type<ov::op::v1::Convolution>(&node) || ov::is_type<ov::op::v1::GroupConvolution>(&node) ||
         ov::is_type<ov::op::v1::ConvolutionBackpropData>(&node) ||
         ov::is_type<ov::op::v1::GroupConvolutionBackpropData>(&node);
}

// What scales and lays out weights on their way into a convolution.
bool passes_weights_on(const ov::Node& node) {
  return ov::is_type<ov::op::v1::Multiply>(&node) || ov::is_type<ov::op::v1::Subtract>(&node) ||
         ov::is_type<ov::op::v1::Reshape>(&node) || ov::is_type<ov::op::v1::Transpose>(&node) ||
         ov::is_type<ov::op::v0::Convert>(&node);
}

// Whether what the node gives goes into convolutions and nowhere else.
bool feeds_convolutions(const ov::Node& node, int steps_left = 8) {
  const auto users = node.get_users();
  return steps_left > 0 && !users.empty() && std::ranges::all_of(users, [&](const std::shared_ptr<ov::Node>& user) {
           return is_convolution(*user) || (passes_weights_on(*user) && feeds_convolutions(*user, steps_left - 1));
         });
}

bool is_narrow_weight(const ov::Node& node) {
  if (!ov::is_type<ov::op::v0::Convert>(&node) || !ov::op::util::is_constant(node.get_input_node_ptr(0))) return false;
  const auto type = node.get_input_element_type(0);
  return (type == ov::element::i8 || type == ov::element::u8) && node.get_output_element_type(0) == ov::element::f32;
}

}  // namespace

std::shared_ptr<ov::Model> with_wide_weights(std::shared_ptr<ov::Model> model) {
  const auto ops = model->get_ops();
  // Where activations are quantised too, the convolutions may compute in 8 bits.
  if (std::ranges::any_of(ops, [](const auto& op) { return ov::is_type<ov::op::v0::FakeQuantize>(op.get()); }))
    return model;
  bool found = false;
  for (const auto& op : ops) {
    if (!is_narrow_weight(*op) || !feeds_convolutions(*op)) continue;
    ov::pass::enable_constant_folding(op);
    found = true;
  }
  if (!found) return model;
  ov::pass::Manager passes;
  passes.register_pass<ov::pass::ConstantFolding>();
  passes.run_passes(model);
  return model;
}

}  // namespace hearth::openvino
