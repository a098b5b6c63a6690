// SPDX-License-Identifier: Apache-2.0
#include "bpf/fact_table.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace culprit {
namespace {

constexpr std::string_view kEverything = "everything that comes from BPF: culprit reads /proc only";
constexpr std::string_view kNewerKernel = "a newer kernel";

constexpr std::string_view kArrival =
    "whether a call waited for its server or for its own process to read the reply";

using enum FactUse;

std::vector<FactRow> essential_rows() {
  return {
      {"bpf_syscall", "bpf system call", &Facts::bpf_syscall, kEssential, true, kEverything,
       "a kernel with CONFIG_BPF_SYSCALL=y"},
      {"btf", "kernel BTF", &Facts::btf, kEssential, false, kEverything,
       "a kernel with CONFIG_DEBUG_INFO_BTF=y (Amazon Linux 2023, Ubuntu >= 20.10, Debian >= 11 "
       "have it)"},
      {"lockdown", "reading of kernel memory", &Facts::lockdown, kEssential, true, kEverything,
       "boot without lockdown=confidentiality"},
      {"tp_btf", "typed tracepoints", &Facts::tp_btf, kEssential, true, kEverything,
       "a kernel >= 5.5 with CONFIG_BPF_EVENTS=y and CONFIG_BPF_JIT=y"},
      {"task_iterator", "task iterator", &Facts::task_iterator, kEssential, true, kEverything,
       "a kernel >= 5.8"},
      {"task_storage", "task storage", &Facts::task_storage, kEssential, true, kEverything,
       "a kernel >= 5.11"},
      {"task_registers", "registers of tasks", &Facts::task_registers, kEssential, true,
       kEverything, "a kernel >= 5.15"},
      {"ring_buffer", "ring buffer", &Facts::ring_buffer, kEssential, true, kEverything,
       "a kernel >= 5.8"},
      {"sched_info", "counters of threads", &Facts::sched_info, kEssential, false, kEverything,
       "a kernel >= 5.14 with CONFIG_SCHED_INFO=y (CONFIG_TASK_DELAY_ACCT or CONFIG_SCHEDSTATS) "
       "and CONFIG_TASK_IO_ACCOUNTING=y"},
      {"pid_namespace", "host's PID namespace", &Facts::pid_namespace, kEssential, false,
       kEverything, "run culprit on the host, or its container with --pid=host"},
  };
}

std::vector<FactRow> program_rows() {
  return {
      {"process_events", "process tracepoints", &Facts::process_events, kProgram, false,
       "command lines and units of processes that live for less than an interval", kNewerKernel},
      {"sched_events", "scheduler tracepoints", &Facts::sched_events, kProgram, false,
       "run-queue latency, delayed_by and the reasons for blocking", kNewerKernel},
      {"run_queue_clock", "run queue's clock", &Facts::run_queue_clock, kProgram, false,
       "run-queue latency, delayed_by and the reasons for blocking",
       "a kernel with CONFIG_FAIR_GROUP_SCHED=y"},
      {"percpu_lookup", "look-up of another CPU's memory", &Facts::percpu_lookup, kProgram, true,
       "delays of threads that are moved to another CPU while they wait", "a kernel >= 5.19"},
      {"block_events", "block tracepoints", &Facts::block_events, kProgram, false,
       "latency distribution of disks", "a kernel >= 5.16 with CONFIG_BLOCK=y"},
      {"vmscan_events", "reclaim tracepoints", &Facts::vmscan_events, kProgram, false,
       "time that threads spend reclaiming memory", kNewerKernel},
      {"memcg_events", "reclaim tracepoints of cgroups", &Facts::memcg_events, kProgram, false,
       "time that threads spend reclaiming memory at their cgroup's limit",
       "a kernel with CONFIG_MEMCG=y"},
      {"oom_events", "OOM tracepoint", &Facts::oom_events, kProgram, false,
       "which limit an OOM kill was for, and who triggered it", kNewerKernel},
      {"rss_events", "tracepoint of resident memory", &Facts::rss_events, kProgram, false,
       "which task inside a Python process needs more and more memory", kNewerKernel},
      {"socket_storage", "socket storage", &Facts::socket_storage, kProgram, true,
       "connections and retransmits by process", "a kernel >= 5.11 with CONFIG_INET=y"},
      {"sock_length", "socket length tracepoints", &Facts::sock_length, kProgram, false,
       "network bytes by process", "a kernel >= 6.3", &Facts::fentry},
      {"fexit", "fexit programs", &Facts::fentry, kProgram, true, "network bytes by process",
       "a kernel >= 5.17 with CONFIG_FUNCTION_TRACER=y and CONFIG_DYNAMIC_FTRACE=y",
       &Facts::sock_length},
      {"protocol_functions", "TCP and UDP functions", &Facts::protocol_functions, kProgram, false,
       "network bytes by process", "a kernel whose BTF has them", &Facts::sock_length},
      {"protocol6_functions", "UDP functions of IPv6", &Facts::protocol6_functions, kProgram, false,
       "bytes over UDP and IPv6 by process", "a kernel with CONFIG_IPV6=y (not a module)",
       &Facts::sock_length},
      {"unix_functions", "functions of Unix sockets", &Facts::unix_functions, kProgram, false,
       "calls over Unix sockets", "a kernel with CONFIG_UNIX=y (not a module)",
       &Facts::sock_length},
      {"page_functions", "functions of sendfile", &Facts::page_functions, kProgram, false,
       "bytes of calls that sendfile sends", "nothing: kernels >= 6.5 have no need of them",
       &Facts::sock_length},
      {"arrival_events", "tracepoint of arriving data", &Facts::arrival_events, kProgram, false,
       kArrival, "a kernel >= 6.3", &Facts::arrival_function},
      {"arrival_function", "function of arriving data", &Facts::arrival_function, kProgram, false,
       kArrival, "a kernel whose BTF has sock_def_readable", &Facts::arrival_events},
      {"socket_state_events", "socket state tracepoint", &Facts::socket_state_events, kProgram,
       false, "connections opened, accepted and closed by process", kNewerKernel},
      {"retransmit_events", "retransmit tracepoint", &Facts::retransmit_events, kProgram, false,
       "who loses network segments, and towards which address", kNewerKernel},
      {"sync_function", "function of fsync", &Facts::sync_function, kProgram, false,
       "how long fsync takes", "a kernel whose BTF has vfs_fsync_range"},
      {"ext4_events", "tracepoints of ext4", &Facts::ext4_events, kProgram, false,
       "how long fsync takes on ext4", "a kernel with ext4, loaded before culprit starts",
       &Facts::fentry},
      {"syscall_events", "system call tracepoint", &Facts::syscall_events, kProgram, false,
       "calls to databases and caches, HTTP requests", "a kernel with CONFIG_FTRACE_SYSCALLS=y",
       &Facts::sock_length},
      {"tracefs", "tracefs", &Facts::tracefs, kProgram, true,
       "which limit an OOM kill was for, and who triggered it",
       "mount -t tracefs tracefs /sys/kernel/tracing (CONFIG_FTRACE=y)"},
      {"tracepoint", "classic tracepoints", &Facts::tracepoint, kProgram, true,
       "which limit an OOM kill was for, and who triggered it",
       "a kernel with CONFIG_BPF_EVENTS=y and CONFIG_PERF_EVENTS=y"},
      {"uprobe", "uprobes", &Facts::uprobe, kProgram, true,
       "texts and outcomes of what goes over TLS: its calls are only timed, by turns",
       "a kernel with CONFIG_UPROBES=y and CONFIG_UPROBE_EVENTS=y; cap_sys_admin"},
      {"uprobe_multi", "uprobes of many functions", &Facts::uprobe_multi, kProgram, true,
       "TLS libraries beyond the eighth, and half a second for each when culprit ends",
       "a kernel >= 6.6"},
  };
}

std::vector<FactRow> other_rows() {
  return {
      {"pressure", "pressure (PSI)", &Facts::pressure, kOther, false,
       "stall times for CPU, memory and I/O, and the findings that start from them",
       "boot with psi=1 (CONFIG_PSI=y)"},
      {"cgroups", "cgroups", &Facts::cgroups, kOther, false,
       "units and containers: everything is a bare process",
       "mount -t cgroup2 cgroup2 /sys/fs/cgroup (CONFIG_CGROUPS=y)"},
      {"perf_event", "CPU clock events", &Facts::perf_event, kOther, true,
       "CPU stacks (culprit flame)", "a kernel with CONFIG_PERF_EVENTS=y"},
      {"kprobe", "kprobes", &Facts::kprobe, kOther, true, "nothing: no probe of culprit needs them",
       "a kernel with CONFIG_KPROBES=y and CONFIG_KPROBE_EVENTS=y"},
      {"bpf_statistics", "BPF run times", &Facts::bpf_statistics, kOther, true,
       "the kernel's share of culprit's own cost", "a kernel >= 5.8, cap_sys_admin"},
      {"resource_limits", "raising of own limits", &Facts::resource_limits, kOther, false,
       "nothing, unless the limit on open files or locked memory is too low",
       "cap_sys_resource, or higher limits for culprit (systemd: LimitNOFILE=, LimitMEMLOCK=)"},
  };
}

bool lacks(const Facts& facts, std::string_view capability) {
  const auto& missing = facts.capabilities_missing;
  return std::find(missing.begin(), missing.end(), capability) != missing.end();
}

std::string how_to_get(const FactRow& row, const Facts& facts) {
  const std::string& detail = (facts.*row.fact).detail;
  if (detail.rfind("--without", 0) == 0) return "leave out " + detail;
  if (!row.privileged) return std::string(row.how);
  if (!may_use_bpf(facts))
    return facts.root ? "give culprit cap_sys_admin, or cap_bpf and cap_perfmon (container: "
                        "--privileged); whether the kernel has it shows only then"
                      : "run as root; whether the kernel has it shows only then";
  if (detail.find(std::strerror(EPERM)) != std::string::npos && !lacks(facts, "cap_sys_admin"))
    return "a security policy of this kernel forbids it even with every right; else " +
           std::string(row.how);
  return std::string(row.how);
}

}  // namespace

