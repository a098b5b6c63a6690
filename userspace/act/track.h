// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "act/lease.h"
#include "model/snapshot.h"

namespace culprit {

/// At what processes are in each other's way.
enum class Resource : std::uint8_t { kCpu, kDisk };

/// How long the threads of a victim waited for a resource in an interval, in seconds per second.
struct Waiting {
  double ratio = 0;
  double told_ratio = 0;                ///< of that: it is known behind whom
  double own_ratio = 0;                 ///< of that: behind itself
  std::map<std::string, double> blame;  ///< of that, by suspect
};

/// One interval of a process that answers requests, as rates per second.
struct VictimInterval {
  std::uint64_t at_ns = 0;  ///< end of the interval, by the engine's clock
  double seconds = 0;
  std::uint64_t requests = 0, errors = 0;
  std::optional<double> p95_seconds;
  Waiting cpu;
  /// Nothing tells behind whom a request to a disk waited: those who moved bytes meanwhile are
  /// to blame for as much of it as of the bytes.
  Waiting disk;
  double lock_ratio = 0;       ///< seconds in waits for a lock's holder, per second
  double throttled_ratio = 0;  ///< of its unit's quota periods

  const Waiting& waiting(Resource resource) const {
    return resource == Resource::kCpu ? cpu : disk;
  }
};

/// What somebody uses.
struct ResourceUse {
  double cpu_cores = 0;
  double disk_bytes = 0;  ///< read and written, a second

  double of(Resource resource) const { return resource == Resource::kCpu ? cpu_cores : disk_bytes; }
};

/// One interval of a suspect.
struct SuspectInterval {
  std::uint64_t at_ns = 0;
  ResourceUse use;
};

/// Who suffers, or may.
struct VictimTrack {
  ProcessId id;
  std::string name;
  std::deque<VictimInterval> intervals;
  /// What is usual for it. Of slow intervals only every fifth is kept, so that trouble that
  /// lasts becomes usual late.
  std::deque<double> usual_p95_seconds;
  std::uint32_t slow_intervals = 0;
  /// The lower quartile of these; absent before ten seconds.
  std::optional<double> baseline_p95_seconds() const;
};

/// Processes that are held together: a unit without victims, or processes of one name with
/// one parent.
struct SuspectTrack {
  std::string key;
  LeaseTarget label;
  std::string unit;  ///< of a whole unit; else ""
  std::vector<ProcessId> members;
  Class process_class = Class::kUnknown;
  std::string class_because;
  bool database = false;
  bool open_transaction = false;  ///< at the end of the interval: others may wait for it
  std::deque<SuspectInterval> intervals;
};

/// What the last two minutes were like, told from Snapshots. Pure: time is passed in.
class Tracks {
 public:
  static constexpr std::uint64_t kKeptNs = 120ull * 1'000'000'000;

  void add(const Snapshot& snapshot, std::uint64_t now_ns);

  const std::map<ProcessId, VictimTrack>& victims() const { return victims_; }
  const std::map<std::string, SuspectTrack>& suspects() const { return suspects_; }
  /// Null when the pid is of nobody, or of a victim.
  const SuspectTrack* suspect_of(std::uint32_t pid) const;
  double steal_ratio() const { return steal_ratio_; }
  std::uint32_t cpu_count() const { return cpu_count_; }

 private:
  void add_victim(const Snapshot& snapshot, const ProcessRow& row, std::uint64_t now_ns);
  void add_disk_wait(VictimInterval& interval, const Snapshot& snapshot,
                     const ProcessRow& row) const;
  void group_suspects(const Snapshot& snapshot, std::uint64_t now_ns);
  void forget(std::uint64_t now_ns);

  std::map<ProcessId, VictimTrack> victims_;
  std::map<std::string, SuspectTrack> suspects_;
  std::map<std::uint32_t, std::string> key_of_pid_;
  double steal_ratio_ = 0;
  double disk_bytes_ = 0;  ///< a second, of all processes, in the last interval
  std::uint32_t cpu_count_ = 1;
};

/// Mean use since then; absent when nothing was measured.
std::optional<double> mean_use(const SuspectTrack& suspect, Resource resource,
                               std::uint64_t since_ns);

/// It has been there for three seconds, whichever of its processes are younger.
bool stands(const SuspectTrack& suspect);

/// Slower than this times what is usual is slow.
inline constexpr double kSlowFactor = 1.5;

/// The value below which that share of them lies; absent of none.
std::optional<double> quantile(std::vector<double> values, double share);

}  // namespace culprit
