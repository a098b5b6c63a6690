// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"

#include "cli/command.h"

namespace culprit {

const std::vector<Command>& commands() {
  static const std::vector<Command> table = {
      {"analyze", "watch for a while and print one snapshot", run_analyze},
      {"doctor", "what this host can do, what is missing, and how to get it", run_doctor},
  };
  return table;
}

}  // namespace culprit
