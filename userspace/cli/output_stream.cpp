// SPDX-License-Identifier: Apache-2.0
#include "cli/output_stream.h"

#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace culprit {
namespace {

constexpr int kAskAgainMilliseconds = 200;

}  // namespace

OutputStream::OutputStream(std::function<bool()> stop) : stop_(std::move(stop)) {
  signal(SIGPIPE, SIG_IGN);  // a reader that has gone is EPIPE, not our death
}

Result<bool> OutputStream::write(std::string_view text) {
  while (!text.empty()) {
    // A pipe that polls writable takes PIPE_BUF bytes without blocking.
    pollfd out{STDOUT_FILENO, POLLOUT, 0};
    if (::poll(&out, 1, kAskAgainMilliseconds) <= 0) {
      if (stop_()) return false;
      continue;
    }
    const ssize_t size =
        ::write(STDOUT_FILENO, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
    if (size < 0 && errno == EPIPE) return false;
    if (size < 0 && errno != EINTR && errno != EAGAIN)
      return fail(std::string("cannot write to stdout: ") + std::strerror(errno));
    if (size > 0) text.remove_prefix(static_cast<std::size_t>(size));
  }
  return true;
}

}  // namespace culprit
