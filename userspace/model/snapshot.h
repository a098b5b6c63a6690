// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bpf/record.h"
#include "bpf/thread.h"
#include "collect/host_reading.h"
#include "collect/sample.h"
#include "model/action.h"
#include "model/call_rows.h"
#include "model/collector_row.h"
#include "model/finding.h"
#include "model/host_rows.h"
#include "model/latency.h"
#include "model/row_parts.h"
#include "model/stack_frame.h"
#include "model/task_rows.h"

namespace culprit {

/// Everything that threads add up to; the same in a thread, a process and a unit.
struct Usage {
  double cpu_seconds = 0;
  std::optional<double> user_seconds, system_seconds;
  std::optional<double> run_queue_seconds;
  std::optional<Blocked> blocked_seconds;
  std::optional<double> contended_seconds;  ///< of `lock`: waiting for a lock's holder
  std::optional<double> reclaim_seconds;
  std::optional<std::uint64_t> voluntary_switches, involuntary_switches, migrations;
  std::optional<std::uint64_t> minor_faults, major_faults;
  std::optional<std::uint64_t> read_bytes, write_bytes;
  std::optional<std::uint64_t> receive_bytes, transmit_bytes;
  std::optional<std::uint64_t> connects, accepts, closes, retransmits;
};

struct MemoryUse {
  std::uint64_t rss_bytes = 0;
  std::int64_t rss_change_bytes = 0;
  std::optional<double> growth_bytes_per_hour;  ///< slope over the last minutes
  std::optional<std::uint64_t> peak_bytes, swap_bytes;
};

struct Exited {
  std::optional<int> code, signal;
};

struct OomKilled {
  std::string cgroup;  ///< whose limit was hit; "" the host's
  std::optional<std::uint64_t> limit_bytes;
};

struct ThreadRow {
  std::uint32_t tid = 0;
  std::string name;
  thread_condition condition = THREAD_BLOCKED;
  std::optional<blocked_reason> reason;  ///< when blocked
  Usage usage;
};

struct ProcessRow {
  ProcessId id;
  std::uint32_t parent_pid = 0, uid = 0;
  std::string name;
  std::optional<std::string> command, executable, user;
  std::optional<std::string> unit, container, cgroup;
  Class process_class = Class::kUnknown;
  double class_confidence = 0;  ///< 0…1
  std::string class_because;    ///< the rule or evidence that decided; "" nothing did
  bool kernel_thread = false;
  std::uint32_t thread_count = 0;
  int nice = 0;
  double cpu_seconds_total = 0;  ///< since it started
  Usage usage;                   ///< in the interval
  std::optional<MemoryUse> memory;
  std::vector<DelayedBy> delayed_by;  ///< longest first
  std::optional<std::uint64_t> open_files, open_files_soft_limit;
  std::optional<std::uint64_t> connections;       ///< opened + accepted in the interval
  std::optional<std::uint64_t> listen_overflows;  ///< connections its full queues dropped
  std::optional<double> accept_queue_ratio;       ///< of its fullest listening socket
  std::optional<std::uint64_t> accept_backlog;    ///< what that one can hold
  std::optional<std::uint64_t> process_limit;     ///< of its user, by its own RLIMIT_NPROC
  std::optional<Latency> sync_latency;            ///< of fsync and its kin
  std::uint64_t recent_read_bytes = 0;            ///< from disks, in the last minute
  std::optional<CallTotals> calls;                ///< that it made
  std::optional<RequestTotals> requests;  ///< that it answered; absent when it serves nothing
  std::optional<Exited> exited;
  std::uint64_t ended_ns = 0;  ///< CLOCK_MONOTONIC; 0: it has not, or it is not known when
  std::optional<OomKilled> oom_killed;
  std::vector<ThreadRow> threads;  ///< those that used anything, busiest first
};

/// A cgroup and everything below it, summed by path: a restart keeps its row.
struct UnitRow {
  std::string path;  ///< cgroup path
  std::string name;  ///< unit or container or last part of the path
  std::optional<std::string> container;
  std::uint32_t depth = 0;
  std::uint32_t process_count = 0;
  Usage usage;
  std::optional<std::uint64_t> memory_bytes, memory_limit_bytes;
  std::optional<std::uint64_t> pids, pids_limit;  ///< processes and threads
  std::optional<std::uint64_t> file_refaults;     ///< pages read again soon after they went
  std::optional<double> cpu_quota_cores, throttled_ratio, throttled_seconds;
};

/// How often a thread was found with this stack, or how long it was blocked with it.
struct StackRow {
  ProcessId process;
  std::string thread_name;
  bool blocked = false;  ///< off the CPU; else on it
  Frames frames;         ///< outermost first; Python's in place of its interpreter's
  std::uint64_t samples = 0;
  double seconds = 0;      ///< blocked, or the CPU time that the samples stand for
  std::uint64_t part = 0;  ///< TaskName::task; 0: not known
  std::string task;        ///< TaskRow::id; "" not known
};

/// The immutable model of one interval that every reader shares.
struct Snapshot {
  HostIdentity host;
  std::int64_t start_wall_ns = 0, end_wall_ns = 0;
  double seconds = 0;
  CollectorRow collector;
  SystemRow system;
  std::vector<ProcessRow> processes;  ///< alive at the end, or ended in the interval
  std::vector<UnitRow> units;         ///< in order of path, parents first
  std::vector<TaskRow> tasks;         ///< busiest first, as the next four
  std::vector<DatabaseRow> databases;
  std::vector<QueryRow> queries;
  std::vector<EndpointRow> endpoints;
  std::vector<ServiceRow> services;
  std::vector<LookupRow> lookups;  ///< most time first
  std::vector<StartGroupRow> start_groups;
  std::optional<std::vector<StackRow>> stacks;  ///< by process and thread; absent: not taken
  std::optional<Judgement> judgement;           ///< filled by analyze/
  /// In force, ended lately or proposed, oldest first; filled by who knows of them.
  std::vector<Action> actions;
};

}  // namespace culprit
