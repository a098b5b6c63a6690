// SPDX-License-Identifier: Apache-2.0
#include "act/track.h"

#include <algorithm>
#include <set>
#include <utility>

#include "model/usage.h"

namespace culprit {
namespace {

constexpr std::size_t kUsualKept = 300, kUsualNeeded = 10;
constexpr std::uint32_t kSlowKept = 5;  ///< one in so many

bool is_victim(const ProcessRow& row) {
  return row.requests && !row.exited && !row.kernel_thread;
}

/// Units in which somebody answers requests: a part of them may be the suspect, not the whole.
std::set<std::string> answering_units(const Snapshot& snapshot) {
  std::set<std::string> units;
  for (const ProcessRow& row : snapshot.processes)
    if (row.cgroup && (is_victim(row) || row.process_class == Class::kForeground))
      units.insert(*row.cgroup);
  return units;
}

struct SuspectKey {
  std::string key;
  LeaseTarget label;
  std::string unit;
};

SuspectKey key_of(const ProcessRow& row, const std::set<std::string>& answering) {
  if (row.cgroup && row.unit && *row.cgroup != "/" && !answering.count(*row.cgroup))
    return {"unit " + *row.cgroup, {"unit", *row.unit, {}, {}}, *row.unit};
  const std::string unit = row.cgroup.value_or("/");
  if (row.parent_pid > 1)
    return {"children " + std::to_string(row.parent_pid) + " " + row.name + " " + unit,
            {"process", row.name, row.id.pid, row.id.start_time_ns},
            ""};
  return {"process " + std::to_string(row.id.pid) + " " + std::to_string(row.id.start_time_ns),
          {"process", row.name, row.id.pid, row.id.start_time_ns},
          ""};
}

void note_usual(VictimTrack& track, double p95_seconds) {
  const auto baseline = track.baseline_p95_seconds();
  const bool slow = baseline && p95_seconds > *baseline * kSlowFactor;
  if (slow && ++track.slow_intervals % kSlowKept != 0) return;
  track.usual_p95_seconds.push_back(p95_seconds);
  if (track.usual_p95_seconds.size() > kUsualKept) track.usual_p95_seconds.pop_front();
}

const UnitRow* unit_of(const Snapshot& snapshot, const ProcessRow& row) {
  for (const UnitRow& unit : snapshot.units)
    if (row.cgroup == unit.path) return &unit;
  return nullptr;
}

}  // namespace

std::optional<double> mean_use(const SuspectTrack& suspect, Resource resource,
                               std::uint64_t since_ns) {
  double sum = 0;
  int count = 0;
  for (const SuspectInterval& interval : suspect.intervals) {
    if (interval.at_ns <= since_ns) continue;
    sum += interval.use.of(resource);
    ++count;
  }
  return count > 0 ? std::optional(sum / count) : std::nullopt;
}

bool stands(const SuspectTrack& suspect) {
  constexpr std::uint64_t kStandsNs = 3'000'000'000;
  const auto& intervals = suspect.intervals;
  return !intervals.empty() && intervals.back().at_ns - intervals.front().at_ns >= kStandsNs;
}

std::optional<double> quantile(std::vector<double> values, double share) {
  if (values.empty()) return std::nullopt;
  const auto rank = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + rank, values.end());
  return values[static_cast<std::size_t>(rank)];
}

std::optional<double> VictimTrack::baseline_p95_seconds() const {
  if (usual_p95_seconds.size() < kUsualNeeded) return std::nullopt;
  return quantile({usual_p95_seconds.begin(), usual_p95_seconds.end()}, 0.25);
}

void Tracks::add(const Snapshot& snapshot, std::uint64_t now_ns) {
  if (snapshot.seconds <= 0) return;
  cpu_count_ = std::max(1u, snapshot.host.cpu_count);
  if (snapshot.system.cpu)
    steal_ratio_ = snapshot.system.cpu->steal_seconds / (snapshot.seconds * cpu_count_);
  group_suspects(snapshot, now_ns);
  for (const ProcessRow& row : snapshot.processes)
    if (is_victim(row)) add_victim(snapshot, row, now_ns);
  forget(now_ns);
}

