// SPDX-License-Identifier: Apache-2.0
#include "view/signal_guard.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>

namespace culprit {
namespace {

constexpr std::array kAsking = {SIGINT, SIGTERM, SIGHUP, SIGWINCH};
constexpr std::array kCrashing = {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL};

// Handlers see nothing but what is static.
std::array<int, 2> pipe_ends = {-1, -1};
std::array<struct sigaction, 65> before;
termios modes;
bool modes_known = false;
std::array<char, 256> reset_sequence;
volatile std::size_t reset_length = 0;
alignas(16) std::array<char, 32768> crash_stack;
stack_t stack_before;

void pass_on(int signal) {
  const int error = errno;
  const auto byte = static_cast<unsigned char>(signal);
  [[maybe_unused]] const ssize_t written = write(pipe_ends[1], &byte, 1);
  errno = error;
}

void restore_and_crash(int signal) {
  [[maybe_unused]] const ssize_t written =
      write(STDOUT_FILENO, reset_sequence.data(), reset_length);
  if (modes_known) tcsetattr(STDIN_FILENO, TCSANOW, &modes);
  sigaction(signal, &before[static_cast<std::size_t>(signal)], nullptr);
  raise(signal);  // delivered when this handler returns
}

void install(int signal, void (*handler)(int), int flags) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = flags;
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, &before[static_cast<std::size_t>(signal)]);
}

}  // namespace

Result<std::unique_ptr<SignalGuard>> SignalGuard::make() {
  if (pipe2(pipe_ends.data(), O_CLOEXEC | O_NONBLOCK) != 0)
    return unsupported(std::string("pipe: ") + std::strerror(errno));
  modes_known = tcgetattr(STDIN_FILENO, &modes) == 0;
  reset_length = 0;
  // A stack that overflows needs another one to say so.
  const stack_t stack{crash_stack.data(), 0, crash_stack.size()};
  sigaltstack(&stack, &stack_before);
  for (const int signal : kAsking) install(signal, pass_on, SA_RESTART);
  for (const int signal : kCrashing) install(signal, restore_and_crash, SA_ONSTACK);
  return std::unique_ptr<SignalGuard>(new SignalGuard);
}

SignalGuard::~SignalGuard() {
  for (const int signal : kAsking)
    sigaction(signal, &before[static_cast<std::size_t>(signal)], nullptr);
  for (const int signal : kCrashing)
    sigaction(signal, &before[static_cast<std::size_t>(signal)], nullptr);
  sigaltstack(&stack_before, nullptr);
  for (int& end : pipe_ends) {
    close(end);
    end = -1;
  }
}

void SignalGuard::set_reset_sequence(std::string_view sequence) {
  const std::size_t length = std::min(sequence.size(), reset_sequence.size() - 1);
  std::copy_n(sequence.begin(), length, reset_sequence.begin());
  reset_length = length;
}

int SignalGuard::descriptor() const {
  return pipe_ends[0];
}

int SignalGuard::take() {
  unsigned char byte = 0;
  return read(pipe_ends[0], &byte, 1) == 1 ? byte : 0;
}

}  // namespace culprit
