// hearth-worker: runs one runtime plugin on behalf of the process that started it.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "platform/process.h"
#include "plugin_host/worker_server.h"

namespace {

constexpr int kMainChannel = 3;  // the descriptor the host passes

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5 || std::strcmp(argv[1], "--plugin") != 0 || std::strcmp(argv[3], "--parent") != 0) {
    std::fputs("hearth-worker is started by hearth to run a plugin in a process of its own; run hearth instead\n",
               stderr);
    return 2;
  }
  hearth::answer_no_interrupts();
  if (!hearth::die_with_parent(std::atoi(argv[4]))) hearth::exit_now(0);
  hearth::close_descriptors_from(kMainChannel + 1);
  hearth::exit_now(hearth::serve_worker(hearth::FileDescriptor(kMainChannel), argv[2]));
}