void Tracks::group_suspects(const Snapshot& snapshot, std::uint64_t now_ns) {
  const std::set<std::string> answering = answering_units(snapshot);
  std::set<ProcessId> servers, in_transaction;
  for (const DatabaseRow& database : snapshot.databases) {
    if (database.server) servers.insert(database.server->id);
    for (const PoolRow& pool : database.pools)
      if (pool.in_transaction > 0) in_transaction.insert(pool.process.id);
  }
  key_of_pid_.clear();
  disk_bytes_ = 0;
  std::map<std::string, SuspectInterval> intervals;
  std::set<std::string> seen;
  for (const ProcessRow& row : snapshot.processes) {
    disk_bytes_ += disk_bytes_of(row.usage) / snapshot.seconds;
    if (row.kernel_thread || is_victim(row)) continue;
    const SuspectKey key = key_of(row, answering);
    key_of_pid_[row.id.pid] = key.key;
    SuspectInterval& interval = intervals[key.key];
    interval.at_ns = now_ns;
    interval.use.cpu_cores += row.usage.cpu_seconds / snapshot.seconds;
    interval.use.disk_bytes += disk_bytes_of(row.usage) / snapshot.seconds;
    SuspectTrack& track = suspects_[key.key];
    if (seen.insert(key.key).second) {
      const std::deque<SuspectInterval> before = std::move(track.intervals);
      track = SuspectTrack{key.key,           key.label, key.unit, {},    row.process_class,
                           row.class_because, false,     false,    before};
    }
    // Who answers anybody makes all of it that; who is not known makes it unknown.
    if (row.process_class == Class::kForeground || row.process_class == Class::kSystem ||
        (row.process_class == Class::kUnknown && track.process_class == Class::kBackground)) {
      track.process_class = row.process_class;
      track.class_because = row.class_because;
    }
    track.database = track.database || servers.count(row.id) > 0;
    track.open_transaction = track.open_transaction || in_transaction.count(row.id) > 0;
    if (!row.exited) track.members.push_back(row.id);
  }
  for (const auto& [key, interval] : intervals) suspects_[key].intervals.push_back(interval);
}

void Tracks::add_victim(const Snapshot& snapshot, const ProcessRow& row, std::uint64_t now_ns) {
  VictimTrack& track = victims_[row.id];
  track.id = row.id;
  track.name = row.name;
  VictimInterval interval;
  interval.at_ns = now_ns;
  interval.seconds = snapshot.seconds;
  interval.requests = row.requests->count;
  interval.errors = row.requests->errors;
  if (row.requests->latency) interval.p95_seconds = row.requests->latency->p95_seconds;
  interval.cpu.ratio = row.usage.run_queue_seconds.value_or(0) / snapshot.seconds;
  const double blocked = row.usage.blocked_seconds ? (*row.usage.blocked_seconds)[BLOCKED_LOCK] : 0;
  interval.lock_ratio = row.usage.contended_seconds.value_or(blocked) / snapshot.seconds;
  if (const UnitRow* unit = unit_of(snapshot, row))
    interval.throttled_ratio = unit->throttled_ratio.value_or(0);
  for (const DelayedBy& delay : row.delayed_by) {
    interval.cpu.told_ratio += delay.seconds / snapshot.seconds;
    if (delay.pid == row.id.pid) interval.cpu.own_ratio += delay.seconds / snapshot.seconds;
    const auto key = key_of_pid_.find(delay.pid);
    if (key != key_of_pid_.end())
      interval.cpu.blame[key->second] += delay.seconds / snapshot.seconds;
  }
  add_disk_wait(interval, snapshot, row);
  if (interval.p95_seconds) note_usual(track, *interval.p95_seconds);
  track.intervals.push_back(std::move(interval));
}

void Tracks::add_disk_wait(VictimInterval& interval, const Snapshot& snapshot,
                           const ProcessRow& row) const {
  if (!row.usage.blocked_seconds) return;
  Waiting& disk = interval.disk;
  disk.ratio = (*row.usage.blocked_seconds)[BLOCKED_DISK] / snapshot.seconds;
  if (disk.ratio <= 0 || disk_bytes_ <= 0) return;
  const double of_each_byte = disk.ratio / disk_bytes_;
  disk.told_ratio = disk.ratio;
  disk.own_ratio = disk_bytes_of(row.usage) / snapshot.seconds * of_each_byte;
  for (const auto& [key, suspect] : suspects_) {
    const SuspectInterval& last = suspect.intervals.back();
    if (last.at_ns == interval.at_ns && last.use.disk_bytes > 0)
      disk.blame[key] = last.use.disk_bytes * of_each_byte;
  }
}

const SuspectTrack* Tracks::suspect_of(std::uint32_t pid) const {
  const auto key = key_of_pid_.find(pid);
  if (key == key_of_pid_.end()) return nullptr;
  const auto track = suspects_.find(key->second);
  return track == suspects_.end() ? nullptr : &track->second;
}

void Tracks::forget(std::uint64_t now_ns) {
  const auto shorten = [&](auto& tracks) {
    for (auto track = tracks.begin(); track != tracks.end();) {
      auto& intervals = track->second.intervals;
      while (!intervals.empty() && intervals.front().at_ns + kKeptNs < now_ns)
        intervals.pop_front();
      track = intervals.empty() ? tracks.erase(track) : std::next(track);
    }
  };
  shorten(victims_);
  shorten(suspects_);
}

}  // namespace culprit