const std::vector<FactRow>& fact_table() {
  static const std::vector<FactRow> table = [] {
    std::vector<FactRow> rows = essential_rows();
    for (const auto& more : {program_rows(), other_rows()})
      rows.insert(rows.end(), more.begin(), more.end());
    return rows;
  }();
  return table;
}

const std::vector<CapabilityRow>& capability_table() {
  static const std::vector<CapabilityRow> table = {
      {39, "cap_bpf", "everything that comes from BPF, unless there is cap_sys_admin"},
      {38, "cap_perfmon", "everything that comes from BPF, unless there is cap_sys_admin"},
      {21, "cap_sys_admin", "BPF run times, the list of other BPF users"},
      {19, "cap_sys_ptrace", "open files, executables and memory of other users' processes"},
      {2, "cap_dac_read_search", "files that only their owner may read"},
      {5, "cap_kill", "signals to processes that are to be reined in"},
      {23, "cap_sys_nice", "changes of other processes' priority"},
      {24, "cap_sys_resource", "raising of limits"},
  };
  return table;
}

bool may_use_bpf(const Facts& facts) {
  return !lacks(facts, "cap_sys_admin") ||
         (!lacks(facts, "cap_bpf") && !lacks(facts, "cap_perfmon"));
}

std::vector<MissingFact> missing_facts(const Facts& facts) {
  std::vector<MissingFact> missing;
  for (const FactRow& row : fact_table()) {
    const Fact& fact = facts.*row.fact;
    if (fact.available) continue;
    std::string lost(row.lost);
    if (row.instead && (facts.*row.instead).available)
      lost = "nothing here: another probe does its work";
    missing.push_back({std::string(row.id), std::string(row.title), fact.detail, std::move(lost),
                       how_to_get(row, facts)});
  }
  for (const CapabilityRow& row : capability_table()) {
    const std::string name(row.name);
    if (!lacks(facts, row.name)) continue;
    missing.push_back({name, name, "not among this process's capabilities", std::string(row.lost),
                       facts.root ? "give it back to culprit (systemd: CapabilityBoundingSet=, "
                                    "container: --cap-add)"
                                  : "run as root"});
  }
  return missing;
}

}  // namespace culprit
