// SPDX-License-Identifier: Apache-2.0
#include "model/rhythm.h"

#include <algorithm>
#include <cmath>

#include "model/counter.h"
#include "util/median.h"

namespace culprit {
namespace {

constexpr std::size_t kMostSplits = 12;
/// Lengths of pauses that differ less belong together.
constexpr double kLeastJump = 1.5;
/// A deviation's median is this part of its standard deviation (of a normal distribution).
constexpr double kMedianOfDeviation = 0.6745;

struct Spacing {
  double period = 0, deviation = 0;  // medians, in nanoseconds
  double spread() const { return period > 0 ? deviation / period : 1; }
};

/// Of start to start; at least two runs.
Spacing spacing_of(const std::vector<Rhythm::Run>& runs) {
  std::vector<double> steps;
  for (std::size_t i = 1; i < runs.size(); ++i)
    steps.push_back(static_cast<double>(increase(runs[i - 1].start_ns, runs[i].start_ns)));
  Spacing spacing;
  spacing.period = median(steps);
  spacing.deviation = median_deviation(steps);
  return spacing;
}

/// Few runs look regular by chance: the fewer, the more regular they have to be.
bool is_regular(const std::vector<Rhythm::Run>& runs) {
  if (runs.size() < Rhythm::kFewestRuns) return false;
  const double most = runs.size() == 3 ? 0.1 : runs.size() < 7 ? 0.2 : Rhythm::kMostSpread;
  return spacing_of(runs).spread() <= most;
}

std::vector<Rhythm::Run> joined(const std::deque<Rhythm::Run>& stretches, std::uint64_t pause_ns) {
  std::vector<Rhythm::Run> runs;
  for (const Rhythm::Run& stretch : stretches) {
    if (!runs.empty() && increase(runs.back().end_ns, stretch.start_ns) <= pause_ns) {
      runs.back().end_ns = std::max(runs.back().end_ns, stretch.end_ns);
      runs.back().cost += stretch.cost;
    } else {
      runs.push_back(stretch);
    }
  }
  return runs;
}

/// Pauses between stretches, shortest first; none where they overlap.
std::vector<std::uint64_t> pauses_of(const std::deque<Rhythm::Run>& stretches) {
  std::vector<std::uint64_t> pauses;
  std::uint64_t end_ns = 0;
  for (const Rhythm::Run& stretch : stretches) {
    if (end_ns > 0 && stretch.start_ns > end_ns) pauses.push_back(stretch.start_ns - end_ns);
    end_ns = std::max(end_ns, stretch.end_ns);
  }
  std::sort(pauses.begin(), pauses.end());
  return pauses;
}

/// Where lengths of pauses jump, the widest jumps first: candidates for the longest pause
/// within a run. 0, no pause lies within one, is the last.
std::vector<std::uint64_t> splits_of(const std::vector<std::uint64_t>& pauses) {
  std::vector<std::pair<double, std::uint64_t>> jumps;
  for (std::size_t i = 1; i < pauses.size(); ++i) {
    const double jump = static_cast<double>(pauses[i]) / static_cast<double>(pauses[i - 1]);
    if (jump >= kLeastJump) jumps.emplace_back(jump, pauses[i - 1]);
  }
  std::sort(jumps.rbegin(), jumps.rend());
  if (jumps.size() > kMostSplits) jumps.resize(kMostSplits);
  std::vector<std::uint64_t> splits;
  for (const auto& [jump, pause_ns] : jumps) splits.push_back(pause_ns);
  splits.push_back(0);
  return splits;
}

/// A single sample hit most of them, so of others like them there was none.
bool seen_by_chance(const std::deque<Rhythm::Run>& stretches) {
  const auto hits = std::count_if(stretches.begin(), stretches.end(), [](const Rhythm::Run& run) {
    return run.start_ns == run.end_ns && run.cost > 0;
  });
  return 2 * static_cast<std::size_t>(hits) > stretches.size();
}

}  // namespace

void Rhythm::note(std::uint64_t start_ns, std::uint64_t end_ns, double cost) {
  if (end_ns < start_ns) return;
  settled_ = false;
  auto at = stretches_.end();
  while (at != stretches_.begin() && (at - 1)->start_ns > start_ns) --at;
  if (at != stretches_.begin() && (at - 1)->start_ns == start_ns) {
    *(at - 1) = {start_ns, std::max(end_ns, (at - 1)->end_ns), cost};
    return;
  }
  stretches_.insert(at, {start_ns, end_ns, cost});
  if (stretches_.size() > kMostStretches) stretches_.pop_front();
}

void Rhythm::settle() const {
  if (settled_) return;
  settled_ = true;
  some_unseen_ = seen_by_chance(stretches_);
  for (const std::uint64_t pause_ns : splits_of(pauses_of(stretches_))) {
    runs_ = joined(stretches_, pause_ns);
    longest_pause_ns_ = pause_ns;
    if (pause_ns == 0 || is_regular(runs_)) return;
  }
}

const std::vector<Rhythm::Run>& Rhythm::runs() const {
  settle();
  return runs_;
}

RhythmReading Rhythm::read(std::uint64_t now_ns) const {
  settle();
  RhythmReading reading;
  std::optional<Spacing> spacing;
  if (runs_.size() >= kFewestRuns) spacing = spacing_of(runs_);
  if (spacing && spacing->spread() > kMostSpread) spacing.reset();
  if (spacing) reading.step_seconds = spacing->period * kSecondsPerNanosecond;
  if (some_unseen_) return reading;
  reading.runs = runs_.size();
  reading.cost_per_run = cost_per_run(now_ns);
  if (!spacing) return reading;
  reading.period_seconds = reading.step_seconds;
  reading.jitter_seconds = spacing->deviation / kMedianOfDeviation * kSecondsPerNanosecond;
  return reading;
}

/// Mean of those that are whole: one that was cut at either end of what was seen is not.
std::optional<double> Rhythm::cost_per_run(std::uint64_t now_ns) const {
  double cost = 0;
  std::size_t whole = 0;
  for (const Run& run : runs_) {
    if (run.start_ns <= watched_from_ns_ + longest_pause_ns_) continue;
    if (&run == &runs_.back() && increase(run.end_ns, now_ns) <= longest_pause_ns_) continue;
    cost += run.cost;
    ++whole;
  }
  if (whole == 0) return std::nullopt;
  return cost / static_cast<double>(whole);
}

std::optional<std::size_t> Rhythm::runs_begun_since(std::uint64_t time_ns) const {
  settle();
  if (some_unseen_) return std::nullopt;
  return static_cast<std::size_t>(std::count_if(
      runs_.begin(), runs_.end(), [&](const Run& run) { return run.start_ns > time_ns; }));
}

double overlap_of(const std::vector<Rhythm::Run>& runs, const std::vector<Rhythm::Run>& others) {
  if (runs.empty() || others.empty()) return 0;
  const std::uint64_t from_ns = std::max(runs.front().start_ns, others.front().start_ns);
  const std::uint64_t to_ns = std::min(runs.back().end_ns, others.back().end_ns);
  std::uint64_t all_ns = 0, shared_ns = 0;
  std::size_t first = 0;  // of the others, the first that has not ended
  for (const Rhythm::Run& run : runs) {
    const std::uint64_t start_ns = std::max(run.start_ns, from_ns);
    const std::uint64_t end_ns = std::min(run.end_ns, to_ns);
    all_ns += increase(start_ns, end_ns);
    while (first < others.size() && others[first].end_ns <= start_ns) ++first;
    for (std::size_t i = first; i < others.size() && others[i].start_ns < end_ns; ++i)
      shared_ns +=
          increase(std::max(start_ns, others[i].start_ns), std::min(end_ns, others[i].end_ns));
  }
  return all_ns > 0 ? static_cast<double>(shared_ns) / static_cast<double>(all_ns) : 0;
}

}  // namespace culprit
