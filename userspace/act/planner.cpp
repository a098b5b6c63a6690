// SPDX-License-Identifier: Apache-2.0
#include "act/planner.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "act/ladder.h"

namespace culprit {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kFirstBackOff = 60 * kSecond, kLongestBackOff = 1800 * kSecond;
constexpr std::size_t kMostFailures = 3;

std::string line(const char* format, double a, double b = 0) {
  std::array<char, 200> text{};
  std::snprintf(text.data(), text.size(), format, a, b);
  return text.data();
}

/// How much of the wait it is to blame for, and what it uses.
std::array<std::string, 2> blame_words(const Incrimination& evidence) {
  if (evidence.resource == Resource::kDisk)
    return {
        line("%.0f %% of what is read and written meanwhile is its", evidence.blame_share * 100),
        line("it moves %.1f MB/s at disks", evidence.use / 1e6)};
  return {line("%.0f %% of that wait is behind it", evidence.blame_share * 100),
          line("it uses %.2f CPUs, of which %.2f while the victim waits", evidence.use,
               evidence.blamed_ratio)};
}

std::vector<std::string> reasons_of(const Suffering& suffering, const Incrimination& evidence,
                                    const SuspectTrack& suspect) {
  const auto [share, use] = blame_words(evidence);
  return {line("the victim's p95 is %.1f ms, above %.1f ms", suffering.p95_seconds * 1e3,
               suffering.threshold_seconds * 1e3) +
              "; " + suffering.because,
          share + line("; its use and that latency go together (%.2f)", evidence.correlation),
          use + "; it is background" +
              (suspect.class_because.empty() ? "" : " (" + suspect.class_because + ")")};
}

}  // namespace

std::string Planner::objection(const SuspectTrack& suspect, const VictimTrack& victim,
                               const Incrimination& evidence, std::uint64_t now_ns) const {
  const std::string& name = suspect.label.name;
  if (suspect.database) return name + " is a database server: all that ask it would wait";
  if (suspect.process_class == Class::kForeground) return name + " answers requests itself";
  if (suspect.process_class == Class::kSystem) return name + " belongs to the system";
  if (suspect.process_class == Class::kUnknown)
    return "what " + name + " is there for is not known: only on a person's word";
  if (suspect.open_transaction)
    return name + " has a transaction open in a database and may hold locks there";
  if (evidence.blame_share < options_.least_blame_share)
    return name + ": " + blame_words(evidence)[0] + ": too little to be the cause";
  if (evidence.bad_intervals < options_.least_bad_intervals ||
      evidence.correlation < options_.least_correlation)
    return line("the use of it and the latency do not go together enough (%.2f): ",
                evidence.correlation) +
           name;
  const auto waits = back_off_.find({victim.id, suspect.key});
  if (waits != back_off_.end() && waits->second.until_ns > now_ns)
    return name + " was slowed for it in vain; it is not tried again for now";
  return "";
}

Plan Planner::plan(const Tracks& tracks, std::uint64_t now_ns,
                   const std::vector<std::string>& busy) {
  Plan plan;
  double best = 0;
  for (const auto& [id, victim] : tracks.victims()) {
    const Suffering suffering = suffering_of(victim, tracks, now_ns, options_.threshold_seconds);
    if (suffering.cause == Cause::kNone || suffering.cause == Cause::kNoBaseline) continue;
    const auto resource = contended(suffering.cause);
    if (!resource) {
      plan.refusals.push_back({id, victim.name, suffering.because});
      continue;
    }
    // Not for long enough yet: it is watched on.
    if (suffering.bad_windows < options_.least_bad_windows) continue;
    std::string why_not = "nobody is to blame for enough of it";
    double most_blamed = 0;
    bool found = false;
    for (const auto& [key, suspect] : tracks.suspects()) {
      const Incrimination evidence =
          evidence_against(suspect, victim, *resource, suffering.threshold_seconds, now_ns);
      if (evidence.use < least_use(evidence.resource) || evidence.blamed_ratio <= 0) continue;
      if (std::find(busy.begin(), busy.end(), key) != busy.end()) continue;
      const std::string objection = this->objection(suspect, victim, evidence, now_ns);
      if (!objection.empty()) {
        // Of several, the one that would have brought most.
        if (evidence.blamed_ratio > most_blamed) why_not = objection;
        most_blamed = std::max(most_blamed, evidence.blamed_ratio);
        continue;
      }
      found = true;
      if (evidence.blamed_ratio <= best) continue;
      best = evidence.blamed_ratio;
      plan.decision = Decision{id,
                               victim.name,
                               key,
                               suffering,
                               evidence,
                               evidence.resource == Resource::kCpu ? kContention : kDiskSaturated,
                               reasons_of(suffering, evidence, suspect)};
    }
    if (!found) plan.refusals.push_back({id, victim.name, why_not});
  }
  return plan;
}

void Planner::failed(const ProcessId& victim, const std::string& suspect, std::uint64_t now_ns) {
  BackOff& back_off = back_off_[{victim, suspect}];
  back_off.length_ns =
      back_off.length_ns == 0 ? kFirstBackOff : std::min(kLongestBackOff, back_off.length_ns * 2);
  back_off.until_ns = now_ns + back_off.length_ns;
  failures_ns_.push_back(now_ns);
}

void Planner::helped(const ProcessId& victim, const std::string& suspect) {
  back_off_.erase({victim, suspect});
}

bool Planner::worn_out(std::uint64_t now_ns) const {
  const auto recent = std::count_if(failures_ns_.begin(), failures_ns_.end(),
                                    [&](auto at) { return at + 3600 * kSecond > now_ns; });
  return static_cast<std::size_t>(recent) >= kMostFailures;
}

}  // namespace culprit
