// SPDX-License-Identifier: Apache-2.0
#include "bpf/program_facts.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <initializer_list>
#include <optional>

#include "bpf/fact_outcome.h"
#include "bpf/function_probe.h"
#include "bpf/kernel_types.h"
#include "bpf/tiny_program.h"
#include "bpf/tracepoint.h"

namespace culprit {
namespace {

using Names = std::initializer_list<std::string_view>;

// A rare event to attach to, so that trying costs the host nothing.
constexpr std::string_view kTrialEvent = "sched_process_exec";
// Exists in the kernel only so that programs can be tried on it.
constexpr std::string_view kTrialFunction = "bpf_fentry_test1";

const std::set<std::string_view>& asked_names() {
  static const std::set<std::string_view> names = {"task_struct",
                                                   "sched_info",
                                                   "task_io_accounting",
                                                   "cfs_rq",
                                                   "request_queue",
                                                   "trace_event_raw_mark_victim",
                                                   "bpf_iter_task",
                                                   kTrialFunction,
                                                   "tcp_sendmsg",
                                                   "tcp_recvmsg",
                                                   "udp_sendmsg",
                                                   "udp_recvmsg",
                                                   "udpv6_sendmsg",
                                                   "udpv6_recvmsg",
                                                   "unix_stream_sendmsg",
                                                   "unix_stream_recvmsg",
                                                   "tcp_sendpage",
                                                   "unix_stream_sendpage",
                                                   "sock_def_readable",
                                                   "vfs_fsync_range",
                                                   "btf_trace_sched_switch",
                                                   "btf_trace_sched_migrate_task",
                                                   "btf_trace_sched_process_fork",
                                                   "btf_trace_sched_process_exec",
                                                   "btf_trace_sched_process_exit",
                                                   "btf_trace_block_rq_complete",
                                                   "btf_trace_rss_stat",
                                                   "btf_trace_ext4_sync_file_enter",
                                                   "btf_trace_ext4_sync_file_exit",
                                                   "btf_trace_mm_vmscan_direct_reclaim_begin",
                                                   "btf_trace_mm_vmscan_direct_reclaim_end",
                                                   "btf_trace_mm_vmscan_memcg_reclaim_begin",
                                                   "btf_trace_mm_vmscan_memcg_reclaim_end",
                                                   "btf_trace_sock_send_length",
                                                   "btf_trace_sock_recv_length",
                                                   "btf_trace_sk_data_ready",
                                                   "btf_trace_inet_sock_set_state",
                                                   "btf_trace_tcp_retransmit_skb",
                                                   "btf_trace_sys_exit"};
  return names;
}

/// Answers from the kernel's types; without them every answer is the reason why not.
class TypeFacts {
 public:
  explicit TypeFacts(const Result<KernelTypes>& types) : types_(types) {}

  Fact tracepoints(Names names) const {
    return all(names, "tracepoint ",
               [&](std::string_view name) { return types_->tracepoint(name) != 0; });
  }
  Fact functions(Names names) const {
    return all(names, "function ",
               [&](std::string_view name) { return types_->function(name) != 0; });
  }
  Fact members(const std::string& structure, Names names) const {
    Fact fact = all(names, "struct " + structure + " with ",
                    [&](std::string_view name) { return types_->has_member(structure, name); });
    if (fact.available) fact.detail = structure + '.' + fact.detail;
    return fact;
  }

 private:
  template <typename Has>
  Fact all(Names names, const std::string& what, Has has) const {
    if (!types_) return missing("needs kernel BTF");
    std::string found;
    for (const std::string_view name : names) {
      if (!has(name)) return missing("kernel BTF has no " + what + std::string(name));
      found += (found.empty() ? "" : ", ") + std::string(name);
    }
    return present(found);
  }

