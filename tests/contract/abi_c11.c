/* The border header compiles as strict C11, and C sees the recorded layout too. */
#include "hearth/abi/hearth_plugin.h"

#define HEARTH_FIELD(type, field, offset) \
  _Static_assert(offsetof(type, field) == (offset), #type "." #field " has moved");
#define HEARTH_SIZE(type, last, size) _Static_assert(sizeof(type) == (size), #type " has another size than recorded");
#if UINTPTR_MAX == 0xFFFFFFFFFFFFFFFFu
#include "abi_layout.inc"
#endif

/* A table as a plugin in C fills it. */
const hearth_plugin* hearth_contract_c_table(void);

const hearth_plugin* hearth_contract_c_table(void) {
  static const hearth_plugin table = {
      .struct_size = sizeof(hearth_plugin), .abi_major = HEARTH_ABI_MAJOR, .abi_minor = HEARTH_ABI_MINOR};
  return HEARTH_HAS_FIELD(&table, hearth_plugin, capability) ? &table : NULL;
}
