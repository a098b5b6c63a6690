// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"

#include "cli/command.h"

namespace culprit {

const std::vector<Command>& commands() {
  static const std::vector<Command> table = {
      {"top", "live view of who uses and who waits", run_top},
      {"analyze", "watch for a while and print one snapshot", run_analyze},
  };
  return table;
}

}  // namespace culprit
