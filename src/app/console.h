// The terminal, as commands see it: they reach the operating system through app only.
#pragma once

#include "platform/terminal.h"  // IWYU pragma: export
