/* The intent network's bytes, read by the assembler from the file that CMake names. */
#if defined(__APPLE__)
    .section __TEXT,__const
#define SYMBOL(name) _##name
#else
    .section .rodata
#define SYMBOL(name) name
#endif
    .global SYMBOL(hearth_intent_begin)
    .global SYMBOL(hearth_intent_end)
    .balign 64
SYMBOL(hearth_intent_begin):
    .incbin HEARTH_INTENT_FILE
SYMBOL(hearth_intent_end):
    .byte 0
#if defined(__linux__)
    .section .note.GNU-stack,"",%progbits
#endif
