// The catalogue as the checkout has it, read once.
#pragma once

#include "catalog/catalog.h"

namespace hearth::test {

// Throws where a record can't be read.
[[nodiscard]] const Catalog& shipped_catalog();

}  // namespace hearth::test
