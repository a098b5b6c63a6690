// SPDX-License-Identifier: Apache-2.0
#include "bpf/load_plan.h"

#include <bpf/libbpf.h>

#include <memory>
#include <sstream>
#include <tuple>

#include "bpf/fact_table.h"
#include "catch.h"

namespace culprit {
namespace {

Facts able_host() {
  Facts facts;
  for (const FactRow& row : fact_table()) facts.*row.fact = {true, "found"};
  facts.root = true;
  return facts;
}

const PlannedProgram& planned(const LoadPlan& plan, std::string_view name) {
  for (const PlannedProgram& program : plan.programs)
    if (program.program == name) return program;
  FAIL("no program " << name);
  throw;
}

using Names = std::set<std::string>;

Names loaded(const LoadPlan& plan) {
  Names names;
  for (const PlannedProgram& program : plan.programs)
    if (program.load) names.insert(program.program);
  return names;
}

const Names kAll = {
    "list_threads",        "sched_switch",      "sched_migrate_task",   "sched_process_fork",
    "sched_process_exec",  "block_rq_complete", "direct_reclaim_begin", "direct_reclaim_end",
    "memcg_reclaim_begin", "memcg_reclaim_end", "mark_victim",          "inet_sock_set_state",
    "tcp_retransmit_skb",  "call_send",         "call_receive",         "call_arrival",
    "call_state",          "list_connections",  "flush_exchanges",      "tls_enter",
    "tls_return",          "python_sample",     "python_switch",        "python_memory",
    "python_fork",         "python_exec",       "asyncio_create",       "uvloop_write",
    "asyncio_step",        "asyncio_step_end",  "sync_begin",           "sync_end"};

Names but(Names names, const Names& gone, const Names& instead = {}) {
  for (const std::string& name : gone) {
    INFO(name);
    CHECK(names.erase(name) == 1);
  }
  names.insert(instead.begin(), instead.end());
  return names;
}

const Names kFexit = {"udp_sendmsg_exit",   "udpv6_sendmsg_exit", "udp_recvmsg_exit",
                      "udpv6_recvmsg_exit", "call_tcp_sendmsg",   "call_tcp_recvmsg",
                      "call_unix_sendmsg",  "call_unix_recvmsg",  "call_tcp_sendpage",
                      "call_unix_sendpage"};
const Names kSyscalls = {"call_sys_exit", "list_hashed_connections", "flush_hashed_exchanges"};
const Names kCallBeside = {"call_arrival",    "call_state", "list_connections",
                           "flush_exchanges", "tls_enter",  "tls_return"};
const Names kLength = {"call_send", "call_receive"};
const Names kSyncs = {"sync_begin", "sync_end"};
const Names kExt4Syncs = {"sync_ext4_begin", "sync_ext4_end"};

}  // namespace

TEST_CASE("a host that can do everything gets every program once", "[load_plan]") {
  const LoadPlan plan = make_load_plan(able_host(), {});
  CHECK(plan.bpf);
  CHECK(plan.proc_reason.empty());
  CHECK(loaded(plan) == kAll);
  CHECK(plan.loads("network"));
  CHECK_FALSE(plan.loads("nothing"));
  CHECK(plan.loads_program("sched_switch"));
  for (const PlannedProgram& program : plan.programs) {
    INFO(program.program);
    CHECK(program.lost.empty());
    CHECK(program.load == (program.skip == Skip::kNone));
    CHECK(program.load == program.reason.empty());
  }
  CHECK(planned(plan, "sched_process_exit").skip == Skip::kNotNeeded);
}

TEST_CASE("what stands in for a missing mechanism is loaded", "[load_plan]") {
  const auto without = [](const Names& refused) { return make_load_plan(able_host(), refused); };
  const LoadPlan old_kernel = without({"sock_length"});
  CHECK(loaded(old_kernel) == but(kAll, kLength, kFexit));
  CHECK(planned(old_kernel, "sock_send_length").lost.empty());
  CHECK(planned(old_kernel, "sock_send_length").skip == Skip::kRefused);

  const LoadPlan no_bytes = without({"sock_length", "fexit"});
  const Names without_fexit = but(kAll, kSyncs, kExt4Syncs);
  CHECK(loaded(no_bytes) == but(but(without_fexit, kLength), kCallBeside, kSyscalls));
  CHECK(planned(no_bytes, "sock_send_length").lost == "network bytes by process");
  CHECK(planned(no_bytes, "tcp_sendmsg_exit").reason == "--without fexit");

  CHECK(loaded(without({"sock_length", "protocol6_functions"})) ==
        but(kAll, kLength, but(kFexit, {"udpv6_sendmsg_exit", "udpv6_recvmsg_exit"})));
  // Calls are seen from system calls, but not when their replies arrive.
  CHECK(planned(no_bytes, "call_send").lost.empty());
  CHECK(planned(no_bytes, "call_unix_recvmsg").lost.empty());
  CHECK(planned(no_bytes, "list_connections").lost.empty());
  CHECK(planned(no_bytes, "flush_exchanges").lost.empty());
  for (const char* lost : {"call_arrival", "call_state"}) {
    CHECK_FALSE(planned(no_bytes, lost).lost.empty());
    CHECK(planned(no_bytes, lost).reason == "--without sock_length");
    CHECK(planned(no_bytes, lost).skip == Skip::kRefused);
  }
  CHECK(planned(make_load_plan(able_host(), {}), "call_sys_exit").reason ==
        "not needed: call_send is loaded");
  CHECK(planned(old_kernel, "call_sys_exit").reason == "not needed: call_tcp_sendmsg is loaded");
  const LoadPlan no_calls = without({"sock_length", "fexit", "call"});
  CHECK(loaded(no_calls) == but(but(without_fexit, kLength), kCallBeside));
  CHECK(planned(no_calls, "call_sys_exit").reason == "--without call");
  const LoadPlan none = without({"sock_length", "fexit", "syscall_events"});
  CHECK(loaded(none) == but(but(without_fexit, kLength), kCallBeside));
  CHECK(planned(none, "flush_hashed_exchanges").reason == "--without syscall_events");
  CHECK_FALSE(planned(none, "call_send").lost.empty());

  CHECK(loaded(without({"socket_storage"})) ==
        but(but(kAll, {"inet_sock_set_state", "tcp_retransmit_skb", "call_send", "call_receive"}),
            kCallBeside, kSyscalls));
  CHECK(loaded(without({"arrival_events"})) == but(kAll, {"call_arrival"}, {"call_readable"}));
  for (const char* refused : {"sched", "sched_events", "run_queue_clock"}) {
    const LoadPlan plan = without({refused});
    Names gone = {"sched_switch", "sched_migrate_task"};
    if (refused != std::string("sched")) gone.insert("python_switch");
    CHECK(loaded(plan) == but(kAll, gone, {"sched_process_exit"}));
    CHECK_FALSE(planned(plan, "sched_switch").lost.empty());
  }
}

TEST_CASE("without fexit fsync is timed on ext4 only", "[load_plan]") {
  for (const char* refused : {"fexit", "sync_function"})
    CHECK(loaded(make_load_plan(able_host(), {refused})) == but(kAll, kSyncs, kExt4Syncs));
  const LoadPlan plan = make_load_plan(able_host(), {"fexit"});
  CHECK_FALSE(planned(plan, "sync_begin").lost.empty());
  CHECK(planned(make_load_plan(able_host(), {}), "sync_ext4_end").reason ==
        "not needed: sync_end is loaded");
}

TEST_CASE("bytes are counted by the programs of calls, and without those by their own",
          "[load_plan]") {
  const LoadPlan all = make_load_plan(able_host(), {});
  CHECK(planned(all, "sock_send_length").reason == "not needed: call_send is loaded");
  CHECK(planned(all, "sock_send_length").lost.empty());
  const LoadPlan no_calls = make_load_plan(able_host(), {"call"});
  CHECK(no_calls.loads_program("sock_send_length"));
  CHECK(no_calls.loads_program("sock_recv_length"));
  const LoadPlan old_kernel = make_load_plan(able_host(), {"call", "sock_length"});
  for (const char* name : {"tcp_sendmsg_exit", "udp_sendmsg_exit", "tcp_recvmsg_exit"})
    CHECK(old_kernel.loads_program(name));
}

TEST_CASE("a missing fact takes away the programs that need it, and no others", "[load_plan]") {
  const auto [feature, gone] = GENERATE(table<std::string, Names>(
      {{"percpu_lookup", {"sched_migrate_task"}},
       {"process_events",
        {"sched_process_fork", "sched_process_exec", "python_fork", "python_exec"}},
       {"rss_events", {"python_memory"}},
       {"python",
        {"python_sample", "python_switch", "python_memory", "python_fork", "python_exec",
         "asyncio_create", "uvloop_write", "asyncio_step", "asyncio_step_end"}},
       {"lifecycle", {"sched_process_fork", "sched_process_exec"}},
       {"block_events", {"block_rq_complete"}},
       {"block", {"block_rq_complete"}},
       {"vmscan_events", {"direct_reclaim_begin", "direct_reclaim_end"}},
       {"memcg_events", {"memcg_reclaim_begin", "memcg_reclaim_end"}},
       {"oom_events", {"mark_victim"}},
       {"tracefs", {"mark_victim"}},
       {"tracepoint", {"mark_victim"}},
       {"retransmit_events", {"tcp_retransmit_skb"}},
       {"socket_state_events", {"inet_sock_set_state", "call_state"}},
       {"tls", {"tls_enter", "tls_return"}},
       {"uprobe",
        {"tls_enter", "tls_return", "asyncio_create", "uvloop_write", "asyncio_step",
         "asyncio_step_end"}},
       {"asyncio", {"asyncio_create", "uvloop_write", "asyncio_step", "asyncio_step_end"}},
       {"uprobe_multi", {}},
       {"memory",
        {"direct_reclaim_begin", "direct_reclaim_end", "memcg_reclaim_begin", "memcg_reclaim_end",
         "mark_victim"}},
       {"sync", {"sync_begin", "sync_end"}},
       {"ext4_events", {}},
       {"syscall_events", {}},
       {"page_functions", {}},
       {"protocol_functions", {}}}));
  INFO(feature);
  const LoadPlan plan = make_load_plan(able_host(), {feature});
  CHECK(plan.bpf);
  CHECK(loaded(plan) == but(kAll, gone));
  for (const std::string& name : gone) {
    CHECK(planned(plan, name).reason == "--without " + feature);
    CHECK(planned(plan, name).skip == Skip::kRefused);
    CHECK_FALSE(planned(plan, name).lost.empty());
  }
}

TEST_CASE("what is of use only beside another family goes with it", "[load_plan]") {
  const LoadPlan plan = make_load_plan(able_host(), {"call"});
  CHECK(loaded(plan) == but(kAll,
                            {"call_send", "call_receive", "call_arrival", "call_state",
                             "list_connections", "flush_exchanges", "tls_enter", "tls_return"},
                            {"sock_send_length", "sock_recv_length"}));
  CHECK(planned(plan, "call_send").reason == "--without call");
  CHECK_FALSE(planned(plan, "call_send").lost.empty());
  CHECK(planned(plan, "tls_enter").skip == Skip::kRefused);
  CHECK(planned(plan, "tls_enter").reason == "--without call");
  CHECK(make_load_plan(able_host(), {}).one_link);
  CHECK_FALSE(make_load_plan(able_host(), {"uprobe_multi"}).one_link);
}

TEST_CASE("some programs are loaded only when they are asked for", "[load_plan]") {
  const LoadPlan none = make_load_plan(able_host(), {});
  CHECK_FALSE(none.loads("stack"));
  CHECK(planned(none, "stack_cpu").reason == "not asked for");
  CHECK(planned(none, "stack_cpu").lost.empty());
  const LoadPlan one = make_load_plan(able_host(), {}, {"stack_cpu"});
  CHECK(loaded(one) == but(kAll, {}, {"stack_cpu"}));
  const LoadPlan refused = make_load_plan(able_host(), {"stack"}, {"stack_cpu", "stack_blocked"});
  CHECK(loaded(refused) == kAll);
  CHECK(planned(refused, "stack_blocked").skip == Skip::kRefused);
  CHECK_FALSE(planned(refused, "stack_blocked").lost.empty());
}

TEST_CASE("without an essential fact only /proc is read, and the reason is given", "[load_plan]") {
  for (const FactRow& row : fact_table()) {
    Facts facts = able_host();
    facts.*row.fact = {false, "Some error"};
    const LoadPlan plan = make_load_plan(facts, {});
    INFO(row.id);
    CHECK(plan.bpf == (row.use != FactUse::kEssential));
    if (plan.bpf) continue;
    CHECK(plan.proc_reason == "no " + std::string(row.title) + ": Some error");
    CHECK(loaded(plan).empty());
    for (const PlannedProgram& program : plan.programs) {
      CHECK(program.reason == plan.proc_reason);
      CHECK(program.skip == Skip::kUnavailable);
      CHECK_FALSE(program.lost.empty());
    }
  }
  for (const char* feature : {"bpf", "thread", "btf", "tp_btf", "ring_buffer", "task_iterator"})
    CHECK(make_load_plan(able_host(), {feature}).proc_reason ==
          std::string("--without ") + feature);
}

TEST_CASE("lack of rights is named as the reason", "[load_plan]") {
  Facts facts = able_host();
  facts.bpf_syscall = {false, "Operation not permitted"};
  facts.capabilities_missing = {"cap_bpf", "cap_sys_admin"};
  CHECK(make_load_plan(facts, {}).proc_reason ==
        "no bpf system call: Operation not permitted (cap_bpf and cap_perfmon are needed)");
  facts.root = false;
  CHECK(make_load_plan(facts, {}).proc_reason ==
        "no bpf system call: Operation not permitted (root is needed)");
  CHECK(missing_facts(facts).front().how.rfind("run as root", 0) == 0);

  facts = able_host();
  facts.fentry = {false, "loading: Operation not permitted"};
  CHECK(missing_facts(facts).front().how.rfind("a security policy of this kernel", 0) == 0);
  facts.fentry = {false, "attaching: Operation not supported"};
  CHECK(missing_facts(facts).front().how.rfind("a kernel >= 5.17", 0) == 0);
}

TEST_CASE("--without takes known features, one or several in a word", "[load_plan]") {
  const auto both = parse_features({"sched,block", "btf", "sched"});
  REQUIRE(both);
  CHECK(*both == Names{"block", "btf", "sched"});
  CHECK(parse_features({})->empty());
  for (const std::string bad : {"scheduler", "", "sched,", ",sched", "sched block", "BPF"}) {
    const auto refused = parse_features({bad});
    INFO(bad);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::kUsage);
    CHECK(refused.error().message.find("known are bpf, thread") != std::string::npos);
  }
}

