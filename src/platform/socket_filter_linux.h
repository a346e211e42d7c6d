// The filter of a watched program: what a child does to itself between fork and exec. Internal to platform.
#pragma once

namespace hearth {

// A network of its own with a loopback that is up. False where the system allows none.
[[nodiscard]] bool enter_own_network();
// From here on the calls that make or use sockets wait for whoever holds the returned descriptor. -1, with errno.
[[nodiscard]] int install_socket_filter();

}  // namespace hearth
