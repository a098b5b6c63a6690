// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <vector>

#include "watch.h"

namespace culprit::test {

/// A way in which culprit can see calls.
struct CallPlan {
  std::string name;
  std::set<std::string> without;
};

/// The ways that this kernel has, the one it takes by itself first. On each it is known by
/// the programs that then must be attached.
std::vector<CallPlan> call_plans();

/// A workload dbtalk, and what was seen of it.
struct Talk {
  nlohmann::json truth;
  Snapshot snapshot;

  std::uint64_t told(const char* key) const { return truth.at(key).get<std::uint64_t>(); }
  const DatabaseRow& database() const;
  const QueryRow& query() const;
  /// Of the process that called.
  const PoolRow& pool() const;
};

/// Runs dbtalk to its end, in an interval of its own.
Talk talk(Watch& watch, std::vector<std::string> arguments);
/// The snapshot of what has happened, once `workload` has ended.
Talk end_of_talk(Watch& watch, Workload& workload);

/// It sees calls as the plan says.
void check_plan(const Snapshot& snapshot, const CallPlan& plan);
/// Nothing of calls got lost.
void check_no_losses(const Snapshot& snapshot);
/// Calls, errors, rows, bytes and text are those of the truth, on whatever machine.
void check_counts(const Talk& talk);
/// So are caller, server and pool.
void check_talk(const Talk& talk);

/// That `seconds` is `count` times a sleep of `milliseconds`, and what a busy host adds.
void check_sleeps(double seconds, std::uint64_t count, double milliseconds);

}  // namespace culprit::test
