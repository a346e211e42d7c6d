#include "platform/watched_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "platform/os_error.h"
#include "platform/socket_filter_linux.h"

extern char** environ;

namespace hearth {
namespace {

constexpr std::array<std::uint16_t, 3> kNameServerPorts = {53, 853, 5353};  // Source: RFC 1035, 7858, 6762
constexpr std::size_t kMessagesMax = 64;  // of one sendmmsg; the kernel's bound is 1024, and nobody here sends so many

template <class T>
std::optional<T> value_at(std::string_view bytes) {
  if (bytes.size() < sizeof(T)) return std::nullopt;
  T value{};
  std::memcpy(&value, bytes.data(), sizeof(T));
  return value;
}

bool is_name_server(std::uint16_t port) { return std::ranges::find(kNameServerPorts, port) != kNameServerPorts.end(); }

std::optional<std::string> read_memory(int pid, std::uint64_t address, std::size_t size) {
  std::string bytes(size, '\0');
  const iovec here{bytes.data(), size};
  const iovec there{reinterpret_cast<void*>(address), size};  // NOLINT(performance-no-int-to-ptr): of another process
  if (::process_vm_readv(pid, &here, 1, &there, 1, 0) != static_cast<ssize_t>(size)) return std::nullopt;
  return bytes;
}

std::string process_name(int pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/comm";
  std::array<char, 64> name{};
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return "?";
  const ssize_t n = ::read(file, name.data(), name.size());
  ::close(file);
  return n > 1 ? std::string(name.data(), static_cast<std::size_t>(n) - 1) : "?";
}

// An address that can't be read is judged as one that leaves the machine.
SocketTarget judge_address(int pid, std::uint64_t address, std::uint64_t size) {
  if (address == 0 || size == 0) return {true, {}};
  const auto bytes = read_memory(pid, address, std::min<std::uint64_t>(size, sizeof(sockaddr_storage)));
  return bytes ? judge_socket_address(*bytes) : SocketTarget{false, "an address that can't be read"};
}

SocketTarget judge_message(int pid, std::uint64_t address) {
  const auto bytes = read_memory(pid, address, sizeof(msghdr));
  if (!bytes) return {false, "a message that can't be read"};
  const auto header = *value_at<msghdr>(*bytes);
  return judge_address(pid, reinterpret_cast<std::uint64_t>(header.msg_name), header.msg_namelen);
}

SocketTarget judge_messages(int pid, std::uint64_t address, std::uint64_t count) {
  for (std::uint64_t i = 0; i < std::min<std::uint64_t>(count, kMessagesMax); ++i) {
    SocketTarget target = judge_message(pid, address + i * sizeof(mmsghdr));
    if (!target.allowed) return target;
  }
  return {count <= kMessagesMax, "more messages at once than are looked at"};
}

SocketTarget judge_family(std::uint64_t family) {
  const bool known = family == AF_UNIX || family == AF_INET || family == AF_INET6 || family == AF_NETLINK;
  return {known, "address family " + std::to_string(family)};
}

struct Judged {
  std::string call;
  SocketTarget target;
};

Judged judge(const seccomp_notif& asked) {
  const int pid = static_cast<int>(asked.pid);
  const auto& arguments = asked.data.args;
  switch (asked.data.nr) {
    case __NR_socket: return {"socket", judge_family(arguments[0])};
    case __NR_connect: return {"connect", judge_address(pid, arguments[1], arguments[2])};
    case __NR_sendto: return {"sendto", judge_address(pid, arguments[4], arguments[5])};
    case __NR_sendmsg: return {"sendmsg", judge_message(pid, arguments[1])};
    case __NR_sendmmsg: return {"sendmmsg", judge_messages(pid, arguments[1], arguments[2])};
    default: return {"call " + std::to_string(asked.data.nr), {false, "unexpected"}};
  }
}

// Everything that the child needs between fork and exec, made before.
struct Launch {
  std::vector<std::string> words, variables;
  std::vector<char*> argv, envp;
  std::string program, output, errors;

