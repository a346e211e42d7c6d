#include "platform/tile_permission.h"

namespace hearth {

bool allow_tile_registers() { return false; }  // no Mac has them

}  // namespace hearth
