// SPDX-License-Identifier: Apache-2.0
#include "analyze/compare.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "analyze/compare_statistics.h"
#include "util/median.h"

namespace culprit {
namespace {

/// How often a family of numbers may be said to differ when nothing does.
constexpr double kChance = 0.01;
// Of the smaller value. Less is of no interest, however sure; and what was watched once does not
// tell how it differs from time to time.
constexpr double kLeastRatio = 0.1, kLeastRatioOnce = 0.15;
constexpr double kLeastDeviations = 2;  // of the values from their median
// Neighbours are taken together, for what an interval has of the one before tells nothing new,
// and what works now and then is in each block. Ranks of fewer than the least tell too little.
constexpr std::size_t kMostBlocks = 12, kLeastBlocks = 6;
constexpr double kLeastLength = 0.5;  // of the usual: a shorter interval is the rest of one

enum class Family { kMedians, kTails, kUse, kShares };

struct Traits {
  Metric metric;
  const char *id, *unit;
  Family family;
  bool more_is_worse;
  bool silence_is_zero;  ///< an interval that does not name the thing tells 0 of it
  double least;          ///< difference, in its unit
  double least_size;     ///< of the larger value: below it is not looked at
  double block_count;    ///< requests that a value has to rest on
};
constexpr std::array<Traits, 6> kTraits = {
    {{Metric::kCpu, "cpu_cores", "cpus", Family::kUse, true, true, 0.01, 0.01, 0},
     {Metric::kMedian, "latency.p50_seconds", "seconds", Family::kMedians, true, false, 20e-6, 0,
      5},
     {Metric::kTail, "latency.p95_seconds", "seconds", Family::kTails, true, false, 20e-6, 0, 20},
     {Metric::kRate, "per_second", "", Family::kUse, false, true, 0.2, 0.5, 0},
     {Metric::kCallsPerRequest, "calls_per_request", "", Family::kShares, true, false, 0.2, 0.2, 1},
     {Metric::kErrors, "error_ratio", "ratio", Family::kShares, true, false, 0.01, 0.01, 0}}};
constexpr double kLeastCount = 20;  // requests in all that a latency or share rests on

/// One metric of one thing in one analysis.
struct Side {
  std::vector<double> values;  ///< by block of neighbouring intervals
  MeasuredQuantile whole;      ///< of all of them together
};

/// The intervals that are not the rest of one.
std::vector<std::size_t> full_intervals(const ObservedAnalysis& all) {
  const double usual = median(all.lengths);
  std::vector<std::size_t> full;
  for (std::size_t interval = 0; interval < all.lengths.size(); ++interval)
    if (all.lengths[interval] >= usual * kLeastLength) full.push_back(interval);
  return full;
}

/// What a block of intervals says on the whole.
Observation mean_of(const std::map<std::size_t, Observation>& values,
                    std::span<const std::size_t> intervals, bool silence_is_zero) {
  Observation mean;
  double weight = 0;
  for (const std::size_t interval : intervals) {
    const auto seen = values.find(interval);
    if (seen == values.end()) {
      if (silence_is_zero) weight += 1;
      continue;
    }
    const Observation& held = seen->second;
    const double share = silence_is_zero ? 1 : held.count;
    mean.value += held.value * share;
    mean.spread += held.spread * share;
    mean.count += held.count;
    weight += share;
  }
  if (weight > 0) mean.value /= weight, mean.spread /= weight;
  return mean;
}

Side side_of(std::span<const std::size_t> full, const ObservedThing* thing, const Traits& traits) {
  static const std::map<std::size_t, Observation> kNone;
  const auto* values = &kNone;
  if (thing)
    if (const auto held = thing->values.find(traits.metric); held != thing->values.end())
      values = &held->second;
  Side side;
  const Observation whole = mean_of(*values, full, traits.silence_is_zero);
  side.whole = {whole.value, whole.count, whole.spread};
  const std::size_t size = (full.size() + kMostBlocks - 1) / kMostBlocks;
  for (std::size_t at = 0; at < full.size(); at += size) {
    const auto block = full.subspan(at, std::min(size, full.size() - at));
    const Observation mean = mean_of(*values, block, traits.silence_is_zero);
    if (traits.silence_is_zero || (mean.count > 0 && mean.count >= traits.block_count))
      side.values.push_back(mean.value);
  }
  return side;
}

bool is_series(const Side& side) {
  return side.values.size() >= kLeastBlocks;
}

/// Compares one metric of one thing; absent where there is nothing to look at.
std::optional<Compared> held_together(const Side& before, const Side& after, const Traits& traits) {
  Compared compared;
  compared.metric = traits.id;
  compared.unit = traits.unit;
  const bool series = is_series(before) && is_series(after) && traits.metric != Metric::kErrors;
  if (series || traits.silence_is_zero) {
    compared.before = median(before.values);
    compared.after = median(after.values);
    if (series) compared.probability = rank_test(before.values, after.values);
  } else {
    const MeasuredQuantile &was = before.whole, &is = after.whole;
    if (was.count < kLeastCount || is.count < kLeastCount) return std::nullopt;
    compared.before = was.value;
    compared.after = is.value;
    if (traits.metric == Metric::kErrors)
      compared.probability =
          share_test(was.value * was.count, was.count, is.value * is.count, is.count);
    else if (traits.metric == Metric::kCallsPerRequest)
      compared.probability =
          rate_test(was.value * was.count, was.count, is.value * is.count, is.count);
    else
      compared.probability = quantile_test(traits.metric == Metric::kTail ? 0.95 : 0.5, was, is);
  }
  if (std::max(compared.before, compared.after) < traits.least_size) return std::nullopt;
  return compared;
}

/// Large enough to matter, and larger than what its values differ among themselves.
bool is_large(const Compared& compared, const Side& before, const Side& after,
              const Traits& traits) {
  const double difference = std::fabs(compared.after - compared.before);
  const bool series = is_series(before) && is_series(after);
  double least = std::max(traits.least, (series ? kLeastRatio : kLeastRatioOnce) *
                                            std::min(compared.before, compared.after));
  if (series)
    least = std::max(least, kLeastDeviations * std::max(median_deviation(before.values),
                                                        median_deviation(after.values)));
  return difference >= least;
}

struct Candidate {
  Compared compared;
  const Traits* traits;
  bool large;
};

void compare_thing(std::vector<Candidate>& out, const ObservedKey& key,
                   const std::array<const ObservedAnalysis*, 2>& all,
                   const std::array<std::vector<std::size_t>, 2>& full) {
  std::array<const ObservedThing*, 2> things{};
  for (const std::size_t which : {0, 1}) {
    const auto found = all[which]->things.find(key);
    if (found != all[which]->things.end()) things[which] = &found->second;
  }
  for (const Traits& traits : kTraits) {
    const auto told = [&](const ObservedThing* thing) {
      return thing && thing->values.contains(traits.metric);
    };
    if (!told(things[0]) && !told(things[1])) continue;
    const Side before = side_of(full[0], things[0], traits);
    const Side after = side_of(full[1], things[1], traits);
    auto compared = held_together(before, after, traits);
    if (!compared) continue;
    compared->kind = key.kind;
    compared->name = (things[1] ? things[1] : things[0])->name;
    const bool large = is_large(*compared, before, after, traits);
    out.push_back({std::move(*compared), &traits, large});
  }
}

/// Takes all comparisons of a family together: of many, some differ by chance.
void decide(std::vector<Candidate>& candidates, Family family) {
  std::vector<Candidate*> tested;
  std::vector<double> probabilities;
  for (Candidate& candidate : candidates)
    if (candidate.traits->family == family && candidate.compared.probability) {
      tested.push_back(&candidate);
      probabilities.push_back(*candidate.compared.probability);
    }
  const std::vector<double> together = corrected(probabilities);
  for (std::size_t index = 0; index < tested.size(); ++index) {
    Compared& compared = tested[index]->compared;
    compared.probability = together[index];
    const bool more = compared.after > compared.before;
    compared.change = together[index] > kChance || !tested[index]->large ? Change::kSame
                      : tested[index]->traits->metric == Metric::kRate   ? Change::kDifferent
                      : more == tested[index]->traits->more_is_worse     ? Change::kWorse
                                                                         : Change::kBetter;
  }
}

double size_of(const Candidate& candidate) {
  const Compared& compared = candidate.compared;
  const double least = candidate.traits->least;
  return std::fabs(std::log((compared.after + least) / (compared.before + least)));
}

/// In how much of the second half of the judgements a finding held: by then it had been time.
double share_of(const ObservedFinding& finding, std::size_t judgements) {
  const std::size_t half = judgements / 2;
  const auto late = std::count_if(finding.judgements.begin(), finding.judgements.end(),
                                  [&](std::size_t number) { return number >= half; });
  return static_cast<double>(late) / static_cast<double>(judgements - half);
}

bool holds(const ObservedFinding& finding, const ObservedAnalysis& all) {
  return share_of(finding, all.judgements) >= 0.5;
}

/// What holds in one analysis and never in the other; flickering is not a change.
std::vector<FindingChange> compare_findings(const ObservedAnalysis& before,
                                            const ObservedAnalysis& after) {
  std::vector<FindingChange> changes;
  const auto add = [&](const ObservedFinding& finding, std::optional<Severity> was,
                       std::optional<Severity> is) {
    // What is only information is neither good nor bad.
    const Severity worst = std::max(was.value_or(Severity::kInfo), is.value_or(Severity::kInfo));
    const Change change = worst == Severity::kInfo     ? Change::kDifferent
                          : !was || (is && *is > *was) ? Change::kWorse
                                                       : Change::kBetter;
    changes.push_back({finding.id, finding.kind, finding.name, finding.summary, was, is, change});
  };
  for (const auto& [key, finding] : after.findings) {
    const auto was = before.findings.find(key);
    if (!holds(finding, after)) continue;
    if (was == before.findings.end())
      add(finding, std::nullopt, finding.severity);
    else if (holds(was->second, before) && was->second.severity != finding.severity)
      add(finding, was->second.severity, finding.severity);
  }
  for (const auto& [key, finding] : before.findings)
    if (!after.findings.contains(key) && holds(finding, before))
      add(finding, finding.severity, std::nullopt);
  std::stable_sort(changes.begin(), changes.end(),
                   [](const FindingChange& a, const FindingChange& b) {
                     if (a.change != b.change) return a.change < b.change;
                     return std::max(a.before, a.after) > std::max(b.before, b.after);
                   });
  return changes;
}

ComparedAnalysis about(const ObservedAnalysis& all) {
  ComparedAnalysis about = all.about;
  if (!all.scores.empty()) about.score = median(all.scores);
  return about;
}

}  // namespace

BeforeAfter compare(const ObservedAnalysis& before, const ObservedAnalysis& after) {
  BeforeAfter comparison{about(before), about(after), {}, compare_findings(before, after)};
  std::map<ObservedKey, bool> keys;
  for (const auto& [key, thing] : before.things) keys[key] = true;
  for (const auto& [key, thing] : after.things) keys[key] = true;
  std::vector<Candidate> candidates;
  const std::array<std::vector<std::size_t>, 2> full = {full_intervals(before),
                                                        full_intervals(after)};
  for (const auto& [key, either] : keys) compare_thing(candidates, key, {&before, &after}, full);
  for (const Family family : {Family::kMedians, Family::kTails, Family::kUse, Family::kShares})
    decide(candidates, family);
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Candidate& a, const Candidate& b) {
                     if (a.compared.change != b.compared.change)
                       return a.compared.change < b.compared.change;
                     return size_of(a) > size_of(b);
                   });
  for (Candidate& candidate : candidates)
    comparison.numbers.push_back(std::move(candidate.compared));
  return comparison;
}

}  // namespace culprit
