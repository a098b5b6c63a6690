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

/// What this host can do, probed and never inferred from a version number. Each Fact has a
/// row in fact_table.h with its title, what is lost without it, and how to get it.
struct Facts {
  std::string kernel, architecture;
  std::string machine;  ///< vendor and product, such as "Amazon EC2 m5.large"; "" unknown
  bool root = false;

  // What everything builds on.
  Fact bpf_syscall;     ///< a map can be created
  Fact btf;             ///< /sys/kernel/btf/vmlinux
  Fact lockdown;        ///< available = BPF reads of kernel memory are not locked down
  Fact tp_btf;          ///< a typed tracepoint program loads and attaches
  Fact task_iterator;   ///< iter/task loads, attaches and opens
  Fact task_storage;    ///< a program that uses it loads
  Fact task_registers;  ///< bpf_task_pt_regs
  Fact ring_buffer;
  Fact sched_info;  ///< counters of struct sched_info in BTF (CONFIG_SCHED_INFO)

  // What single programs need.
  Fact process_events;   ///< tracepoints of fork, exec, exit
  Fact sched_events;     ///< tracepoints of switch and migration
  Fact run_queue_clock;  ///< cfs_rq.rq in BTF (CONFIG_FAIR_GROUP_SCHED)
  Fact percpu_lookup;    ///< bpf_map_lookup_percpu_elem
  Fact block_events, vmscan_events, memcg_events, oom_events;
  Fact rss_events;           ///< rss_stat in BTF (kernel >= 5.5)
  Fact socket_storage;       ///< storage of a socket in tracing programs
  Fact sock_length;          ///< sock_send_length in BTF (kernel >= 6.3)
  Fact fentry;               ///< fexit on a kernel function attaches and sees its result
  Fact protocol_functions;   ///< TCP and UDP functions in BTF, for fexit
  Fact protocol6_functions;  ///< the same of IPv6
  Fact unix_functions;       ///< the same of Unix stream sockets
  Fact page_functions;       ///< tcp_sendpage in BTF (kernel < 6.5), for what sendfile sends
  Fact arrival_events;       ///< sk_data_ready in BTF (kernel >= 6.3)
  Fact arrival_function;     ///< sock_def_readable in BTF, for fentry
  Fact socket_state_events, retransmit_events;
  Fact sync_function;   ///< vfs_fsync_range in BTF, for fentry and fexit
  Fact ext4_events;     ///< ext4_sync_file_enter in BTF
  Fact syscall_events;  ///< sys_exit in BTF (CONFIG_FTRACE_SYSCALLS)
  Fact tracefs;
  Fact tracepoint;    ///< a program for a classic tracepoint loads (and attaches, with more)
  Fact uprobe;        ///< a program for one loads (and attaches, with more)
  Fact uprobe_multi;  ///< one link to many functions (kernel >= 6.6)

  // What later features and readers need.
  Fact perf_event;       ///< software CPU clock with a BPF program
  Fact kprobe;           ///< through perf_event
  Fact bpf_statistics;   ///< run time of BPF programs can be measured
  Fact pressure;         ///< /proc/pressure
  Fact cgroups;          ///< any version
  Fact pid_namespace;    ///< available = we see the host's pids
  Fact resource_limits;  ///< own limits can be raised

  /// Interrupts are not charged to the threads they interrupt (CONFIG_IRQ_TIME_ACCOUNTING).
  bool irq_time_apart = false;
  int cgroup_version = 0;                ///< 2 unified, 1 legacy or hybrid, 0 none
  std::vector<std::string> controllers;  ///< of cgroups
  std::string unit_hierarchy;            ///< "unified", or the v1 controller whose tree names units
  std::vector<std::string> capabilities_missing;  ///< "cap_bpf", …: of those in fact_table.h
  /// Programs that are not ours, "kind name"; absent when not permitted to look.
  std::optional<std::vector<std::string>> other_bpf_users;
};

/// Finds out what the plan needs, and what costs next to nothing beside. `root` is "/" but
/// in tests. Leaves nothing behind.
Facts probe_facts(const std::filesystem::path& root = "/");

/// The rest, which takes longer and only a person asks for: perf_event, kprobe,
/// bpf_statistics, resource_limits, other_bpf_users, attaching to a tracepoint or a uprobe.
void probe_more_facts(Facts& facts);

}  // namespace culprit
