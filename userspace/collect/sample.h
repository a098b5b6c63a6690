// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bpf/histogram.h"
#include "bpf/thread.h"
#include "collect/call_reading.h"
#include "collect/collector_reading.h"
#include "collect/host_reading.h"
#include "collect/lookup_reading.h"
#include "collect/stack_reading.h"
#include "collect/task_reading.h"

namespace culprit {

/// Which numbers a Sample carries; what is false here is absent, not zero.
struct Coverage {
  bool bpf = false;        ///< threads come from the kernel, not from /proc
  bool run_queue = false;  ///< thread_record::run_queue_ns
  bool blocked = false;    ///< blocked_ns, ongoing_ns, delays, run_queue_latency
  bool lifecycle = false;  ///< forks, execs; every process that ended is in `ended`
  bool reclaim = false;    ///< reclaim_ns, oom_kills
  bool network = false;    ///< bytes and connections per thread, retransmits
  bool block = false;      ///< latency per device
  bool calls = false;      ///< connections, calls and query_texts
  bool arrivals = false;   ///< Call::arrived_ns, where a reply can be seen coming
  bool tasks = false;      ///< task_names and tasks, of processes whose runtime is known
  bool stacks = false;     ///< frames and stacks, of threads on a CPU or of blocked ones
  bool lookups = false;    ///< questions to name servers
  bool syncs = false;      ///< how long fsync(2) and its kin took
  bool irq_apart = false;  ///< interrupt time is kept out of threads' CPU time
};

struct ForkEvent {
  std::uint32_t pid = 0, parent_pid = 0, uid = 0;
  std::uint64_t start_time_ns = 0, cgroup_id = 0;
  std::string name;
};

struct ExecEvent {
  std::uint32_t pid = 0, parent_pid = 0, uid = 0;
  std::uint64_t start_time_ns = 0, cgroup_id = 0;
  std::string name;
  std::string command;  ///< arguments joined by blanks; `…` at the end when cut
};

struct OomKillEvent {
  std::uint32_t pid = 0, trigger_pid = 0;
  std::uint64_t time_ns = 0;
  std::uint64_t cgroup_id = 0;  ///< whose limit was hit; 0: the host ran out
  std::uint64_t limit_bytes = 0, usage_bytes = 0;
};

/// TCP segments sent again since the previous sample.
struct RetransmitCount {
  std::uint32_t pid = 0;  ///< 0: owner not known
  std::string remote;     ///< address:port
  std::uint64_t count = 0;
};

/// A TCP socket that accepts connections.
struct ListenerReading {
  std::uint32_t pid = 0;  ///< 0: owner not known
  std::string address;    ///< address:port
  std::uint64_t inode = 0;
  std::uint32_t queue = 0, backlog = 0;  ///< connections that wait for accept(2); at most
  std::uint64_t drops = 0;               ///< for lack of room in the queue; cumulative
};

/// Since the previous sample: `suspect` ran where threads of `victim` were queued.
struct DelayReading {
  std::uint32_t victim = 0, suspect = 0;  ///< pids
  std::uint64_t ns = 0;
};

struct BlockLatencyReading {
  std::uint32_t major = 0, minor = 0;
  histogram latency{};  ///< cumulative
};

/// Since the previous sample: how long fsync(2) and its kin took in one process.
struct SyncReading {
  std::uint32_t pid = 0;
  histogram latency{};
};

/// What /proc tells of one process; read when it is first seen, and again on exec.
/// Open descriptors are read in turns, a few processes each tick.
struct ProcessDetail {
  std::uint32_t pid = 0;
  std::uint64_t start_time_ns = 0;  ///< 0: not known, the pid alone names it
  std::optional<std::string> command;
  std::optional<std::string> executable;
  std::optional<std::uint64_t> open_files;
  std::optional<std::uint64_t> process_limit;  ///< RLIMIT_NPROC, soft; absent: none, or not read
};

/// One cgroup's own counters, cumulative where they count.
struct CgroupReading {
  std::string path;  ///< below the hierarchy's mount, "/" for its root
  std::optional<std::uint64_t> cpu_usage_ns;
  std::optional<double> cpu_quota_cores;  ///< absent: no quota
  std::optional<std::uint64_t> periods, throttled_periods, throttled_ns;
  std::optional<std::uint64_t> memory_bytes, memory_limit_bytes;
  std::optional<std::uint64_t> pids, pids_limit;
  std::optional<std::uint64_t> file_refaults;  ///< read only while the host has many
};

/// What was read in one tick, raw. The model sees nothing else: the same Samples
/// give the same Snapshots.
struct Sample {
  std::int64_t wall_ns = 0;        ///< CLOCK_REALTIME
  std::uint64_t monotonic_ns = 0;  ///< CLOCK_MONOTONIC, the base of all records
  Coverage coverage;
  bool lists_all_threads = true;  ///< false: only those that ran since the last sample
  std::vector<thread_record> threads;
  std::vector<thread_record> ended;  ///< final records since the previous sample
  std::vector<ForkEvent> forks;
  std::vector<ExecEvent> execs;
  std::vector<OomKillEvent> oom_kills;
  std::vector<RetransmitCount> retransmits;
  std::vector<ListenerReading> listeners;
  std::vector<PortReading> ports;  ///< most used first; only while many are in use
  std::vector<DelayReading> delays;
  std::vector<ConnectionReading> connections;  ///< new, changed or ended since the last sample
  std::vector<CallReading> calls;              ///< finished since the previous sample
  std::vector<QueryText> query_texts;          ///< of ids first seen in this sample
  std::vector<LookupReading> lookups;          ///< that ended since the previous sample
  std::vector<SyncReading> syncs;
  std::vector<TaskName> task_names;  ///< new, or named anew
  std::vector<TaskReading> tasks;
  std::uint64_t task_sample_ns = 0;            ///< CPU time that a task's sample stands for
  std::vector<FrameName> frames;               ///< of ids first seen in this sample
  std::vector<StackReading> stacks;            ///< since the previous sample
  std::optional<histogram> run_queue_latency;  ///< cumulative
  std::vector<BlockLatencyReading> block_latencies;
  std::vector<ProcessDetail> details;
  std::map<std::uint64_t, std::string> cgroup_paths;   ///< ids first seen in this sample
  std::map<std::uint32_t, std::string> user_names;     ///< uids first seen in this sample
  std::map<std::string, std::string> container_names;  ///< container id → name, first seen
  std::vector<CgroupReading> cgroups;
  HostReading host;
  CollectorReading collector;
};

}  // namespace culprit