  const Result<KernelTypes>& types_;
};

void ask_types(Facts& facts, const Result<KernelTypes>& types) {
  const TypeFacts ask(types);
  facts.sched_info = first_missing(
      {ask.members("sched_info", {"pcount", "run_delay", "last_arrival", "last_queued"}),
       ask.members("task_io_accounting", {"read_bytes", "write_bytes"}),
       ask.members("task_struct", {"__state"})});
  facts.process_events =
      ask.tracepoints({"sched_process_fork", "sched_process_exec", "sched_process_exit"});
  facts.sched_events = ask.tracepoints({"sched_switch", "sched_migrate_task"});
  facts.run_queue_clock = ask.members("cfs_rq", {"rq"});
  facts.block_events = first_missing(
      {ask.tracepoints({"block_rq_complete"}), ask.members("request_queue", {"disk"})});
  facts.vmscan_events =
      ask.tracepoints({"mm_vmscan_direct_reclaim_begin", "mm_vmscan_direct_reclaim_end"});
  facts.memcg_events =
      ask.tracepoints({"mm_vmscan_memcg_reclaim_begin", "mm_vmscan_memcg_reclaim_end"});
  facts.oom_events = ask.members("trace_event_raw_mark_victim", {"pid"});
  facts.rss_events = ask.tracepoints({"rss_stat"});
  facts.sock_length = ask.tracepoints({"sock_send_length", "sock_recv_length"});
  facts.protocol_functions =
      ask.functions({"tcp_sendmsg", "tcp_recvmsg", "udp_sendmsg", "udp_recvmsg"});
  facts.protocol6_functions = ask.functions({"udpv6_sendmsg", "udpv6_recvmsg"});
  facts.unix_functions = ask.functions({"unix_stream_sendmsg", "unix_stream_recvmsg"});
  facts.page_functions = ask.functions({"tcp_sendpage", "unix_stream_sendpage"});
  facts.arrival_events = ask.tracepoints({"sk_data_ready"});
  facts.arrival_function = ask.functions({"sock_def_readable"});
  facts.socket_state_events = ask.tracepoints({"inet_sock_set_state"});
  facts.irq_time_apart = ask.members("rq", {"prev_irq_time"}).available;
  facts.retransmit_events = ask.tracepoints({"tcp_retransmit_skb"});
  facts.sync_function = ask.functions({"vfs_fsync_range"});
  facts.ext4_events = ask.tracepoints({"ext4_sync_file_enter", "ext4_sync_file_exit"});
  facts.syscall_events = ask.tracepoints({"sys_exit"});
}

TinyProgram traced(const KernelTypes& types, std::string_view tracepoint = kTrialEvent) {
  return {BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, types.tracepoint(tracepoint)};
}

Fact try_tp_btf(const KernelTypes& types) {
  const Result<Fd> program = traced(types).load();
  if (!program) return missing("loading: " + program.error().message);
  return outcome(attach_tracing(*program),
                 "a program on " + std::string(kTrialEvent) + " loads and attaches");
}

Fact try_iterator(const KernelTypes& types) {
  const std::uint32_t function = types.function("bpf_iter_task");
  if (!function) return missing("kernel BTF has no function bpf_iter_task");
  const Result<Fd> program = TinyProgram(BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER, function).load();
  if (!program) return missing("loading: " + program.error().message);
  return outcome(open_iterator(*program), "iter/task loads, attaches and opens");
}

Fact try_task_storage(const KernelTypes& types) {
  const Result<Fd> map = create_storage(BPF_MAP_TYPE_TASK_STORAGE);
  if (!map) return missing("creating: " + map.error().message);
  TinyProgram program = traced(types);
  program.call(BPF_FUNC_get_current_task_btf).move(2, 0).load_map(1, *map).set(3, 0).set(4, 0);
  return outcome(program.call(BPF_FUNC_task_storage_get).load(), "a program that uses it loads");
}

Fact try_task_registers(const KernelTypes& types) {
  TinyProgram program = traced(types);
  program.call(BPF_FUNC_get_current_task_btf).move(1, 0).call(BPF_FUNC_task_pt_regs);
  return outcome(program.load(), "bpf_task_pt_regs works");
}

Fact try_kernel_reads(const std::string& state) {
  TinyProgram program(BPF_PROG_TYPE_RAW_TRACEPOINT, 0, 0);
  program.stack_slot(1).set(2, 8).set(3, 0).call(BPF_FUNC_probe_read_kernel);
  const Fact tried = outcome(program.load(), "kernel memory can be read");
  return {tried.available, tried.detail + " (lockdown: " + state + ")"};
}

Fact try_percpu_lookup() {
  const Result<Fd> map = create_map(BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 1);
  if (!map) return missing("creating a map: " + map.error().message);
  TinyProgram program(BPF_PROG_TYPE_RAW_TRACEPOINT, 0, 0);
  program.load_map(1, *map).stack_slot(2).set(3, 0).call(BPF_FUNC_map_lookup_percpu_elem);
  return outcome(program.load(), "bpf_map_lookup_percpu_elem works");
}

Fact try_socket_storage(const KernelTypes& types) {
  if (!types.tracepoint("inet_sock_set_state"))
    return missing("kernel BTF has no tracepoint inet_sock_set_state");
  const Result<Fd> map = create_storage(BPF_MAP_TYPE_SK_STORAGE);
  if (!map) return missing("creating: " + map.error().message);
  TinyProgram program = traced(types, "inet_sock_set_state");
  program.load_argument(2, 0).load_map(1, *map).set(3, 0).set(4, 1);
  return outcome(program.call(BPF_FUNC_sk_storage_get).load(), "a program that uses it loads");
}

Fact try_fexit(const KernelTypes& types) {
  const std::uint32_t function = types.function(kTrialFunction);
  if (!function) return missing("kernel BTF has no function " + std::string(kTrialFunction));
  TinyProgram program(BPF_PROG_TYPE_TRACING, BPF_TRACE_FEXIT, function);
  program.move(6, 1).stack_slot(2).move(1, 6).call(BPF_FUNC_get_func_ret);
  const Result<Fd> loaded = program.load();
  if (!loaded) return missing("loading: " + loaded.error().message);
  const Result<Fd> link = attach_tracing(*loaded);
  if (!link) return missing("attaching: " + link.error().message);
  return present("a program on " + std::string(kTrialFunction) + " loads and attaches");
}

/// Attaching is left to doctor: letting go of a perf event takes 50 ms and more.
Fact try_tracepoint(Facts& facts) {
  const Result<Tracefs> tracefs = open_tracefs();
  facts.tracefs = tracefs ? present(tracefs->where) : missing(tracefs.error().message);
  if (!tracefs) return missing("needs tracefs");
  const Result<std::uint64_t> id = tracepoint_id(*tracefs, "oom", "mark_victim");
  if (!id) return missing(id.error().message);
  return outcome(TinyProgram(BPF_PROG_TYPE_TRACEPOINT, 0, 0).load(), "a program for one loads");
}

/// As for tracepoints, attaching is left to doctor.
Fact try_uprobe() {
  if (const Result<std::uint32_t> type = event_source("uprobe"); !type)
    return missing(type.error().message);
  TinyProgram program(BPF_PROG_TYPE_KPROBE, 0, 0);
  // Register 1 is the context. Kernel >= 5.15.
  return outcome(program.call(BPF_FUNC_get_attach_cookie).load(), "a program for one loads");
}

Fact try_uprobe_multi() {
  const Result<Fd> program = TinyProgram(BPF_PROG_TYPE_KPROBE, kUprobeMulti, 0).load();
  if (!program) return missing("loading: " + program.error().message);
  const Status tried = try_one_link(*program);
  return tried ? present("the kernel knows such links") : missing(tried.error().message);
}

/// Facts that need a program, asked once the types are known.
void try_programs(Facts& facts, const KernelTypes& types) {
  facts.tp_btf = try_tp_btf(types);
  facts.task_iterator = try_iterator(types);
  facts.task_storage = try_task_storage(types);
  facts.task_registers = try_task_registers(types);
  facts.socket_storage = try_socket_storage(types);
  facts.fentry = try_fexit(types);
}

}  // namespace

void probe_programs(Facts& facts, const std::filesystem::path& root) {
  const libbpf_print_fn_t printer = libbpf_set_print(nullptr);
  facts.bpf_syscall = outcome(create_map(BPF_MAP_TYPE_ARRAY, 4, 8, 1), "a map can be created");
  facts.ring_buffer = outcome(
      create_map(BPF_MAP_TYPE_RINGBUF, 0, 0, static_cast<std::uint32_t>(sysconf(_SC_PAGESIZE))),
      "one can be created");
  facts.lockdown = try_kernel_reads(facts.lockdown.detail);
  facts.percpu_lookup = try_percpu_lookup();
  const std::filesystem::path file = root / "sys/kernel/btf/vmlinux";
  const Result<KernelTypes> types = KernelTypes::read(file, asked_names());
  facts.btf = types ? present(file.string() + ", " + std::to_string(types->count()) + " types")
                    : missing(types.error().message);
  ask_types(facts, types);
  for (Fact Facts::*fact : {&Facts::tp_btf, &Facts::task_iterator, &Facts::task_storage,
                            &Facts::task_registers, &Facts::socket_storage, &Facts::fentry})
    facts.*fact = missing("needs kernel BTF");
  if (types) try_programs(facts, *types);
  facts.tracepoint = try_tracepoint(facts);
  facts.uprobe = try_uprobe();
  facts.uprobe_multi = try_uprobe_multi();
  libbpf_set_print(printer);
}

}  // namespace culprit
