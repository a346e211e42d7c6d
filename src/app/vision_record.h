// How a vision model is used, where its file doesn't say: the record beside it or in the catalogue, and its labels.
#pragma once

#include <filesystem>
#include <string>

#include "domain/tensor.h"
#include "hearth/result.h"
#include "plugin_host/tensor_model.h"

namespace hearth {

struct VisionRecordPlaces {
  std::filesystem::path model;        // the model's file
  std::filesystem::path record_file;  // given by the user; empty: looked for
  std::filesystem::path labels_file;
  std::filesystem::path data;  // the catalogue's folder
};

// JSON for parse_vision_record, in this order of trust: the file given; MODEL.vision.json beside the model; the
// "picture_use" member of the catalogue's record whose id begins the file's name. Labels: the file given; what the
// record says; a text file beside the model, named for labels, with as many lines as the model has classes. Empty:
// nothing is known. Errors only for files that the user gave, and for a record beside the model that can't be read.
[[nodiscard]] Result<std::string> find_vision_record(const VisionRecordPlaces& places, const TensorPorts& ports);

// "squeezenet_v1.1" and "SqueezeNet-1.1" alike: lower case, '-' for '_', no 'v' before a version.
[[nodiscard]] std::string catalogue_name(const std::string& stem);

}  // namespace hearth
