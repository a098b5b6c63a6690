// SPDX-License-Identifier: Apache-2.0
#include "catch.h"
#include "unit/analyze/judged.h"

using namespace culprit;
using Ids = std::vector<std::string>;

namespace {

template <typename Change>
Judgement after(Change&& change) {
  Snapshot snapshot = healthy_snapshot();
  change(snapshot);
  return judged(std::move(snapshot), 30);
}

template <typename Change>
Ids found(Change&& change) {
  return ids_of(after(change));
}

/// Each of 40 requests asks the query 60 times.
void ask_again_and_again(Snapshot& s) {
  s.endpoints[0].requests = 40;
  s.endpoints[0].latency = Latency{40, 2.4, 2.3, 2.8, 3, 3};
  s.endpoints[0].calls_per_request = 61;
  s.queries[0].calls = 2400;
  s.queries[0].seconds = 72;
  s.queries[0].latency = Latency{2400, 0.03, 0.03, 0.04, 0.05, 0.06};
  s.queries[0].callers[0].calls = 2400;
  s.queries[0].callers[0].seconds = 72;
}

void set_latency(QueryRow& query, double mean) {
  query.latency = Latency{query.calls, mean, mean, mean * 1.2, mean * 1.3, mean * 1.5};
  query.seconds = mean * static_cast<double>(query.calls);
  query.callers[0].seconds = query.seconds;
}

}  // namespace

TEST_CASE("an N+1 that makes an endpoint slow is one finding with a victim") {
  const Judgement judgement = after(ask_again_and_again);
  REQUIRE(ids_of(judgement) == Ids{"db.n_plus_one"});
  const Finding& finding = judgement.findings[0];
  CHECK(finding.severity == Severity::kCritical);
  CHECK(finding.target.kind == TargetKind::kQuery);
  CHECK(finding.target.id == "0000000000000abc");
  REQUIRE(finding.victims.size() == 1);
  CHECK(finding.victims[0].name == "GET /orders/{id}");
  CHECK(finding.summary.find("60 times a request: 75 % of its 2.4 s") != std::string::npos);
  const Recommendation* what = advice(judgement, "db.n_plus_one");
  REQUIRE(what);
  CHECK(what->expected_impact == "Saves about 1.77 s of each request's 2.4 s");
  CHECK(judgement.score.value == 85);
}

TEST_CASE("less sure of whose calls they are, less confident of the N+1") {
  const Judgement judgement = after([](Snapshot& s) {
    ask_again_and_again(s);
    s.endpoints[0].calls_confidence = 0.5;
  });
  REQUIRE(find(judgement, "db.n_plus_one"));
  CHECK(find(judgement, "db.n_plus_one")->confidence == Approx(0.475));
}

TEST_CASE("a slow query names its callers; waiting on purpose is not slow") {
  const Judgement judgement = after([](Snapshot& s) {
    s.queries[0].text = "SELECT sum(a.total) FROM accounts AS a, b GROUP BY a.id";
    s.queries[0].calls = 10;
    set_latency(s.queries[0], 0.7);
  });
  REQUIRE(ids_of(judgement) == Ids{"db.slow_query"});
  CHECK(judgement.findings[0].severity == Severity::kWarning);
  CHECK(judgement.findings[0].victims[0].name == "GET /orders/{id}");
  CHECK(found([](Snapshot& s) {
          s.queries[0].calls = 10;
          set_latency(s.queries[0], 3);
          s.queries[0].waits = true;
        }) == Ids{});
}

TEST_CASE("a missing index: the statement, from the query's filter and order") {
  const auto slow = [](Snapshot& s) {
    s.queries[0].calls = 30;
    s.queries[0].rows = 60;
    s.queries[0].reply_bytes = 30 * 300;
    set_latency(s.queries[0], 0.6);
    s.queries[0].server = ServerView{30, 18, 17, 0.2, 0.1, 0};
  };
  const Judgement judgement = after(slow);
  REQUIRE(ids_of(judgement) == Ids{"db.missing_index"});
  CHECK(judgement.findings[0].explains == Ids{"db.slow_query"});
  const Recommendation* what = advice(judgement, "db.missing_index");
  REQUIRE(what);
  CHECK(what->actions[0] == "CREATE INDEX ON orders (user_id, created_at)");
  CHECK(what->saved_ratio == Approx(1.8));
  // Its server waited; it did not work.
  CHECK(found([&](Snapshot& s) {
          slow(s);
          s.queries[0].server = ServerView{30, 18, 1, 0.2, 0.1, 0};
        }) == Ids{"db.slow_query"});
}

