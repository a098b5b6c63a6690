// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "collect/sample.h"
#include "model/memory_trend.h"
#include "model/recent_sum.h"
#include "model/snapshot.h"

namespace culprit {

/// A thread as last listed.
struct ThreadEntry {
  thread_record last{};
  std::uint64_t listed_in = 0;  ///< number of the tick
  int missed = 0;               ///< complete lists in a row that lacked it
  Usage usage;                  ///< in the present interval
};

/// A process across ticks. Lives from its first sight to the tick after its end.
struct ProcessEntry {
  ProcessId id;
  std::uint32_t parent_pid = 0, uid = 0;
  std::uint64_t cgroup_id = 0;
  std::string name;
  std::optional<std::string> command, executable;
  bool kernel_thread = false;
  std::uint32_t thread_count = 0;
  int nice = 0;
  double cpu_seconds_total = 0;
  std::optional<std::uint64_t> rss_bytes, rss_before_bytes, rss_peak_bytes, swap_bytes;
  MemoryTrend memory_trend;
  std::optional<std::uint64_t> open_files, open_files_soft_limit;
  std::optional<std::uint64_t> listen_overflows;  ///< in the present interval
  std::optional<double> accept_queue_ratio;
  std::optional<std::uint64_t> accept_backlog, process_limit;
  std::optional<Latency> sync_latency;  ///< in the present interval
  RecentSum recent_reads;               ///< bytes from disks
  std::optional<Exited> exited;
  std::uint64_t ended_ns = 0;  ///< CLOCK_MONOTONIC; 0: it has not, or it is not known when
  std::optional<OomKillEvent> oom_kill;
  std::vector<std::uint32_t> tids;  ///< of its live threads
  Usage usage;                      ///< in the present interval
  std::vector<ThreadRow> ended_threads;
};

/// All processes and threads, kept up from Samples. Pure: no clock, file or map.
class ProcessTable {
 public:
  /// Takes in one Sample. `first` marks the baseline: what is listed is known from then
  /// on, and nothing of it is charged.
  void advance(const Sample& sample, std::uint64_t previous_ns, bool first);

  const std::unordered_map<std::uint32_t, ProcessEntry>& processes() const { return processes_; }
  /// Processes whose pid was given to another within the interval.
  const std::vector<ProcessEntry>& replaced() const { return replaced_; }
  const ThreadEntry* thread(std::uint32_t tid) const;
  std::size_t thread_count() const { return threads_.size(); }

 private:
  ProcessEntry* find(std::uint32_t pid, std::uint64_t start_time_ns);
  ProcessEntry& process_of(const thread_record& record);
  ProcessEntry& start(std::uint32_t pid, std::uint64_t start_time_ns);
  void begin_interval();
  void remove_thread(ProcessEntry& process, std::uint32_t tid);
  void take_events(const Sample& sample);
  void inherit_program(ProcessEntry& process, std::uint32_t parent_pid);
  void take_thread(const thread_record& record, const Sample& sample);
  void take_ended(const thread_record& record, const Sample& sample);
  void take_process_fields(ProcessEntry& process, const thread_record& record);
  void carry_unlisted(const Sample& sample);
  void forget_replaced_threads();
  void take_listeners(const Sample& sample);
  void take_storage(const Sample& sample);
  void drop_vanished(const Sample& sample);

  std::unordered_map<std::uint32_t, ProcessEntry> processes_;  // by pid
  std::unordered_map<std::uint32_t, ThreadEntry> threads_;     // by tid
  std::vector<ProcessEntry> replaced_;
  std::unordered_map<std::uint64_t, std::uint64_t> listener_drops_;  // by inode
  std::uint64_t tick_ = 0, previous_ns_ = 0;
  bool first_ = true;
};

}  // namespace culprit
