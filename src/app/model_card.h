// A GGUF file described as a catalogue record, so that a file is planned like a published model.
#pragma once

#include "domain/catalog_model.h"
#include "formats/gguf.h"
#include "hearth/result.h"

namespace hearth {

// From the header alone. Dimensions, layer kinds and tying are those of the file; parameters are the elements of its
// tensors; `files` has one entry with the exact bytes of its tensors and the name of its precision, as a precision
// record's name or alias spells it. What a header can't tell (licence, quality) is empty. A file of a vision or sound
// projector gives a record of kind "projector" with `vision` set. InvalidData as read_model_shape.
[[nodiscard]] Result<CatalogModel> card_of_gguf(const GgufFile& file);

// Joins a model with the projector that goes with it: its tower becomes the model's own.
void add_projector(CatalogModel& model, const CatalogModel& projector);

// The name of the mixture that the file was quantised with: "Q4_K_M"; that of the type most bytes are in where the file
// tells none.
[[nodiscard]] std::string precision_of_gguf(const GgufFile& file);

}  // namespace hearth
