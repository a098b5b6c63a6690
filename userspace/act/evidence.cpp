// SPDX-License-Identifier: Apache-2.0
#include "act/evidence.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "act/verdict.h"
#include "util/median.h"

namespace culprit {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kWindow = 10 * kSecond, kStep = 2 * kSecond;
constexpr int kWindows = 5;
constexpr std::uint64_t kLeastRequests = 30;
constexpr double kLeastBadSeconds = 5;
constexpr double kThrottled = 0.1, kSteal = 0.05, kWaits = 0.05;

/// Seconds that a victim waited for one resource.
struct Waits {
  double all = 0, told = 0, own = 0;
  void add(const Waiting& waiting, double seconds) {
    all += waiting.ratio * seconds;
    told += waiting.told_ratio * seconds;
    own += waiting.own_ratio * seconds;
  }
  bool mostly_own() const { return own > told / 2; }
};

/// Sums of a victim's intervals that ended in (begin, end].
struct Sums {
  std::size_t bad_intervals = 0;
  double seconds = 0, bad_seconds = 0, lock = 0, throttled = 0;
  Waits cpu, disk;
  std::uint64_t bad_requests = 0;  ///< answered in bad intervals
  std::vector<double> p95;
};

Sums sums_of(const VictimTrack& victim, std::uint64_t begin, std::uint64_t end, double threshold) {
  Sums sums;
  for (const VictimInterval& interval : victim.intervals) {
    if (interval.at_ns <= begin || interval.at_ns > end) continue;
    sums.seconds += interval.seconds;
    sums.cpu.add(interval.cpu, interval.seconds);
    sums.disk.add(interval.disk, interval.seconds);
    sums.lock += interval.lock_ratio * interval.seconds;
    sums.throttled = std::max(sums.throttled, interval.throttled_ratio);
    if (!interval.p95_seconds) continue;
    sums.p95.push_back(*interval.p95_seconds);
    if (*interval.p95_seconds <= threshold) continue;
    ++sums.bad_intervals;
    sums.bad_seconds += interval.seconds;
    sums.bad_requests += interval.requests;
  }
  return sums;
}

std::string text(const char* format, double a, double b = 0) {
  std::array<char, 160> line{};
  std::snprintf(line.data(), line.size(), format, a, b);
  return line.data();
}

/// The class of cause, from the sums of the time in which it was bad.
void classify(Suffering& suffering, const Sums& sums, const Tracks& tracks) {
  const double wait = sums.seconds > 0 ? sums.cpu.all / sums.seconds : 0;
  const double least = kWaits * sums.seconds;
  if (sums.throttled > kThrottled) {
    suffering.cause = Cause::kOwnQuota;
    suffering.because = text("its own quota stops it in %.0f %% of periods", sums.throttled * 100);
  } else if (tracks.steal_ratio() > kSteal) {
    suffering.cause = Cause::kSteal;
    suffering.because =
        text("the hypervisor takes %.0f %% of CPU time", tracks.steal_ratio() * 100);
  } else if (sums.lock > std::max({sums.cpu.all, sums.disk.all, least})) {
    suffering.cause = Cause::kLock;
    suffering.because = text("it waits for locks for %.0f %% of the time, for CPUs for %.0f %%",
                             sums.lock / sums.seconds * 100, wait * 100);
  } else if (sums.disk.all > std::max(sums.cpu.all, least)) {
    const double disk = sums.disk.all / sums.seconds;
    suffering.cause = sums.disk.mostly_own() ? Cause::kItself : Cause::kDiskNeighbour;
    suffering.because = text("it waits for disks for %.0f %% of the time", disk * 100);
    if (sums.disk.mostly_own()) suffering.because += ", and moves most of what they move itself";
  } else if (wait < kWaits) {
    suffering.cause = Cause::kItself;
    suffering.because = text("it waits for a CPU for %.1f %% of the time only", wait * 100);
  } else if (sums.cpu.mostly_own()) {
    suffering.cause = Cause::kOwnThreads;
    suffering.because =
        text("%.0f %% of its wait is behind its own threads", sums.cpu.own / sums.cpu.told * 100);
  } else {
    suffering.cause = Cause::kCpuNeighbour;
    suffering.because = text("it waits for a CPU for %.0f %% of the time", wait * 100);
  }
}

}  // namespace

