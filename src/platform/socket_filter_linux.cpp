#include "platform/socket_filter_linux.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <sched.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iterator>

namespace hearth {
namespace {

#if defined(__x86_64__)
constexpr unsigned kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr unsigned kArchitecture = AUDIT_ARCH_AARCH64;
#else
constexpr unsigned kArchitecture = 0;  // no calls are known: the filter is not installed
#endif
constexpr unsigned kX32Bit = 0x40000000U;  // Source: asm/unistd.h, __X32_SYSCALL_BIT

// After fork in a program with threads only what is async-signal-safe may be called: no allocation here.
bool write_small(const char* path, const char* text) {
  const int file = ::open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0) return false;
  const auto size = static_cast<ssize_t>(::strlen(text));
  const bool done = ::write(file, text, static_cast<size_t>(size)) == size;
  ::close(file);
  return done;
}

// The ids stay what they are, so that files are made as outside.
bool map_ids(unsigned uid, unsigned gid) {
  char line[64];
  if (!write_small("/proc/self/setgroups", "deny")) return false;
  ::snprintf(line, sizeof(line), "%u %u 1", uid, uid);
  if (!write_small("/proc/self/uid_map", line)) return false;
  ::snprintf(line, sizeof(line), "%u %u 1", gid, gid);
  return write_small("/proc/self/gid_map", line);
}

bool bring_loopback_up() {
  const int any = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (any < 0) return false;
  struct ifreq loopback {};
  ::strncpy(loopback.ifr_name, "lo", IFNAMSIZ - 1);
  bool done = ::ioctl(any, SIOCGIFFLAGS, &loopback) == 0;
  loopback.ifr_flags = static_cast<short>(loopback.ifr_flags | IFF_UP);
  done = done && ::ioctl(any, SIOCSIFFLAGS, &loopback) == 0;
  ::close(any);
  return done;
}

}  // namespace

bool enter_own_network() {
  const unsigned uid = ::geteuid();
  const unsigned gid = ::getegid();
  if (::unshare(CLONE_NEWNET) != 0 && (::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0 || !map_ids(uid, gid)))
    return false;
  return bring_loopback_up();
}

int install_socket_filter() {
  if (kArchitecture == 0) {
    errno = ENOSYS;
    return -1;
  }
  constexpr unsigned kDenied = SECCOMP_RET_ERRNO | EPERM;
  constexpr unsigned kAbsent = SECCOMP_RET_ERRNO | ENOSYS;
  struct sock_filter rules[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, kDenied),  // another architecture's calls have other numbers
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, kX32Bit, 6, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_io_uring_setup, 5, 0),  // its sockets pass by the filter
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_socket, 5, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_connect, 4, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_sendto, 3, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_sendmsg, 2, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_sendmmsg, 1, 2),
      BPF_STMT(BPF_RET | BPF_K, kAbsent),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program {};
  program.len = static_cast<unsigned short>(std::size(rules));
  program.filter = rules;
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
  return static_cast<int>(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program));
}

}  // namespace hearth
