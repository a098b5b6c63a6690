// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "act/evidence.h"
#include "act/track.h"

namespace culprit {

struct PlannerOptions {
  /// Of a victim's p95; absent: 1.5 times what is usual for it.
  std::optional<double> threshold_seconds;
  double least_blame_share = 0.30, least_correlation = 0.35;
  int least_bad_intervals = 5, least_bad_windows = 3;
};

// Rules whose findings the engine acts on; /act/modes of the configuration names them.
inline constexpr char kForkStorm[] = "cpu.fork_storm";
inline constexpr char kContention[] = "cpu.background_contention";
inline constexpr char kDiskSaturated[] = "disk.saturated";

/// A victim that suffers, and who is to be slowed for it.
struct Decision {
  ProcessId victim;
  std::string victim_name;
  std::string suspect;  ///< its key
  Suffering suffering;
  Incrimination evidence;
  std::string rule = kContention;    ///< whose mode holds
  std::vector<std::string> reasons;  ///< one line each, for a person
};

/// A victim that suffers and for which nothing is to be done, and why.
struct Refusal {
  ProcessId victim;
  std::string victim_name;
  std::string reason;
};

struct Plan {
  std::optional<Decision> decision;
  std::vector<Refusal> refusals;
};

/// Chooses whom to slow, from what was measured. Pure but for what it remembers of failures: a
/// pair of victim and suspect that was tried in vain is left alone for 60 s, then twice as long
/// each time, 30 min at most.
class Planner {
 public:
  explicit Planner(PlannerOptions options) : options_(options) {}
  void use(PlannerOptions options) { options_ = options; }

  /// `busy`: suspects that are held already.
  Plan plan(const Tracks& tracks, std::uint64_t now_ns, const std::vector<std::string>& busy);
  void failed(const ProcessId& victim, const std::string& suspect, std::uint64_t now_ns);
  void helped(const ProcessId& victim, const std::string& suspect);
  /// Three failures within an hour: watch only.
  bool worn_out(std::uint64_t now_ns) const;

 private:
  struct BackOff {
    std::uint64_t until_ns = 0, length_ns = 0;
  };
  using Pair = std::pair<ProcessId, std::string>;
  /// Why this suspect is none; "" when it is one.
  std::string objection(const SuspectTrack& suspect, const VictimTrack& victim,
                        const Incrimination& evidence, std::uint64_t now_ns) const;

  PlannerOptions options_;
  std::map<Pair, BackOff> back_off_;
  std::vector<std::uint64_t> failures_ns_;
};

}  // namespace culprit
