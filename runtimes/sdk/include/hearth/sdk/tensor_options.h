// Options of a tensor session as typed values: what an older host didn't send has its default, text is owned.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "hearth/sdk/options.h"

namespace hearth::sdk {

enum class Hint { kLatency = HEARTH_HINT_LATENCY, kThroughput = HEARTH_HINT_THROUGHPUT };

// See hearth_tensor_options for the meaning of zero and empty.
struct TensorOptions {
  std::uint32_t n_requests = 0;
  std::uint32_t n_streams = 0;
  std::uint32_t n_threads = 0;
  Toggle pin_threads = Toggle::kAuto;
  Hint hint = Hint::kLatency;
  std::string precision = "f32";
  nlohmann::json shapes = nlohmann::json::array();       // of objects: input name to dimensions
  nlohmann::json preprocess = nlohmann::json::object();  // checked; empty where the graph is to do none
  nlohmann::json extra = nlohmann::json::object();       // checked against the runtime's session keys
};

inline const std::vector<Key>& preprocess_keys() {
  static const std::vector<Key> kKeys = {
      {.name = "input", .about = "name of the image input", .required = true},
      {.name = "type", .about = "element type that is fed", .one_of = {"u8", "f32"}},
      {.name = "layout", .about = "layout that is fed", .one_of = {"NHWC", "NCHW"}},
      {.name = "colour", .about = "order of colours that is fed", .one_of = {"RGB", "BGR"}},
      {.name = "height", .type = KeyType::kInteger, .about = "pixels; -1 = any", .minimum = -1, .maximum = 65536},
      {.name = "width", .type = KeyType::kInteger, .about = "pixels; -1 = any", .minimum = -1, .maximum = 65536},
      {.name = "resize", .about = "interpolation", .one_of = {"linear", "cubic", "nearest"}},
      {.name = "model_layout", .about = "layout of the model's input", .one_of = {"NCHW", "NHWC"}},
      {.name = "model_colour", .about = "order of colours of the model", .one_of = {"RGB", "BGR"}},
      {.name = "mean", .type = KeyType::kArray, .about = "subtracted, one a colour in the model's order"},
      {.name = "scale", .type = KeyType::kArray, .about = "divides after that, one a colour in the model's order"}};
  return kKeys;
}

inline void check_numbers(const nlohmann::json& list, std::size_t n_max, const std::string& where) {
  if (!list.is_array() || list.size() > n_max)
    throw Error(HEARTH_INVALID_DATA, where + " must be a list of at most " + std::to_string(n_max) + " numbers");
  for (const auto& each : list) {
    if (!each.is_number()) throw Error(HEARTH_INVALID_DATA, where + " has an element that is no number");
  }
}

// The declared shapes: a list of objects of lists of dimensions, at most 64 of them.
inline nlohmann::json read_shapes(std::string_view text) {
  auto shapes = parse_json(text, "the declared shapes");
  if (!shapes.is_array() || shapes.size() > 64)
    throw Error(HEARTH_INVALID_DATA, "the declared shapes are no list of at most 64 objects");
  for (const auto& set : shapes) {
    if (!set.is_object()) throw Error(HEARTH_INVALID_DATA, "the declared shapes hold something that is no object");
    for (const auto& [name, dims] : set.items()) {
      check_numbers(dims, 8, "the declared shape of '" + name + "'");
      for (const auto& dim : dims) {
        if (!dim.is_number_integer() || dim.get<std::int64_t>() < 1)
          throw Error(HEARTH_INVALID_DATA, "the declared shape of '" + name + "' has a dimension below 1");
      }
    }
  }
  return shapes;
}

// Throws INVALID_ARGUMENT or INVALID_DATA with the name of the option that is wrong.
inline TensorOptions read_tensor_options(const hearth_tensor_options* from, const std::vector<Key>& extra_keys) {
  hearth_tensor_options defaults{};
  defaults.pin_threads = HEARTH_TOGGLE_AUTO;
  const auto raw = read_struct(from, defaults);
  TensorOptions options;
  options.n_requests = raw.n_requests;
  options.n_streams = raw.n_streams;
  options.n_threads = raw.n_threads;
  for (const auto& [value, name] : {std::pair(raw.n_requests, "n_requests"), std::pair(raw.n_streams, "n_streams"),
                                    std::pair(raw.n_threads, "n_threads")}) {
    if (value > 1024) throw Error(HEARTH_INVALID_ARGUMENT, std::string(name) + " is above 1024");
  }
  options.pin_threads = read_toggle(raw.pin_threads, "pin_threads");
  if (raw.hint != HEARTH_HINT_LATENCY && raw.hint != HEARTH_HINT_THROUGHPUT)
    throw Error(HEARTH_INVALID_ARGUMENT, "hint is " + std::to_string(raw.hint) + "; it must be 0 (latency) or 1");
  options.hint = static_cast<Hint>(raw.hint);
  if (const auto precision = view(raw.precision); !precision.empty()) options.precision = precision;
  if (options.precision != "f32" && options.precision != "f16" && options.precision != "bf16")
    throw Error(HEARTH_INVALID_ARGUMENT, "precision is '" + options.precision + "'; it must be f32, f16 or bf16");
  if (const auto text = view(raw.shapes_json); !text.empty()) options.shapes = read_shapes(text);
  if (const auto text = view(raw.preprocess_json); !text.empty()) {
    options.preprocess = parse_json(text, "the pre-processing");
    check_object(options.preprocess, preprocess_keys(), "the pre-processing");
    for (const char* key : {"mean", "scale"}) {
      if (options.preprocess.contains(key))
        check_numbers(options.preprocess[key], 4, std::string("the pre-processing's ") + key);
    }
  }
  if (const auto text = view(raw.extra_json); !text.empty()) options.extra = parse_json(text, "the session options");
  check_object(options.extra, extra_keys, "the session options");
  return options;
}

}  // namespace hearth::sdk
