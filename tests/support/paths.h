#pragma once

#include <filesystem>

namespace hearth::test {

// Folders that a test reads from or starts programs of. They are compiled into this one unit: a definition on the
// tests' command lines would name the checkout in each of them, and no checkout could use objects compiled in another.
const std::filesystem::path& source_dir();  // the repository's root
const std::filesystem::path& build_dir();   // this build tree's root, laid out like an installed tree
const std::filesystem::path& shared_dir();  // models and media that are not in a checkout; may be absent

}  // namespace hearth::test