TEST_CASE("rules of queries") {
  CHECK(found([](Snapshot& s) { s.queries[0].errors = 100; }) == Ids{"db.errors"});
  CHECK(found([](Snapshot& s) { s.queries[0].reply_bytes = 2000ull * (2 << 20); }) ==
        Ids{"db.large_result"});
  CHECK(found([](Snapshot& s) {
          s.queries[0].operation = "UPDATE";
          s.queries[0].text = "UPDATE orders SET state = ? WHERE id = ?";
          s.queries[0].calls = 10;
          s.queries[0].rows = 10;
          set_latency(s.queries[0], 0.8);
          s.queries[0].server = ServerView{10, 8, 0.1, 0.1, 0.1, 0};
        }) == Ids{"db.lock_wait"});
  CHECK(found([](Snapshot& s) {
          s.queries[0].protocol = Protocol::kRedis;
          s.queries[0].operation = "KEYS";
          s.queries[0].text = "KEYS ?";
          s.queries[0].calls = 10;
          s.queries[0].rows = 1000;
          set_latency(s.queries[0], 0.015);
        }) == Ids{"cache.blocking_command"});
}

TEST_CASE("rules of pools and transactions") {
  CHECK(found([](Snapshot& s) {
          s.databases[0].pools[0].busy_mean = 9.7;
          s.databases[0].pools[0].busy_peak = 10;
        }) == Ids{"db.pool_exhausted"});
  CHECK(found([](Snapshot& s) { s.databases[0].pools[0].open = 30; }) ==
        Ids{"db.too_many_connections"});
  const Judgement idle = after([](Snapshot& s) {
    s.databases[0].transactions->longest_idle_seconds = 90;
    s.databases[0].transactions->longest_open_seconds = 95;
  });
  REQUIRE(ids_of(idle) == Ids{"db.idle_in_transaction"});
  CHECK(idle.findings[0].victims[0].pid == 100u);
  CHECK(found([](Snapshot& s) { s.databases[0].transactions->longest_open_seconds = 95; }) ==
        Ids{"db.long_transaction"});
  CHECK(found([](Snapshot& s) {
          s.databases[0].cache = CacheTotals{100, 300};
        }) == Ids{"cache.low_hit_ratio"});
}

TEST_CASE("rules of endpoints and services") {
  CHECK(found([](Snapshot& s) { s.endpoints[0].latency->p95_seconds = 2.5; }) ==
        Ids{"http.slow_endpoint"});
  CHECK(found([](Snapshot& s) { s.endpoints[0].errors = 80; }) == Ids{"http.error_rate"});
  CHECK(found([](Snapshot& s) { s.endpoints[0].bytes_per_response = 3e6; }) ==
        Ids{"http.large_response"});
  CHECK(found([](Snapshot& s) { s.endpoints[0].calls_per_request = 20; }) ==
        Ids{"db.chatty_endpoint"});
  CHECK(found([](Snapshot& s) {
          s.services[0].connects = 480;
          s.services[0].connect_latency = Latency{480, 0.001, 0.001, 0.001, 0.001, 0.001};
        }) == Ids{"network.connection_churn"});
}

TEST_CASE("the errors of an endpoint are told once, of who makes them") {
  const Judgement judgement = after([](Snapshot& s) {
    s.endpoints[0].errors = 200;
    s.services[0].address = "127.0.0.1:8080";
    s.services[0].server = s.endpoints[0].process;
    s.services[0].users = {{s.processes[2].id, "backup"}};
    s.services[0].errors = 100;
    s.services[0].healthy = false;
  });
  REQUIRE(ids_of(judgement) == Ids{"http.error_rate"});
  const Finding& finding = judgement.findings[0];
  CHECK(finding.explains == Ids{"service.unhealthy"});
  REQUIRE(finding.victims.size() == 2);
  CHECK(finding.victims[0].name == "127.0.0.1:8080");
  CHECK(finding.victims[1].pid == 300u);
}

TEST_CASE("a failing dependency explains the errors of those who use it") {
  const Judgement judgement = after([](Snapshot& s) {
    s.services[0].errors = 100;
    s.services[0].healthy = false;
    s.endpoints[0].errors = 200;
  });
  REQUIRE(ids_of(judgement) == Ids{"service.unhealthy"});
  CHECK(judgement.findings[0].severity == Severity::kCritical);
  CHECK(judgement.findings[0].victims[0].pid == 100u);
  const Recommendation* what = advice(judgement, "service.unhealthy");
  REQUIRE(what);
  // That it has been silent is not known, and not said.
  CHECK(what->actions[0] == "See why 10.0.0.9:6379 fails or cannot be reached");
}
