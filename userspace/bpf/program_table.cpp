// SPDX-License-Identifier: Apache-2.0
#include "bpf/program_table.h"

#include <utility>

namespace culprit {
namespace {

constexpr std::string_view kScheduling =
    "run-queue latency, delayed_by and the reasons for blocking";
constexpr std::string_view kTraffic = "network bytes by process";
constexpr std::string_view kSyncs = "how long fsync takes, unless it is on ext4";
constexpr std::string_view kExt4Syncs = "how long fsync takes on ext4";
constexpr std::string_view kReclaim = "time that threads spend reclaiming memory";
constexpr std::string_view kLimitReclaim =
    "time that threads spend reclaiming memory at their cgroup's limit";

ProgramRow protocol_row(std::string_view program, std::string_view attach, std::string_view instead,
                        Fact Facts::*functions) {
  return {"network", program, attach, {&Facts::fentry, functions, &Facts::socket_storage},
          kTraffic,  instead};
}

std::vector<ProgramRow> thread_rows() {
  using F = Facts;
  return {
      {"thread", "list_threads", "iter/task", {}, "CPU, memory and I/O by thread, exactly"},
      {"sched",
       "sched_switch",
       "tp_btf/sched_switch",
       {&F::sched_events, &F::run_queue_clock},
       kScheduling},
      {"sched",
       "sched_migrate_task",
       "tp_btf/sched_migrate_task",
       {&F::sched_events, &F::run_queue_clock, &F::percpu_lookup},
       "delays of threads that are moved to another CPU while they wait"},
      {"lifecycle",
       "sched_process_fork",
       "tp_btf/sched_process_fork",
       {&F::process_events},
       "parents and units of processes that live for less than an interval"},
      {"lifecycle",
       "sched_process_exec",
       "tp_btf/sched_process_exec",
       {&F::process_events},
       "command lines of processes that live for less than an interval"},
      {"lifecycle",
       "sched_process_exit",
       "tp_btf/sched_process_exit",
       {&F::process_events},
       "what processes used between their last listing and their exit, and their exit code",
       "sched_switch"},
  };
}

std::vector<ProgramRow> memory_and_block_rows() {
  using F = Facts;
  return {
      {"block",
       "block_rq_complete",
       "tp_btf/block_rq_complete",
       {&F::block_events},
       "latency distribution of disks"},
      {"sync", "sync_begin", "fentry/vfs_fsync_range", {&F::fentry, &F::sync_function}, kSyncs},
      {"sync", "sync_end", "fexit/vfs_fsync_range", {&F::fentry, &F::sync_function}, kSyncs},
      {"sync",
       "sync_ext4_begin",
       "tp_btf/ext4_sync_file_enter",
       {&F::ext4_events},
       kExt4Syncs,
       "sync_begin"},
      {"sync",
       "sync_ext4_end",
       "tp_btf/ext4_sync_file_exit",
       {&F::ext4_events},
       kExt4Syncs,
       "sync_end"},
      {"memory",
       "direct_reclaim_begin",
       "tp_btf/mm_vmscan_direct_reclaim_begin",
       {&F::vmscan_events},
       kReclaim},
      {"memory",
       "direct_reclaim_end",
       "tp_btf/mm_vmscan_direct_reclaim_end",
       {&F::vmscan_events},
       kReclaim},
      {"memory",
       "memcg_reclaim_begin",
       "tp_btf/mm_vmscan_memcg_reclaim_begin",
       {&F::memcg_events},
       kLimitReclaim},
      {"memory",
       "memcg_reclaim_end",
       "tp_btf/mm_vmscan_memcg_reclaim_end",
       {&F::memcg_events},
       kLimitReclaim},
      {"memory",
       "mark_victim",
       "tracepoint/oom/mark_victim",
       {&F::oom_events, &F::tracefs, &F::tracepoint},
       "which limit an OOM kill was for, and who triggered it"},
  };
}

constexpr std::string_view kCalls = "calls to databases and caches, HTTP requests";
constexpr std::string_view kArrival =
    "whether a call waited for its server or for its own process to read the reply";
constexpr std::string_view kUnusedConnections =
    "connections that were open before culprit came, until they are used";
constexpr std::string_view kLastCalls = "the last call of each connection, until the next one";
constexpr std::string_view kCallSends = "call_send call_tcp_sendmsg";

/// Sees what is sent or received.
ProgramRow data_row(std::string_view program, std::string_view attach,
                    std::vector<Fact Facts::*> needs, std::string_view instead,
                    std::string_view substitute) {
  needs.push_back(&Facts::socket_storage);
  return {"call", program, attach, std::move(needs), kCalls, instead, substitute};
}

/// Of use beside those.
ProgramRow call_row(std::string_view program, std::string_view attach,
                    std::vector<Fact Facts::*> needs, std::string_view lost,
                    std::string_view instead = "", std::string_view substitute = "") {
  needs.push_back(&Facts::socket_storage);
  return {"call", program, attach, std::move(needs), lost, instead, substitute, kCallSends};
}

std::vector<ProgramRow> call_rows() {
  using F = Facts;
  const auto function_row = [](auto program, auto attach, auto instead, Fact F::*functions) {
    return data_row(program, attach, {&F::fentry, functions}, instead, "call_sys_exit");
  };
  // Where they are not in the kernel, what they did goes the way of all.
  const auto page_row = [](auto program, auto attach) {
    return data_row(program, attach, {&F::fentry, &F::page_functions}, "call_send",
                    "call_tcp_sendmsg call_sys_exit");
  };
  constexpr auto kTcp = &F::protocol_functions, kUnix = &F::unix_functions;
  return {
      data_row("call_send", "tp_btf/sock_send_length", {&F::sock_length}, "",
               "call_tcp_sendmsg call_sys_exit"),
      data_row("call_receive", "tp_btf/sock_recv_length", {&F::sock_length}, "",
               "call_tcp_recvmsg call_sys_exit"),
      function_row("call_tcp_sendmsg", "fexit/tcp_sendmsg", "call_send", kTcp),
      function_row("call_tcp_recvmsg", "fexit/tcp_recvmsg", "call_receive", kTcp),
      function_row("call_unix_sendmsg", "fexit/unix_stream_sendmsg", "call_send", kUnix),
      function_row("call_unix_recvmsg", "fexit/unix_stream_recvmsg", "call_receive", kUnix),
      page_row("call_tcp_sendpage", "fexit/tcp_sendpage"),
      page_row("call_unix_sendpage", "fexit/unix_stream_sendpage"),
      call_row("call_arrival", "tp_btf/sk_data_ready", {&F::arrival_events}, kArrival, "",
               "call_readable"),
      call_row("call_readable", "fentry/sock_def_readable", {&F::fentry, &F::arrival_function},
               kArrival, "call_arrival"),
      call_row("call_state", "tp_btf/inet_sock_set_state", {&F::socket_state_events},
               "how long connecting took, which connections failed"),
      call_row("list_connections", "iter/task_file", {}, kUnusedConnections, "",
               "list_hashed_connections"),
      call_row("flush_exchanges", "iter/bpf_sk_storage_map", {}, kLastCalls, "",
               "flush_hashed_exchanges"),
  };
}

// The programs of calls count the bytes, too: each function is gone through once.
constexpr std::string_view kSends = "call_send sock_send_length";
constexpr std::string_view kReceives = "call_receive sock_recv_length";
constexpr std::string_view kTcpSends = "call_send sock_send_length call_tcp_sendmsg";
constexpr std::string_view kTcpReceives = "call_receive sock_recv_length call_tcp_recvmsg";

std::vector<ProgramRow> network_rows() {
  using F = Facts;
  constexpr auto kV4 = &F::protocol_functions, kV6 = &F::protocol6_functions;
  return {
      {"network",
       "sock_send_length",
       "tp_btf/sock_send_length",
       {&F::sock_length, &F::socket_storage},
       kTraffic,
       "call_send",
       "tcp_sendmsg_exit call_tcp_sendmsg"},
      {"network",
       "sock_recv_length",
       "tp_btf/sock_recv_length",
       {&F::sock_length, &F::socket_storage},
       kTraffic,
       "call_receive",
       "tcp_recvmsg_exit call_tcp_recvmsg"},
      protocol_row("tcp_sendmsg_exit", "fexit/tcp_sendmsg", kTcpSends, kV4),
      protocol_row("udp_sendmsg_exit", "fexit/udp_sendmsg", kSends, kV4),
      protocol_row("udpv6_sendmsg_exit", "fexit/udpv6_sendmsg", kSends, kV6),
      protocol_row("tcp_recvmsg_exit", "fexit/tcp_recvmsg", kTcpReceives, kV4),
      protocol_row("udp_recvmsg_exit", "fexit/udp_recvmsg", kReceives, kV4),
      protocol_row("udpv6_recvmsg_exit", "fexit/udpv6_recvmsg", kReceives, kV6),
      {"network",
       "inet_sock_set_state",
       "tp_btf/inet_sock_set_state",
       {&F::socket_state_events, &F::socket_storage},
       "connections opened, accepted and closed by process"},
      {"network",
       "tcp_retransmit_skb",
       "tp_btf/tcp_retransmit_skb",
       {&F::retransmit_events, &F::socket_storage},
       "who loses network segments, and towards which address"},
  };
}

/// For a host that has neither the tracepoints of sockets nor fexit.
std::vector<ProgramRow> call_syscall_rows() {
  const auto row = [](auto program, auto attach, std::vector<Fact Facts::*> needs, auto lost,
                      std::string_view beside) {
    return ProgramRow{"call_syscalls", program, attach, std::move(needs), lost,
                      kCallSends,      "",      beside};
  };
  return {
      row("call_sys_exit", "tp_btf/sys_exit", {&Facts::syscall_events}, kCalls, ""),
      row("list_hashed_connections", "iter/task_file", {}, kUnusedConnections, "call_sys_exit"),
      row("flush_hashed_exchanges", "iter/bpf_map_elem", {}, kLastCalls, "call_sys_exit"),
  };
}

constexpr std::string_view kPlaintext =
    "texts and outcomes of what goes over TLS: its calls are only timed, by turns";

std::vector<ProgramRow> tls_rows() {
  using F = Facts;
  std::vector<ProgramRow> rows = {
      {"tls", "tls_enter", "uprobe/libssl:SSL_*", {&F::uprobe, &F::socket_storage}, kPlaintext},
      {"tls", "tls_return", "uretprobe/libssl:SSL_*", {&F::uprobe, &F::socket_storage}, kPlaintext},
  };
  for (ProgramRow& row : rows) row.beside = kCallSends;
  return rows;
}

constexpr std::string_view kExactTasks = "exact CPU time of asyncio tasks (--exact)";
constexpr std::string_view kTasks = "tasks inside Python processes";

std::vector<ProgramRow> python_rows() {
  using F = Facts;
  std::vector<ProgramRow> rows = {
      {"python", "python_sample", "perf_event", {}, kTasks},
      {"python",
       "python_switch",
       "tp_btf/sched_switch",
       {&F::sched_events, &F::run_queue_clock},
       "what tasks inside Python processes wait for"},
      {"python",
       "python_memory",
       "tp_btf/rss_stat",
       {&F::rss_events},
       "which task inside a Python process needs more and more memory"},
      {"python",
       "python_fork",
       "tp_btf/sched_process_fork",
       {&F::process_events},
       "tasks inside a Python process between its fork and the next interval"},
      {"python",
       "python_exec",
       "tp_btf/sched_process_exec",
       {&F::process_events},
       "nothing: what a Python process becomes is seen an interval later"},
  };
  for (ProgramRow& row : rows) row.on_demand = true;
  const std::vector<ProgramRow> functions = {
      {"asyncio",
       "asyncio_create",
       "uprobe/_asyncio:Task",
       {&F::uprobe},
       "for which function of the application a library started an asyncio task"},
      {"asyncio",
       "uvloop_write",
       "uprobe/uvloop:UVStream.write",
       {&F::uprobe},
       "which task inside a Python process with uvloop makes a call"},
      {"asyncio", "asyncio_step", "uprobe/_asyncio:task_step", {&F::uprobe}, kExactTasks},
      {"asyncio", "asyncio_step_end", "uretprobe/_asyncio:task_step", {&F::uprobe}, kExactTasks},
  };
  rows.insert(rows.end(), functions.begin(), functions.end());
  for (ProgramRow& row : rows)
    if (row.program != "python_sample") row.beside = "python_sample";
  return rows;
}

std::vector<ProgramRow> stack_rows() {
  using F = Facts;
  std::vector<ProgramRow> rows = {
      {"stack", "stack_cpu", "perf_event", {}, "stacks of threads on a CPU"},
      {"stack",
       "stack_blocked",
       "tp_btf/sched_switch",
       {&F::sched_events, &F::run_queue_clock},
       "stacks of threads that are blocked"},
  };
  for (ProgramRow& row : rows) row.on_request = true;
  return rows;
}

}  // namespace

const std::vector<ProgramRow>& program_table() {
  static const std::vector<ProgramRow> table = [] {
    std::vector<ProgramRow> rows = thread_rows();
    for (const auto& more : {memory_and_block_rows(), call_rows(), call_syscall_rows(),
                             network_rows(), tls_rows(), python_rows(), stack_rows()})
      rows.insert(rows.end(), more.begin(), more.end());
    return rows;
  }();
  return table;
}

}  // namespace culprit
