// SPDX-License-Identifier: Apache-2.0
#include "analyze/call_window.h"

#include "catch.h"
#include "unit/analyze/judged.h"

using namespace culprit;

namespace {

/// `seconds` of a host whose one query is called so often, so many times in vain.
Snapshot interval(double seconds, std::uint64_t calls, std::uint64_t errors, double each = 0.001) {
  Snapshot snapshot = healthy_snapshot();
  snapshot.seconds = seconds;
  snapshot.end_wall_ns = snapshot.start_wall_ns + static_cast<std::int64_t>(seconds * 1e9);
  snapshot.endpoints.clear();
  snapshot.services.clear();
  QueryRow& query = snapshot.queries[0];
  query.calls = calls;
  query.rows = calls;
  query.errors = errors;
  query.reply_bytes = calls * 100;
  query.seconds = static_cast<double>(calls) * each;
  query.latency = Latency{calls, each, each, each, each, each};
  add_bucket(query.latency->buckets, static_cast<std::uint64_t>(each * 1e9), calls);
  query.callers = {{query.callers[0].process, {}, {}, calls, query.seconds}};
  return snapshot;
}

std::vector<std::string> found_after(std::vector<Snapshot> intervals) {
  Judge judge(shipped_rules());
  for (Snapshot& one : intervals) judge.judge(one);
  return ids_of(*intervals.back().judgement);
}

}  // namespace

TEST_CASE("calls of short intervals are summed, for 5 to 10 s") {
  CallWindow window;
  CHECK_FALSE(window.add(interval(10, 100, 0)));
  const Snapshot* whole = nullptr;
  for (int second = 1; second <= 10; ++second) whole = window.add(interval(1, 4, 1, 0.004));
  REQUIRE(whole);
  CHECK(whole->seconds == Approx(10));
  CHECK(whole->end_wall_ns - whole->start_wall_ns == 1'000'000'000);
  REQUIRE(whole->queries.size() == 1);
  const QueryRow& query = whole->queries[0];
  CHECK(query.calls == 40);
  CHECK(query.errors == 10);
  CHECK(query.rows == 40u);
  CHECK(query.latency->count == 40);
  CHECK(query.latency->mean_seconds == Approx(0.004));
  REQUIRE(query.callers.size() == 1);
  CHECK(query.callers[0].calls == 40);
  whole = window.add(interval(1, 4, 1, 0.004));
  CHECK(whole->seconds == Approx(6));
  CHECK(whole->queries[0].calls == 24);
}

TEST_CASE("an endpoint's means are weighed by its requests") {
  CallWindow window;
  Snapshot one = healthy_snapshot();
  one.seconds = 1;
  one.endpoints[0].requests = 1;
  one.endpoints[0].calls_per_request = 30;
  window.add(one);
  one.endpoints[0].requests = 3;
  one.endpoints[0].calls_per_request = 10;
  const Snapshot* whole = window.add(one);
  CHECK(whole->endpoints.at(0).requests == 4);
  CHECK(whole->endpoints[0].calls_per_request == Approx(15));
}

TEST_CASE("what is rare in one interval is judged over some seconds") {
  CHECK(found_after({interval(1, 5, 1)}).empty());
  const std::vector<Snapshot> failing(6, interval(1, 5, 1));
  CHECK(found_after(failing) == std::vector<std::string>{"db.errors"});
  const std::vector<Snapshot> slow(4, interval(1, 1, 0, 0.9));
  CHECK(found_after(slow) == std::vector<std::string>{"db.slow_query"});
}

TEST_CASE("backends that a database ends are no storm of forks") {
  Snapshot snapshot = healthy_snapshot();
  for (std::uint32_t pid = 1000; pid < 1200; ++pid) {
    ProcessRow child;
    child.id = {pid, pid};
    child.name = "postgres";
    child.parent_pid = 200;
    child.exited.emplace();
    child.usage.cpu_seconds = 0.02;
    snapshot.processes.push_back(child);
  }
  CHECK(ids_of(judged(snapshot, 60)).empty());
}
