// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"

#include "cli/command.h"

namespace culprit {

const std::vector<Command>& commands() {
  static const std::vector<Command> table = {
      {"top", "live view of who uses and who waits", run_top},
      {"analyze", "watch for a while and say what is wrong and what to do", run_analyze},
      {"why", "one process or unit explained: where its time went", run_why},
      {"flame", "stacks on or off the CPU: folded, SVG, pprof or speedscope", run_flame},
      {"export", "a stream of snapshots: one JSON object a line, or OpenMetrics", run_export},
      {"record", "keep what was read in a file", run_record},
      {"replay", "run a reading subcommand on a recording", run_replay},
      {"history", "what was kept: the last hours, or one moment", run_history},
      {"trends", "where the host's numbers are heading over days", run_trends},
      {"compare", "what differs beyond noise between two analyses or recordings", run_compare},
      {"check", "hold an analysis against thresholds; fails when a critical one is crossed",
       run_check},
      {"rules", "list, check and try the rules behind the findings", run_rules},
      {"recommend", "what to do, and what of it culprit can do itself", run_recommend},
      {"apply", "do what was recommended, for a while, and see whether it helps", run_apply},
      {"throttle", "slow a process or unit for a while; ends by itself", run_throttle},
      {"revert", "take back what was throttled", run_revert},
      {"schedule", "throttles for a time to come, and when the engine may act by itself",
       run_schedule},
      {"actions", "what was throttled, for how long, and what it brought", run_actions},
      {"daemon", "watch all day and serve what is seen on a socket", run_daemon},
      {"doctor", "what this host can do, what is missing, and how to get it", run_doctor},
  };
  return table;
}

}  // namespace culprit
