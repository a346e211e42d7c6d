// The calling thread: its name and its time.
#pragma once

namespace hearth {

// What tools show it as; threads that it starts inherit the name. At most 15 characters.
void name_this_thread(const char* name);

// Seconds of processor time that it has used so far.
double this_thread_cpu_s();

}  // namespace hearth
