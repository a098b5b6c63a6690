// SPDX-License-Identifier: Apache-2.0
#include "bpf/load_plan.h"

#include <algorithm>
#include <sstream>

#include "bpf/fact_table.h"

namespace culprit {
namespace {

/// One program that culprit knows, beside what every program needs.
struct ProgramRow {
  std::string_view family, program, attach;
  std::vector<Fact Facts::*> needs;
  std::string_view lost;  ///< when it is not loaded
  // Names with blanks between; one of them that is loaded decides.
  std::string_view instead = "";     ///< above it: it is not needed
  std::string_view substitute = "";  ///< nothing is lost without it
  std::string_view beside = "";      ///< above it: without one of them it is of no use
  bool on_demand = false;            ///< attached only while there is something that it is for
  bool on_request = false;           ///< only loaded when somebody asks for it
};

constexpr std::string_view kScheduling =
    "run-queue latency, delayed_by and the reasons for blocking";
constexpr std::string_view kTraffic = "network bytes by process";
constexpr std::string_view kReclaim = "time that threads spend reclaiming memory";
constexpr std::string_view kLimitReclaim =
    "time that threads spend reclaiming memory at their cgroup's limit";

ProgramRow protocol_row(std::string_view program, std::string_view attach, std::string_view instead,
                        Fact Facts::*functions) {
  return {"network", program, attach, {&Facts::fentry, functions, &Facts::socket_storage},
          kTraffic,  instead};
}

// The order is that of loading: what stands in for another program comes after it.
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

std::vector<ProgramRow> network_rows() {
  using F = Facts;
  constexpr auto kV4 = &F::protocol_functions, kV6 = &F::protocol6_functions;
  return {
      {"network",
       "sock_send_length",
       "tp_btf/sock_send_length",
       {&F::sock_length, &F::socket_storage},
       kTraffic,
       "",
       "tcp_sendmsg_exit"},
      {"network",
       "sock_recv_length",
       "tp_btf/sock_recv_length",
       {&F::sock_length, &F::socket_storage},
       kTraffic,
       "",
       "tcp_recvmsg_exit"},
      protocol_row("tcp_sendmsg_exit", "fexit/tcp_sendmsg", "sock_send_length", kV4),
      protocol_row("udp_sendmsg_exit", "fexit/udp_sendmsg", "sock_send_length", kV4),
      protocol_row("udpv6_sendmsg_exit", "fexit/udpv6_sendmsg", "sock_send_length", kV6),
      protocol_row("tcp_recvmsg_exit", "fexit/tcp_recvmsg", "sock_recv_length", kV4),
      protocol_row("udp_recvmsg_exit", "fexit/udp_recvmsg", "sock_recv_length", kV4),
      protocol_row("udpv6_recvmsg_exit", "fexit/udpv6_recvmsg", "sock_recv_length", kV6),
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

const std::vector<ProgramRow>& program_table() {
  static const std::vector<ProgramRow> table = [] {
    std::vector<ProgramRow> rows = thread_rows();
    for (const auto& more : {memory_and_block_rows(), network_rows(), call_rows(),
                             call_syscall_rows(), tls_rows(), python_rows(), stack_rows()})
      rows.insert(rows.end(), more.begin(), more.end());
    return rows;
  }();
  return table;
}

/// What is refused, and which programs are asked for.
struct Wishes {
  const std::set<std::string>&without, &asked;
};

std::string lack(const FactRow& row, const Facts& facts) {
  const std::string& detail = (facts.*row.fact).detail;
  if (detail.rfind("--without", 0) == 0) return detail;
  return "no " + std::string(row.title) + (detail.empty() ? "" : ": " + detail);
}

std::string refusal(std::string_view feature) {
  return "--without " + std::string(feature);
}

Skip skip_for(const std::string& reason) {
  return reason.rfind("--without", 0) == 0 ? Skip::kRefused : Skip::kUnavailable;
}

/// Why BPF cannot be used at all, "" when it can. The listing of threads carries the rest.
std::string reason_for_proc(const Facts& facts, const std::set<std::string>& without) {
  for (const char* feature : {"bpf", "thread"})
    if (without.count(feature)) return refusal(feature);
  for (const FactRow& row : fact_table()) {
    if (row.use != FactUse::kEssential || (facts.*row.fact).available) continue;
    std::string reason = lack(row, facts);
    if (!row.privileged || may_use_bpf(facts)) return reason;
    return reason + (facts.root ? " (cap_bpf and cap_perfmon are needed)" : " (root is needed)");
  }
  return "";
}

/// The reason why a single program cannot be loaded, "" when it can.
std::string reason_against(const ProgramRow& row, const Facts& facts,
                           const std::set<std::string>& without) {
  // What stands in for another family is refused with it.
  const std::string_view family = row.family == "call_syscalls" ? "call" : row.family;
  if (without.count(std::string(family))) return refusal(family);
  for (Fact Facts::*need : row.needs) {
    if ((facts.*need).available) continue;
    for (const FactRow& fact : fact_table())
      if (fact.fact == need) return lack(fact, facts);
  }
  return "";
}

/// The first of `names` that is loaded, "" when none is.
std::string loaded_among(std::string_view names, const LoadPlan& plan) {
  std::istringstream words{std::string(names)};
  for (std::string word; words >> word;)
    if (plan.loads_program(word)) return word;
  return "";
}

/// Why none of `names` is loaded: what is said of the first.
std::string reason_for_none(std::string_view names, const LoadPlan& plan) {
  const std::string_view first = names.substr(0, names.find(' '));
  for (const PlannedProgram& planned : plan.programs)
    if (planned.program == first) return planned.reason;
  return "";
}

/// `plan` holds the programs above it.
PlannedProgram plan_program(const ProgramRow& row, const LoadPlan& plan, const Facts& facts,
                            const Wishes& wishes) {
  PlannedProgram planned;
  planned.family = row.family;
  planned.program = row.program;
  planned.attach = row.attach;
  planned.on_demand = row.on_demand;
  planned.reason = plan.bpf ? reason_against(row, facts, wishes.without) : plan.proc_reason;
  if (planned.reason.empty() && !row.beside.empty() && loaded_among(row.beside, plan).empty())
    planned.reason = reason_for_none(row.beside, plan);
  if (const std::string other = loaded_among(row.instead, plan); !other.empty()) {
    planned.skip = Skip::kNotNeeded;
    planned.reason = "not needed: " + other + " is loaded";
  } else if (!planned.reason.empty()) {
    planned.skip = skip_for(planned.reason);
    planned.lost = row.lost;
  } else if (row.on_request && !wishes.asked.count(std::string(row.program))) {
    planned.skip = Skip::kNotNeeded;
    planned.reason = "not asked for";
  }
  planned.load = planned.skip == Skip::kNone;
  return planned;
}

std::vector<Feature> make_features() {
  std::vector<Feature> all = {
      {"bpf", "BPF as a whole: read /proc only"},
      {"thread", "listing of threads by BPF; without it, no BPF at all"},
      {"sched", "who delays whom, and why threads are blocked"},
      {"lifecycle", "short-lived processes"},
      {"memory", "reclaim and OOM kills"},
      {"block", "disk latency"},
      {"network", "bytes and connections by process"},
      {"call", "calls to databases and caches, HTTP requests"},
      {"tls", "what these are when they go over TLS (OpenSSL)"},
      {"python", "tasks inside Python processes"},
      {"asyncio", "which of them started others; their exact CPU time"},
      {"stack", "stacks (culprit flame)"},
  };
  for (const FactRow& row : fact_table())
    if (row.use != FactUse::kOther) all.push_back({row.id, row.title});
  return all;
}

}  // namespace

bool LoadPlan::loads(std::string_view family) const {
  return std::any_of(programs.begin(), programs.end(), [&](const PlannedProgram& planned) {
    return planned.load && planned.family == family;
  });
}

bool LoadPlan::loads_program(std::string_view program) const {
  return std::any_of(programs.begin(), programs.end(), [&](const PlannedProgram& planned) {
    return planned.load && planned.program == program;
  });
}

const std::vector<Feature>& features() {
  static const std::vector<Feature> all = make_features();
  return all;
}

std::vector<std::string> feature_names() {
  std::vector<std::string> names;
  for (const Feature& feature : features()) names.emplace_back(feature.name);
  return names;
}

Result<std::set<std::string>> parse_features(const std::vector<std::string>& values) {
  const std::vector<std::string> names = feature_names();
  std::set<std::string> without;
  for (const std::string& value : values) {
    std::stringstream words(value + ",");
    for (std::string word; std::getline(words, word, ',');) {
      if (std::find(names.begin(), names.end(), word) == names.end()) {
        std::string known;
        for (const std::string& name : names) known.append(known.empty() ? "" : ", ").append(name);
        return misuse("--without '" + word + "': no such feature; known are " + known);
      }
      without.insert(word);
    }
  }
  return without;
}

Facts refuse(Facts facts, const std::set<std::string>& without) {
  for (const FactRow& row : fact_table())
    if (without.count(std::string(row.id))) facts.*row.fact = {false, refusal(row.id)};
  return facts;
}

LoadPlan make_load_plan(const Facts& probed, const std::set<std::string>& without,
                        const std::set<std::string>& asked) {
  const Facts facts = refuse(probed, without);
  LoadPlan plan;
  plan.proc_reason = reason_for_proc(facts, without);
  plan.bpf = plan.proc_reason.empty();
  plan.one_link = facts.uprobe_multi.available;
  for (const ProgramRow& row : program_table())
    plan.programs.push_back(plan_program(row, plan, facts, {without, asked}));
  for (std::size_t i = 0; i < plan.programs.size(); i++)
    if (!loaded_among(program_table()[i].substitute, plan).empty()) plan.programs[i].lost.clear();
  return plan;
}

}  // namespace culprit