TEST_CASE("the tables are complete and without doubles", "[load_plan]") {
  Names ids;
  std::set<std::string_view> titles;
  for (const FactRow& row : fact_table()) {
    CHECK(ids.emplace(row.id).second);
    CHECK(titles.insert(row.title).second);
    CHECK_FALSE(row.lost.empty());
    CHECK_FALSE(row.how.empty());
  }
  Names names;
  for (const std::string& name : feature_names()) CHECK(names.insert(name).second);
  for (const Feature& feature : features()) CHECK_FALSE(feature.help.empty());
  // A Fact without a row would stay "not available" for good.
  std::size_t facts = 0;
  for (const FactRow& row : fact_table()) facts += row.use != FactUse::kOther;
  CHECK(names.size() == facts + 1 + 12);
}

TEST_CASE("the plan knows exactly the programs that are in the objects", "[load_plan]") {
  using Row = std::tuple<std::string, std::string, std::string>;
  std::set<Row> rows, programs;
  for (const PlannedProgram& program : make_load_plan({}, {}).programs)
    CHECK(rows.emplace(program.family, program.program, program.attach).second);
  std::stringstream families(CULPRIT_PROBE_FAMILIES);
  for (std::string family; families >> family;) {
    const std::string file = CULPRIT_SKELETON_DIR "/" + family + ".bpf.o";
    const std::unique_ptr<bpf_object, decltype(&bpf_object__close)> object(
        bpf_object__open(file.c_str()), bpf_object__close);
    REQUIRE(object);
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, object.get()) {
      programs.emplace(family, bpf_program__name(program), bpf_program__section_name(program));
    }
  }
  CHECK(rows == programs);
}

}  // namespace culprit