std::optional<Resource> contended(Cause cause) {
  if (cause == Cause::kCpuNeighbour) return Resource::kCpu;
  if (cause == Cause::kDiskNeighbour) return Resource::kDisk;
  return std::nullopt;
}

Suffering suffering_of(const VictimTrack& victim, const Tracks& tracks, std::uint64_t now_ns,
                       std::optional<double> threshold_seconds) {
  Suffering suffering;
  const auto baseline = victim.baseline_p95_seconds();
  if (!baseline && !threshold_seconds) {
    suffering.cause = Cause::kNoBaseline;
    suffering.because = "what is usual for it is not known yet";
    return suffering;
  }
  const double threshold = threshold_seconds ? *threshold_seconds : *baseline * kSlowFactor;
  suffering.threshold_seconds = threshold;
  std::uint64_t requests = 0;
  for (int window = 0; window < kWindows; ++window) {
    const std::uint64_t end = now_ns - std::min(now_ns, window * kStep);
    const Sums sums = sums_of(victim, end - std::min(end, kWindow), end, threshold);
    if (window == 0) {
      suffering.p95_seconds = median(sums.p95);
      requests = sums.bad_requests;
    }
    if (sums.bad_requests >= kLeastRequests && sums.bad_seconds >= kLeastBadSeconds)
      ++suffering.bad_windows;
  }
  const Sums recent = sums_of(victim, now_ns - std::min(now_ns, kWindow), now_ns, threshold);
  if (recent.bad_seconds < kLeastBadSeconds) return suffering;
  if (requests < kLeastRequests) {
    suffering.cause = Cause::kTooFew;
    suffering.because = text("%.0f requests are too few to tell", static_cast<double>(requests));
    return suffering;
  }
  // Where readings come late, a bad time is not yet so many that what comes of it can be judged.
  const std::size_t bad =
      sums_of(victim, now_ns - std::min(now_ns, kMeasuredWithinNs), now_ns, threshold)
          .bad_intervals;
  if (bad < kLeastMeasured) {
    suffering.cause = Cause::kTooFew;
    suffering.because = text("%.0f readings are too few to tell", static_cast<double>(bad));
    return suffering;
  }
  classify(suffering, recent, tracks);
  return suffering;
}

Incrimination evidence_against(const SuspectTrack& suspect, const VictimTrack& victim,
                               Resource resource, double threshold_seconds, std::uint64_t now_ns) {
  Incrimination evidence;
  evidence.resource = resource;
  std::map<std::uint64_t, double> use;
  double all_use = 0;
  const std::uint64_t recent = now_ns - std::min(now_ns, kWindow);
  const std::uint64_t oldest = now_ns - std::min(now_ns, 6 * kWindow);
  for (const SuspectInterval& interval : suspect.intervals) {
    if (interval.at_ns <= oldest) continue;
    use[interval.at_ns] = interval.use.of(resource);
    all_use += interval.use.of(resource);
  }
  evidence.use = mean_use(suspect, resource, recent).value_or(0);
  double blamed = 0, told = 0, waited = 0, bad_seconds = 0;
  for (const VictimInterval& interval : victim.intervals) {
    if (interval.at_ns <= oldest || !interval.p95_seconds || *interval.p95_seconds <= 0) continue;
    const double latency = *interval.p95_seconds;
    const bool bad = latency > threshold_seconds;
    const auto used = use.find(interval.at_ns);
    if (all_use > 0 && used != use.end())
      evidence.correlation +=
          used->second / all_use *
          (bad ? 1 - threshold_seconds / latency : latency / threshold_seconds - 1);
    evidence.bad_intervals += bad;
    if (!bad || interval.at_ns <= recent) continue;
    const Waiting& waiting = interval.waiting(resource);
    const auto share = waiting.blame.find(suspect.key);
    const double blame = share == waiting.blame.end() ? 0 : share->second;
    blamed += blame * interval.seconds;
    told += waiting.told_ratio * interval.seconds;
    waited += waiting.ratio * interval.seconds;
    bad_seconds += interval.seconds;
  }
  // The kernel's side remembers the last stints of a CPU only: of a long wait it is known in
  // part behind whom, and that part stands for all of it.
  evidence.blame_share = told > 0 ? blamed / told : 0;
  evidence.blamed_ratio = bad_seconds > 0 ? evidence.blame_share * waited / bad_seconds : 0;
  return evidence;
}

}  // namespace culprit
