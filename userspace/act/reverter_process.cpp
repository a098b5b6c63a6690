// SPDX-License-Identifier: Apache-2.0
#include "act/reverter_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "act/thread_actuator.h"

namespace culprit {
namespace {

constexpr int kReadyWithinMs = 10'000;

struct Pipe {
  Fd read, write;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return fail(std::string("pipe: ") + std::strerror(errno));
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

Result<Pipe> make_store() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return fail(std::string("socketpair: ") + std::strerror(errno));
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

/// In the child, where only what is safe in a signal handler may be called. The probes' and
/// maps' descriptors must not live on in it.
[[noreturn]] void become_reverter(int in, int out, char* const* arguments) {
  ::setsid();
  const int nowhere = ::open("/dev/null", O_RDWR);
  ::dup2(in, STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(nowhere, STDERR_FILENO);
  ::close_range(3, ~0U, 0);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (::chdir("/") != 0) ::_exit(126);
  ::execv("/proc/self/exe", arguments);
  ::_exit(127);
}

Keeper keeper_of(pid_t process) {
  const auto pid = static_cast<std::uint32_t>(process);
  return {pid, thread_start_ticks(pid, pid).value_or(0)};
}

bool is_ready(int fd) {
  pollfd event{fd, POLLIN, 0};
  char byte = 0;
  int got = 0;
  do got = ::poll(&event, 1, kReadyWithinMs);
  while (got < 0 && errno == EINTR);
  return got == 1 && ::read(fd, &byte, 1) == 1;
}

Result<ReverterProcess> start(std::vector<std::string> words, bool owned) {
  auto ready = make_pipe();
  if (!ready) return tl::unexpected<Error>(ready.error());
  auto owner = owned ? make_pipe() : make_store();
  if (!owner) return tl::unexpected<Error>(owner.error());
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const pid_t child = ::fork();
  if (child < 0)
    return fail(std::string("the reverter cannot be started: ") + std::strerror(errno));
  if (child == 0) become_reverter(owner->read.get(), ready->write.get(), arguments.data());
  ready->write = Fd();
  owner->read = Fd();
  ReverterProcess process;
  if (!is_ready(ready->read.get())) {
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    return fail("the reverter does not start, and without it nothing is changed");
  }
  process.keeper = keeper_of(child);
  (owned ? process.owner_pipe : process.store) = std::move(owner->write);
  return process;
}

}  // namespace

Status leave_with(const ReverterProcess& reverter, const std::vector<Fd>& descriptors) {
  char byte = 0;
  iovec data{&byte, 1};
  for (const Fd& descriptor : descriptors) {
    const int fd = descriptor.get();
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(fd))> control{};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(fd));
    std::memcpy(CMSG_DATA(header), &fd, sizeof(fd));
    if (::sendmsg(reverter.store.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT) != 1)
      return fail(std::string("the reverter does not take over: ") + std::strerror(errno));
  }
  return {};
}

Keeper own_keeper() {
  return keeper_of(::getpid());
}

Result<ReverterProcess> start_lease_reverter(const std::string& directory, const std::string& id) {
  return start({"culprit", "revert", "--keep", id, "--state", directory}, false);
}

Result<ReverterProcess> start_owner_reverter(const std::string& directory) {
  const Keeper self = own_keeper();
  return start(
      {"culprit", "revert", "--owner",
       std::to_string(self.pid) + ":" + std::to_string(self.start_ticks), "--state", directory},
      true);
}

}  // namespace culprit