  explicit Launch(const WatchOptions& options)
      : words(options.arguments),
        variables(options.environment),
        program(options.program.string()),
        output(options.output.string()),
        errors(options.errors.string()) {
    words.insert(words.begin(), program);
    for (char** each = environ; *each != nullptr; ++each) {
      const std::string_view entry(*each);
      const auto name = entry.substr(0, entry.find('=') + 1);
      const bool replaced = std::ranges::any_of(
          options.environment, [&](const std::string& given) { return !name.empty() && given.starts_with(name); });
      if (!replaced) variables.emplace_back(entry);
    }
    for (auto& word : words) argv.push_back(word.data());
    for (auto& variable : variables) envp.push_back(variable.data());
    argv.push_back(nullptr);
    envp.push_back(nullptr);
  }
};

struct ChildNews {
  int listener = -1;  // its number in the child
  int error = 0;
  bool own_network = false;
};

[[noreturn]] void be_the_child(const Launch& launch, int news_to, int go_from) {
  ChildNews news;
  news.own_network = enter_own_network();
  const int output = ::open(launch.output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  const int errors = ::open(launch.errors.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  const int input = ::open("/dev/null", O_RDONLY);
  if (output < 0 || errors < 0 || input < 0 || ::dup2(input, 0) < 0 || ::dup2(output, 1) < 0 || ::dup2(errors, 2) < 0)
    news.error = errno;
  if (news.error == 0) news.listener = install_socket_filter();
  if (news.listener < 0 && news.error == 0) news.error = errno;
  char go = 0;
  const bool told = ::write(news_to, &news, sizeof(news)) == static_cast<ssize_t>(sizeof(news));
  if (!told || news.error != 0 || ::read(go_from, &go, 1) != 1) ::_exit(126);
  ::close(news.listener);  // the watcher has its own
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execve(launch.program.c_str(), launch.argv.data(), launch.envp.data());
  ::_exit(127);
}

Result<FileDescriptor> take_listener(int pid, int number) {
  const FileDescriptor process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!process) return fail(os_error("open", "the process to be watched", errno));
  FileDescriptor listener(static_cast<int>(::syscall(SYS_pidfd_getfd, process.get(), number, 0)));
  if (!listener) return fail(os_error("take over", "the filter of the process to be watched", errno));
  return listener;
}

Error no_filter(Error because) {
  return Error(ErrorCode::kUnsupported, "this system does not let one program watch another's sockets",
               "Linux 5.6 or newer with seccomp is needed, outside of a container that forbids it")
      .because(std::move(because));
}

}  // namespace

SocketTarget judge_socket_address(std::string_view bytes) {
  const auto family = value_at<sa_family_t>(bytes);
  if (!family) return {true, {}};
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (*family == AF_INET) {
    const auto address = value_at<sockaddr_in>(bytes);
    if (!address) return {false, "a cut address"};
    ::inet_ntop(AF_INET, &address->sin_addr, text.data(), text.size());
    const std::uint16_t port = ntohs(address->sin_port);
    const bool loopback = (ntohl(address->sin_addr.s_addr) >> 24U) == 127;
    return {loopback && !is_name_server(port), std::string(text.data()) + ":" + std::to_string(port)};
  }
  if (*family == AF_INET6) {
    const auto address = value_at<sockaddr_in6>(bytes);
    if (!address) return {false, "a cut address"};
    ::inet_ntop(AF_INET6, &address->sin6_addr, text.data(), text.size());
    const std::uint16_t port = ntohs(address->sin6_port);
    const auto* raw = address->sin6_addr.s6_addr;
    const bool loopback =
        IN6_IS_ADDR_LOOPBACK(&address->sin6_addr) || (IN6_IS_ADDR_V4MAPPED(&address->sin6_addr) && raw[12] == 127);
    return {loopback && !is_name_server(port), "[" + std::string(text.data()) + "]:" + std::to_string(port)};
  }
  // AF_UNSPEC takes a connection back.
  if (*family == AF_UNIX || *family == AF_NETLINK || *family == AF_UNSPEC) return {true, {}};
  return {false, "address family " + std::to_string(*family)};
}

Result<std::unique_ptr<WatchedProcess>> WatchedProcess::start(const WatchOptions& options) {
  const Launch launch(options);
  std::array<int, 2> news{-1, -1};
  std::array<int, 2> go{-1, -1};
  if (::pipe2(news.data(), O_CLOEXEC) != 0) return fail(os_error("make", "a pipe", errno));
  const FileDescriptor news_from(news[0]);
  FileDescriptor news_to(news[1]);
  if (::pipe2(go.data(), O_CLOEXEC) != 0) return fail(os_error("make", "a pipe", errno));
  const FileDescriptor go_from(go[0]);
  const FileDescriptor go_to(go[1]);
  const pid_t pid = ::fork();
  if (pid < 0) return fail(os_error("start", launch.program, errno));
  if (pid == 0) be_the_child(launch, news_to.get(), go_from.get());
  news_to.reset();
  ChildNews told;
  const bool heard = ::read(news_from.get(), &told, sizeof(told)) == static_cast<ssize_t>(sizeof(told));
  const auto give_up = [pid](Error why) -> Unexpected {
    ::kill(pid, SIGKILL);
    (void)::waitpid(pid, nullptr, 0);
    return fail(no_filter(std::move(why)));
  };
  if (!heard || told.error != 0) return give_up(os_error("prepare", launch.program, heard ? told.error : EPIPE));
  auto listener = take_listener(pid, told.listener);
  if (!listener) return give_up(std::move(listener).error());
  std::unique_ptr<WatchedProcess> watched(new WatchedProcess(pid, std::move(*listener), told.own_network));
  if (::write(go_to.get(), "g", 1) != 1) return fail(os_error("start", launch.program, errno));
  return watched;
}

WatchedProcess::WatchedProcess(int pid, FileDescriptor listener, bool own_network)
    : pid_(pid), listener_(std::move(listener)), own_network_(own_network) {
  watcher_ = std::thread([this] { watch(); });
}

WatchedProcess::~WatchedProcess() {
  if (!exit_) {
    ::kill(pid_, SIGKILL);
    (void)wait(std::chrono::seconds(10));
  }
  stopping_.store(true);
  watcher_.join();
}

std::optional<ExitStatus> WatchedProcess::wait(std::chrono::milliseconds at_most) {
  if (!exit_) exit_ = wait_for_exit(pid_, at_most);
  return exit_;
}

std::vector<WatchedCall> WatchedProcess::refused() const {
  const std::lock_guard lock(gate_);
  return refused_;
}

// Until the last process under the filter has ended, or nobody wants to know any more.
void WatchedProcess::watch() {
  constexpr int kLook_ms = 50;
  while (!stopping_.load()) {
    pollfd ready{listener_.get(), POLLIN, 0};
    if (::poll(&ready, 1, kLook_ms) <= 0) continue;
    if ((ready.revents & POLLIN) == 0 || !answer_one()) return;
  }
}

// False: nobody is left to ask.
bool WatchedProcess::answer_one() {
  seccomp_notif asked{};
  if (::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_RECV, &asked) != 0)
    return errno == EINTR || errno == ENOENT;  // ENOENT: whoever asked is dead
  Judged judged = judge(asked);
  n_calls_.fetch_add(1);
  seccomp_notif_resp answer{};
  answer.id = asked.id;
  if (judged.target.allowed) {
    answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
  } else {
    answer.error = -ENETUNREACH;
    const int pid = static_cast<int>(asked.pid);
    const std::lock_guard lock(gate_);
    refused_.push_back({std::move(judged.call), std::move(judged.target.name), process_name(pid), pid});
  }
  return ::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_SEND, &answer) == 0 || errno == ENOENT;
}

}  // namespace hearth
