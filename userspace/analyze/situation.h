// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "analyze/contention.h"
#include "analyze/limit_rows.h"
#include "model/snapshot.h"

namespace culprit {

/// The calls of one query that requests of one endpoint led to.
struct RequestQueryRow {
  const EndpointRow* endpoint = nullptr;
  const QueryRow* query = nullptr;
  std::uint64_t calls = 0;
  double seconds = 0;
};

/// Connections of a process to a database, with both.
struct PoolUseRow {
  const DatabaseRow* database = nullptr;
  const PoolRow* pool = nullptr;
  const ProcessRow* process = nullptr;  ///< nullptr: it used nothing in the interval
};

/// A thread and its process.
struct ThreadUseRow {
  const ProcessRow* process = nullptr;
  const ThreadRow* thread = nullptr;
};

/// Children of one process that ended in the interval, without those that a server forks of itself.
struct ChildSums {
  std::uint64_t count = 0;
  double cpu_seconds = 0;
};

/// A snapshot, and what the rules ask of it that lies across its rows. Points into it.
class Situation {
 public:
  /// `present`: which knows the processes where the snapshot holds calls only; outlives this.
  explicit Situation(const Snapshot& snapshot, const Situation* present = nullptr);

  const Snapshot& snapshot() const { return snapshot_; }
  double seconds() const { return snapshot_.seconds; }
  /// nullptr when it is not in the snapshot.
  const ProcessRow* process(const ProcessId& id) const;
  /// Who has that pid, or had it last; nullptr when nobody in the interval.
  const ProcessRow* holder(std::uint32_t pid) const;
  /// It answers requests, or it is the server of a database.
  bool answers(const ProcessRow& process) const;
  ChildSums children(std::uint32_t pid) const;
  /// Addresses that processes of this host ask, at which it answers, or who forked it listens.
  std::vector<const ServiceRow*> services_of(const ProcessId& server) const;
  /// nullptr when the cgroup is not known.
  const UnitRow* unit(const ProcessRow& process) const;
  /// How long it waited for a CPU behind processes of its own unit; of `unit`'s processes.
  double own_delay_seconds(const UnitRow& unit) const;
  /// Time of all calls of all queries, without those whose purpose is to wait.
  double query_seconds() const { return query_seconds_; }

  std::span<const ContentionRow> contention() const { return contention_; }
  std::span<const RequestQueryRow> request_queries() const { return request_queries_; }
  std::span<const PoolUseRow> pools() const { return pools_; }
  std::span<const ThreadUseRow> threads() const { return threads_; }
  std::span<const ProcessLimitRow> process_limits() const { return process_limits_; }
  std::span<const SettingRow> settings() const { return settings_; }
  std::span<const CacheScanRow> cache_scans() const { return cache_scans_; }

 private:
  void note_process(const ProcessRow& row);
  bool find_answers(const ProcessRow& process) const;
  void find_children();
  void find_own_delay();
  void find_request_queries();

  const Snapshot& snapshot_;
  const Situation* present_;
  std::pmr::monotonic_buffer_resource arena_;  ///< of the maps, which are built once
  std::pmr::unordered_map<std::uint32_t, const ProcessRow*> holders_{&arena_};
  std::pmr::map<ProcessId, const ProcessRow*> earlier_{&arena_};  ///< whose pid another holds now
  std::pmr::map<std::uint32_t, ChildSums> children_{&arena_};
  std::pmr::unordered_map<std::string_view, const UnitRow*> units_{&arena_};
  std::pmr::unordered_map<std::string_view, double> own_delay_{&arena_};  ///< by cgroup path
  std::vector<ProcessId> servers_;                                        ///< of databases, sorted
  std::vector<char> answers_;  ///< by place in the snapshot
  double query_seconds_ = 0;
  std::vector<ContentionRow> contention_;
  std::vector<RequestQueryRow> request_queries_;
  std::vector<PoolUseRow> pools_;
  std::vector<ThreadUseRow> threads_;
  std::vector<ProcessLimitRow> process_limits_;
  std::vector<SettingRow> settings_;
  std::vector<CacheScanRow> cache_scans_;
};

}  // namespace culprit
