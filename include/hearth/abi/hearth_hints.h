/* Capabilities that a runtime lists without a table of functions: they tell a host how it is best used. A host that
   doesn't know one passes over it. Plain C11, as hearth_plugin.h. */
#ifndef HEARTH_ABI_HEARTH_HINTS_H
#define HEARTH_ABI_HEARTH_HINTS_H

/* Beside "text": with a cache of half precision one decode of several sequences' tokens takes no longer than one for
   each, however many cells the others hold. */
#define HEARTH_HINT_TEXT_MIXED "text.mixed"

#endif
