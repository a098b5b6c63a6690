// SPDX-License-Identifier: Apache-2.0
#include "talk.h"

#include <algorithm>

#include "bpf/facts.h"
#include "catch.h"

namespace culprit::test {
namespace {

bool is_attached(const Snapshot& snapshot, std::string_view attach) {
  return std::any_of(snapshot.collector.probes.begin(), snapshot.collector.probes.end(),
                     [&](const ProbeRow& probe) {
                       return probe.attach == attach && probe.state == ProbeState::kAttached;
                     });
}

}  // namespace

std::vector<CallPlan> call_plans() {
  const Facts facts = probe_facts();
  std::vector<CallPlan> plans;
  if (facts.sock_length.available) plans.push_back({"tp_btf/sock_send_length", {}});
  if (facts.fentry.available && facts.protocol_functions.available)
    plans.push_back({"fexit/tcp_sendmsg", {"sock_length"}});
  plans.push_back({"tp_btf/sys_exit", {"sock_length", "fexit"}});
  plans.front().without.clear();
  return plans;
}

const DatabaseRow& Talk::database() const {
  const auto found =
      std::find_if(snapshot.databases.begin(), snapshot.databases.end(),
                   [&](const DatabaseRow& row) { return row.address == truth.at("address"); });
  REQUIRE(found != snapshot.databases.end());
  return *found;
}

const QueryRow& Talk::query() const {
  const QueryRow* found = nullptr;
  for (const QueryRow& row : snapshot.queries) {
    if (row.address != truth.at("address")) continue;
    INFO(row.text.value_or("(no text)"));
    REQUIRE(found == nullptr);  // dbtalk says always the same
    found = &row;
  }
  REQUIRE(found);
  return *found;
}

const PoolRow& Talk::pool() const {
  const std::vector<PoolRow>& pools = database().pools;
  const auto found = std::find_if(pools.begin(), pools.end(), [&](const PoolRow& row) {
    // A socket belongs to whoever used it last.
    return row.process.id.pid == truth.at("pid") || row.process.id.pid == truth.at("child_pid");
  });
  REQUIRE(found != pools.end());
  return *found;
}

Talk end_of_talk(Watch& watch, Workload& workload) {
  Talk talk;
  talk.truth = workload.truth();
  REQUIRE(talk.truth.is_object());
  talk.snapshot = watch.after(std::chrono::milliseconds(200));
  return talk;
}

Talk talk(Watch& watch, std::vector<std::string> arguments) {
  watch.start();
  arguments.insert(arguments.begin(), "dbtalk");
  Workload workload(arguments);
  return end_of_talk(watch, workload);
}

void check_plan(const Snapshot& snapshot, const CallPlan& plan) {
  bool attached = false;
  for (const ProbeRow& probe : snapshot.collector.probes) {
    if (probe.name.rfind("call", 0) != 0) continue;
    attached |= probe.attach == plan.name && probe.state == ProbeState::kAttached;
    INFO(plan.name << ": " << probe.attach << ": " << probe.reason);
    // A kernel before 6.3 that may not use fexit has nothing that tells of arrivals.
    CHECK((probe.state != ProbeState::kUnavailable || probe.attach == "tp_btf/sk_data_ready"));
  }
  INFO(plan.name);
  CHECK(attached);
}

void check_no_losses(const Snapshot& snapshot) {
  for (const auto& [cause, count] : snapshot.collector.lost_by_cause) {
    INFO(count << " lost: " << cause);
    // What is told of waits has losses of its own.
    CHECK((cause.rfind("delay_", 0) == 0 || cause == "ring_buffer_full"));
  }
}

namespace {

void check_text(const Talk& talk, const QueryRow& row) {
  const std::string text = talk.truth.at("text");
  REQUIRE(row.text);
  CHECK(row.operation == talk.truth.at("operation").get<std::string>());
  // A long text is no message for a person.
  const std::size_t alike = static_cast<std::size_t>(
      std::mismatch(row.text->begin(), row.text->end(), text.begin(), text.end()).first -
      row.text->begin());
  INFO(alike << " bytes alike of " << row.text->size() << " seen, " << text.size() << " true");
  INFO("it goes on " << row.text->substr(alike, 40));
  if (row.text_truncated) {
    CHECK(alike >= 48);
    CHECK(alike + 8 >= row.text->size());
  } else {
    CHECK(alike == text.size());
    CHECK(row.text->size() == text.size());
  }
}

/// The server of a call is not known when it is the first of a connection, nor when its thread
/// lost its CPU between sending the reply and our seeing that, and the client was faster.
void check_server(const Talk& talk, const QueryRow& row) {
  REQUIRE(talk.database().server);
  CHECK(talk.database().server->id.pid == talk.told("server_pid"));
  // From the end of a system call the server is noted later still; and of a request that takes
  // many reads it is seen before its client, which looks like a connection from elsewhere. In
  // a pipeline it reads and sends several times, of which the last is told.
  const bool seen_late = is_attached(talk.snapshot, "tp_btf/sys_exit") ||
                         talk.told("request_bytes") > 1'000'000 * talk.told("calls") ||
                         talk.told("pipeline") > 1;
  if (seen_late && !row.server) return;
  REQUIRE(row.server);
  CHECK(row.server->calls <= row.calls);
  if (!seen_late)
    CHECK(row.server->calls + talk.pool().opened + talk.pool().open >= talk.told("calls") * 3 / 4);
  CHECK(row.server->seconds <= row.seconds + 0.005 * static_cast<double>(row.calls));
}

void check_callers(const Talk& talk, const QueryRow& row) {
  const std::uint64_t by_child = talk.told("child_calls");
  REQUIRE(row.callers.size() == (by_child ? 2 : 1));
  for (const CallerRow& caller : row.callers) {
    const bool child = caller.process.id.pid == talk.told("child_pid");
    CHECK((child || caller.process.id.pid == talk.told("pid")));
    CHECK(caller.calls == (child ? by_child : row.calls - by_child));
  }
  const ProcessRow& process = process_row(talk.snapshot, talk.truth.at("pid").get<pid_t>());
  REQUIRE(process.calls);
  CHECK(process.calls->count == row.calls - by_child);
}

}  // namespace

void check_counts(const Talk& talk) {
  check_no_losses(talk.snapshot);
  const QueryRow& row = talk.query();
  CHECK(row.calls == talk.told("calls") + talk.told("aborted"));
  CHECK(row.errors == talk.told("aborted"));
  if (talk.told("aborted")) CHECK(row.errors_by_code.at("aborted") == talk.told("aborted"));
  if (talk.truth.at("operation") == "SELECT") CHECK(row.rows == talk.told("rows"));
  if (!talk.told("aborted")) {
    CHECK(row.request_bytes == talk.told("request_bytes"));
    // Where the middle of a result was not captured, the message that begins there is missing.
    const std::uint64_t reply_bytes = talk.told("reply_bytes");
    const std::uint64_t margin = reply_bytes > 10'000 * row.calls ? 64 * row.calls : 0;
    CHECK(row.reply_bytes <= reply_bytes + talk.told("reply_bytes_beside"));
    CHECK(row.reply_bytes + margin >= reply_bytes);
  }
  check_text(talk, row);
  CHECK(talk.database().operations == row.calls);
}

void check_talk(const Talk& talk) {
  check_counts(talk);
  check_callers(talk, talk.query());
  check_server(talk, talk.query());
}

void check_sleeps(double seconds, std::uint64_t count, double milliseconds) {
  const double sleep = milliseconds / 1000;
  CHECK(seconds / static_cast<double>(count) >= sleep);
  CHECK(seconds / static_cast<double>(count) <= sleep + 0.060);
}

}  // namespace culprit::test
