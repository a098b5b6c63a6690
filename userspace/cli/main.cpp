// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

#include "cli/command.h"
#include "util/log.h"

namespace {

/// A stream that is closed stays without effect: else a file that we open, say a recording,
/// becomes stdout, and what is said there is written into it. Writing to this one fails.
void occupy_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (fcntl(stream, F_GETFD) < 0) open("/dev/null", O_RDONLY);
}

}  // namespace

int main(int argc, char** argv) {
  occupy_standard_streams();
  // Each tick builds and drops a few large lists. Kept by the allocator they are reused;
  // given back, the kernel would have to clear the same pages anew each second.
  constexpr int kKeptBytes = 32 << 20;
  mallopt(M_MMAP_THRESHOLD, kKeptBytes);
  mallopt(M_TRIM_THRESHOLD, kKeptBytes);
  culprit::start_log();
  return culprit::run_command_line(argc, argv);
}
