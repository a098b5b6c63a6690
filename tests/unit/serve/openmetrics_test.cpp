// SPDX-License-Identifier: Apache-2.0
#include "serve/openmetrics.h"

#include <set>
#include <sstream>

#include "catch.h"
#include "serve/metric_fields.h"
#include "unit/serve/busy_snapshot.h"

namespace culprit {
namespace {

std::vector<std::string> lines(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> all;
  for (std::string line; std::getline(in, line);) all.push_back(line);
  return all;
}

std::size_t count_starting(const std::string& text, std::string_view start) {
  std::size_t count = 0;
  for (const std::string& line : lines(text)) count += line.starts_with(start);
  return count;
}

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("metrics are named after fields, with their unit at the end") {
  const auto name = [](std::string_view id, Unit unit, FieldKind kind) {
    const auto metric = metric_name("culprit_process_", id, unit, kind, "help");
    return metric ? metric->family.name + " " + std::string(metric->family.type) + " " +
                        metric->family.unit
                  : "";
  };
  CHECK(name("cpu_cores", Unit::kCores, FieldKind::kGauge) ==
        "culprit_process_cpu_cores gauge cores");
  CHECK(name("cpu_seconds_total", Unit::kSeconds, FieldKind::kGauge) ==
        "culprit_process_cpu_seconds counter seconds");
  CHECK(name("disk.read_bytes", Unit::kBytes, FieldKind::kCounter) ==
        "culprit_process_disk_read_bytes_per_second gauge bytes_per_second");
  CHECK(name("migrations", Unit::kCount, FieldKind::kCounter) ==
        "culprit_process_migrations_per_second gauge per_second");
  CHECK(name("threads", Unit::kCount, FieldKind::kGauge) == "culprit_process_threads gauge ");
  CHECK(name("blocked_seconds.disk", Unit::kSeconds, FieldKind::kCounter) ==
        "culprit_process_blocked_seconds_per_second gauge seconds_per_second");
  CHECK(name("latency.p50_seconds", Unit::kLatency, FieldKind::kGauge) ==
        "culprit_process_latency_seconds gauge seconds");
  CHECK(name("requests.latency.p99_seconds", Unit::kLatency, FieldKind::kGauge) ==
        "culprit_process_requests_latency_seconds gauge seconds");
  CHECK(name("name", Unit::kNone, FieldKind::kLabel).empty());
  CHECK(name("cpu_seconds", Unit::kSeconds, FieldKind::kCounter).empty());
}

TEST_CASE("a snapshot's metrics") {
  Snapshot snapshot = busy_snapshot(3);
  snapshot.seconds = 2;
  snapshot.processes[0].name = "a\"b\\c\nd\xff";
  const std::string text = openmetrics_text(snapshot);
  CHECK(text.ends_with("\n# EOF\n"));
  CHECK(has_line(text, "# TYPE culprit_host_cpu_utilization_ratio gauge"));
  CHECK(has_line(text, "# UNIT culprit_host_cpu_utilization_ratio ratio"));
  CHECK(has_line(text, "culprit_host_cpu_utilization_ratio 0.5"));
  CHECK(has_line(text, "culprit_host_network_receive_bytes_per_second 500"));
  CHECK(has_line(text, "culprit_host_load_average{minutes=\"15\"} 3"));
  CHECK(has_line(text, "culprit_host_run_queue_latency_seconds{statistic=\"p99\"} 0.02"));
  CHECK(has_line(text, "culprit_disk_busy_ratio{device=\"nvme0n1\"} 0.25"));
  const std::string labels = R"({pid="1",name="a\"b\\c\nd)"
                             "\xef\xbf\xbd"
                             R"(",unit="worker@1.service",user="www-data")";
  CHECK(has_line(text, "culprit_process_cpu_cores" + labels + "} 0.25"));
  CHECK(has_line(text, "culprit_process_cpu_seconds_total" + labels + "} 1001.5"));
  CHECK(has_line(text,
                 "culprit_process_blocked_seconds_per_second" + labels + ",reason=\"lock\"} 0.1"));
  CHECK(has_line(text, "culprit_collector_events_lost_per_second{cause=\"ring_full\"} 1"));
}

TEST_CASE("calls have metrics, named by what a row is told by") {
  Snapshot snapshot = busy_snapshot(1);
  snapshot.seconds = 2;
  const std::string text = openmetrics_text(snapshot);
  const std::string database = R"({system="postgresql",address="10.0.0.5:5432")";
  CHECK(has_line(text, "culprit_database_operations_per_second" + database + "} 50"));
  CHECK(
      has_line(text, "culprit_database_latency_seconds" + database + R"(,statistic="p99"} 0.03)"));
  CHECK(has_line(text, "culprit_database_cache_hit_ratio" + database + "} 0.75"));
  CHECK(has_line(text, "culprit_database_busy_mean" + database + "} 1.75"));
  const std::string endpoint = R"({pid="1",name="worker-1",method="GET",route="/orders/{id}/0")";
  CHECK(has_line(text, "culprit_endpoint_requests_per_second" + endpoint + "} 25"));
  CHECK(has_line(text, "culprit_endpoint_calls_per_request" + endpoint + "} 2.5"));
  const std::string service = R"({address="10.0.0.9:443",protocol="tls")";
  CHECK(has_line(text, "culprit_service_healthy" + service + "} 0"));
  CHECK(has_line(
      text, "culprit_service_connect_latency_seconds" + service + R"(,statistic="p50"} 0.001)"));
  const std::string query =
      R"({query="000000000abc0000",system="postgresql",address="10.0.0.5:5432",database="shop",)"
      R"x(operation="SELECT",text="SELECT * FROM orders_0 WHERE id = ? AND state IN (?)")x";
  CHECK(has_line(text, "culprit_query_seconds_per_second" + query + "} 0.5"));
  CHECK(has_line(text, "culprit_query_latency_seconds" + query + R"(,statistic="max"} 0.04)"));
  CHECK(text.find("culprit_process_requests_latency_seconds{") != std::string::npos);
}

TEST_CASE("of queries only those that took most time are exported, their texts cut") {
  Snapshot snapshot;
  snapshot.seconds = 1;
  for (std::uint32_t number = 0; number < 150; ++number) {
    snapshot.queries.push_back(busy_query(number));
    snapshot.queries.back().seconds = number;
  }
  snapshot.queries[149].text = std::string(119, 'x') + "\xc3\xa9 and more";
  const std::string text = openmetrics_text(snapshot);
  CHECK(count_starting(text, "culprit_query_calls_per_second{") == 100);
  CHECK(text.find("orders_50 ") != std::string::npos);
  CHECK(text.find("orders_49 ") == std::string::npos);
  CHECK(text.find("text=\"" + std::string(119, 'x') + "…\"") != std::string::npos);
  CHECK(count_starting(openmetrics_text(snapshot, {.queries = 3}),
                       "culprit_query_calls_per_second{") == 3);
}

TEST_CASE("every line is of the family above it, and no family or sample comes twice") {
  Snapshot snapshot = busy_snapshot(3);
  snapshot.processes.push_back(snapshot.processes[0]);  // a pid used twice
  snapshot.endpoints.push_back(snapshot.endpoints[0]);
  snapshot.queries.push_back(snapshot.queries[0]);
  snapshot.databases.push_back(snapshot.databases[0]);
  snapshot.services.push_back(snapshot.services[0]);
  std::set<std::string> families, samples;
  std::string family;
  for (const std::string& line : lines(openmetrics_text(snapshot))) {
    INFO(line);
    if (line.starts_with("# TYPE ")) {
      family = line.substr(7, line.find(' ', 7) - 7);
      CHECK(families.insert(family).second);
    } else if (line[0] != '#') {
      CHECK(line.starts_with(family));
      CHECK(samples.insert(line.substr(0, line.rfind(' '))).second);
    }
  }
}

TEST_CASE("only the busiest processes are exported, and what is absent has no line") {
  const std::string few = openmetrics_text(busy_snapshot(9), {.processes = 4});
  CHECK(count_starting(few, "culprit_process_cpu_cores{") == 4);
  CHECK(few.find("pid=\"4\"") != std::string::npos);
  CHECK(few.find("pid=\"5\"") == std::string::npos);
  CHECK(count_starting(openmetrics_text(busy_snapshot(9), {.processes = 0}), "culprit_process_") ==
        0);
  const std::string nothing = openmetrics_text(Snapshot{});
  CHECK(nothing.find("per_second") == std::string::npos);
  CHECK(nothing.find("pressure") == std::string::npos);
  CHECK(nothing.ends_with("# EOF\n"));
}

}  // namespace culprit
