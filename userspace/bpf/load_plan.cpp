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
  std::string_view lost;             ///< when it is not loaded
  std::string_view instead = "";     ///< not needed when this one, above it, is loaded
  std::string_view substitute = "";  ///< when that one is loaded, nothing is lost
  std::string_view beside = "";      ///< of no use but with this family, above it
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

ProgramRow call_function_row(std::string_view program, std::string_view attach,
                             std::string_view instead, Fact Facts::*functions) {
  return {"call", program, attach, {&Facts::fentry, functions, &Facts::socket_storage},
          kCalls, instead};
}

std::vector<ProgramRow> call_rows() {
  using F = Facts;
  constexpr auto kTcp = &F::protocol_functions, kUnix = &F::unix_functions;
  return {
      {"call",
       "call_send",
       "tp_btf/sock_send_length",
       {&F::sock_length, &F::socket_storage},
       kCalls,
       "",
       "call_tcp_sendmsg"},
      {"call",
       "call_receive",
       "tp_btf/sock_recv_length",
       {&F::sock_length, &F::socket_storage},
       kCalls,
       "",
       "call_tcp_recvmsg"},
      call_function_row("call_tcp_sendmsg", "fexit/tcp_sendmsg", "call_send", kTcp),
      call_function_row("call_tcp_recvmsg", "fexit/tcp_recvmsg", "call_receive", kTcp),
      call_function_row("call_unix_sendmsg", "fexit/unix_stream_sendmsg", "call_send", kUnix),
      call_function_row("call_unix_recvmsg", "fexit/unix_stream_recvmsg", "call_receive", kUnix),
      {"call",
       "call_arrival",
       "tp_btf/sk_data_ready",
       {&F::arrival_events, &F::socket_storage},
       kArrival,
       "",
       "call_readable"},
      {"call",
       "call_readable",
       "fentry/sock_def_readable",
       {&F::fentry, &F::arrival_function, &F::socket_storage},
       kArrival,
       "call_arrival"},
      {"call",
       "call_state",
       "tp_btf/inet_sock_set_state",
       {&F::socket_state_events, &F::socket_storage},
       "how long connecting took, which connections failed"},
      {"call",
       "list_connections",
       "iter/task_file",
       {&F::socket_storage},
       "connections that were open before culprit came, until they are used"},
      {"call",
       "flush_exchanges",
       "iter/bpf_sk_storage_map",
       {&F::socket_storage},
       "the last call of each connection, until the next one"},
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
  for (ProgramRow& row : rows) row.beside = "call";
  return rows;
}

const std::vector<ProgramRow>& program_table() {
  static const std::vector<ProgramRow> table = [] {
    std::vector<ProgramRow> rows = thread_rows();
    for (const auto& more : {memory_and_block_rows(), network_rows(), call_rows(), tls_rows()})
      rows.insert(rows.end(), more.begin(), more.end());
    return rows;
  }();
  return table;
}

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
  if (without.count(std::string(row.family))) return refusal(row.family);
  for (Fact Facts::*need : row.needs) {
    if ((facts.*need).available) continue;
    for (const FactRow& fact : fact_table())
      if (fact.fact == need) return lack(fact, facts);
  }
  return "";
}

/// `plan` holds the programs above it.
PlannedProgram plan_program(const ProgramRow& row, const LoadPlan& plan, const Facts& facts,
                            const std::set<std::string>& without) {
  PlannedProgram planned;
  planned.family = row.family;
  planned.program = row.program;
  planned.attach = row.attach;
  planned.reason = plan.bpf ? reason_against(row, facts, without) : plan.proc_reason;
  if (!row.instead.empty() && plan.loads_program(row.instead)) {
    planned.skip = Skip::kNotNeeded;
    planned.reason = "not needed: " + std::string(row.instead) + " is loaded";
  } else if (!planned.reason.empty()) {
    planned.skip = skip_for(planned.reason);
    planned.lost = row.lost;
  } else if (!row.beside.empty() && !plan.loads(row.beside)) {
    planned.skip = Skip::kNotNeeded;
    planned.reason = "not needed: nothing of " + std::string(row.beside) + " is loaded";
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

LoadPlan make_load_plan(const Facts& probed, const std::set<std::string>& without) {
  const Facts facts = refuse(probed, without);
  LoadPlan plan;
  plan.proc_reason = reason_for_proc(facts, without);
  plan.bpf = plan.proc_reason.empty();
  plan.one_link = facts.uprobe_multi.available;
  for (const ProgramRow& row : program_table())
    plan.programs.push_back(plan_program(row, plan, facts, without));
  for (std::size_t i = 0; i < plan.programs.size(); i++)
    if (const std::string_view substitute = program_table()[i].substitute;
        !substitute.empty() && plan.loads_program(substitute))
      plan.programs[i].lost.clear();
  return plan;
}

}  // namespace culprit
