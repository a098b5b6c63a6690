// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace culprit {

/// One thing the host can or cannot do, found by trying it.
struct Fact {
  bool available = false;
  std::string detail;  ///< what was found, or the error that trying gave
};

/// What this host can do, probed and never inferred from a version number.
struct Facts {
  std::string kernel, architecture;
  bool root = false;
  Fact btf;                 ///< /sys/kernel/btf/vmlinux
  Fact lockdown;            ///< available = BPF reads are not locked down
  Fact bpf_syscall;         ///< a map can be created
  Fact tp_btf;              ///< a typed tracepoint program loads and attaches
  Fact task_iterator;       ///< iter/task loads
  Fact task_storage;
  Fact ring_buffer;
  Fact fentry;              ///< fexit on a kernel function attaches
  Fact kprobe;
  Fact tracepoint;          ///< classic tracepoint through perf_event
  Fact perf_event;          ///< software CPU clock
  Fact uprobe;
  Fact sock_length;         ///< sock_send_length in BTF (kernel >= 6.3)
  Fact run_queue_clock;     ///< cfs_rq.rq in BTF (CONFIG_FAIR_GROUP_SCHED)
  Fact sched_info;          ///< task_struct.sched_info in BTF (CONFIG_SCHED_INFO)
  Fact block_events, vmscan_events, oom_events, retransmit_events, socket_state_events;
  Fact tracefs;
  Fact pressure;            ///< /proc/pressure
  Fact bpf_statistics;      ///< run time of BPF programs can be measured
  int cgroup_version = 0;   ///< 2 unified, 1 legacy or hybrid, 0 none
  std::vector<std::string> controllers;    ///< of cgroups
  std::string unit_hierarchy;              ///< "unified", or the v1 controller whose tree names units
  std::vector<std::string> capabilities_missing;
  std::vector<std::string> other_bpf_users;  ///< names of programs that are not ours
};

/// Finds out. `root` is "/" but in tests.
Facts probe_facts(const std::filesystem::path& root = "/");

}  // namespace culprit
