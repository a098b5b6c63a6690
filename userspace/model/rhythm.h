// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace culprit {

/// What is known of when a task works.
struct RhythmReading {
  std::optional<std::size_t> runs;     ///< of those remembered; nullopt where some were not seen
  std::optional<double> step_seconds;  ///< of what was seen, median, where it is regular
  std::optional<double> period_seconds, jitter_seconds;
  std::optional<double> cost_per_run;  ///< mean of those seen from start to end
};

/// Joins stretches of work to what a person calls a run, and tells their period.
///
/// A stretch ends at a short pause (20 ms for samples), so a run that waits for a disk is
/// several. Which pauses lie within a run and which between two is told by the widest jump
/// between lengths of pauses that makes the starts of runs regular, for within a run pauses
/// are short against the period. Where none does, each stretch is a run.
///
/// Runs shorter than the time between samples are hit by chance, or by the beat of their period
/// against that of the samples: nothing is told then that needs all runs. Pure.
class Rhythm {
 public:
  static constexpr std::size_t kMostStretches = 512;
  /// A period is told from so many runs on, when the spread of start to start (median of the
  /// absolute deviations) is at most this part of it.
  static constexpr std::size_t kFewestRuns = 3;
  static constexpr double kMostSpread = 0.35;

  struct Run {
    std::uint64_t start_ns = 0, end_ns = 0;
    double cost = 0;  ///< in what the stretches count: samples, or seconds of CPU
  };

  /// A stretch that goes on is told again with the same start. One that begins before others
  /// that are known may overlap them, as processes of one job do.
  void note(std::uint64_t start_ns, std::uint64_t end_ns, double cost);
  /// What is told before this may have begun unseen; nothing that spans it is a whole run.
  void watch_from(std::uint64_t time_ns) { watched_from_ns_ = time_ns; }
  /// Its stretches, joined; the last one may go on.
  const std::vector<Run>& runs() const;
  RhythmReading read(std::uint64_t now_ns) const;
  /// nullopt where some were not seen.
  std::optional<std::size_t> runs_begun_since(std::uint64_t time_ns) const;

 private:
  void settle() const;
  std::optional<double> cost_per_run(std::uint64_t now_ns) const;

  std::deque<Run> stretches_;  // in order of start
  std::uint64_t watched_from_ns_ = 0;
  mutable bool settled_ = true;
  mutable std::vector<Run> runs_;
  mutable bool some_unseen_ = false;
  mutable std::uint64_t longest_pause_ns_ = 0;  // within a run
};

/// Part (0…1) of the time in which `runs` work and `others` do, too, in the span that both
/// cover.
double overlap_of(const std::vector<Rhythm::Run>& runs, const std::vector<Rhythm::Run>& others);

}  // namespace culprit
