// SPDX-License-Identifier: Apache-2.0
#include <malloc.h>

#include "cli/command.h"
#include "util/log.h"

int main(int argc, char** argv) {
  // Each tick builds and drops a few large lists. Kept by the allocator they are reused;
  // given back, the kernel would have to clear the same pages anew each second.
  constexpr int kKeptBytes = 32 << 20;
  mallopt(M_MMAP_THRESHOLD, kKeptBytes);
  mallopt(M_TRIM_THRESHOLD, kKeptBytes);
  culprit::start_log();
  return culprit::run_command_line(argc, argv);
}
