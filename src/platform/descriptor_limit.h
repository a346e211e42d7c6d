// How many files and sockets this process may have open.
#pragma once

#include <cstddef>

namespace hearth {

// Raises the process's own bound to `wanted`, or as near as the system's allows without privileges; never lowers it.
// Gives the bound that holds then. Many systems start programs with 1,024, which is fewer than a server's clients.
std::size_t raise_descriptor_limit(std::size_t wanted);

}  // namespace hearth
