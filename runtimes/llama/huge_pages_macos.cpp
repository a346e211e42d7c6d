// The system chooses its pages by itself.
#include "huge_pages.h"

namespace hearth::llama {

NewMappings::NewMappings() = default;
std::uint64_t NewMappings::ask_for_huge_pages() const { return 0; }

}  // namespace hearth::llama
