#include "platform/operating_system.h"

namespace hearth {

const char* operating_system() { return "macos"; }

}  // namespace hearth
