// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <sstream>

#include "catch.h"
#include "model/subject.h"
#include "serve/json_why.h"
#include "synthetic_calls.h"
#include "view/glyph.h"
#include "view/why_report.h"

namespace culprit {
namespace {

std::string report_of(const Snapshot& now, std::string_view target) {
  const auto subject = find_subject(now, target);
  return subject ? why_report(now, *subject, 100, true) : subject.error().message;
}

nlohmann::json json_of(const Snapshot& now, std::string_view target) {
  const auto subject = find_subject(now, target);
  REQUIRE(subject);
  return nlohmann::json::parse(why_json(now, *subject));
}

bool shows(const std::string& text, std::string_view part) {
  const bool found = text.find(part) != std::string::npos;
  UNSCOPED_INFO((found ? "" : "no ") << part << " in\n" << text);
  return found;
}

std::uint32_t pid_of(const Snapshot& now, std::string_view target) {
  const auto subject = find_subject(now, target);
  return subject && !subject->unit ? subject->processes.front()->id.pid : 0;
}

}  // namespace

TEST_CASE("a subject is a pid, a unit, a name or a part of a command", "[why]") {
  Snapshot now = synthetic::snapshot();
  CHECK(pid_of(now, "20") == 20);
  CHECK(pid_of(now, "pid:20") == 20);
  CHECK(pid_of(now, "postgres") == 20);
  CHECK(pid_of(now, "bin/cron --se") == 30);
  for (const char* unit : {"postgres.service", "/system.slice/postgres.service"}) {
    const auto subject = find_subject(now, unit);
    REQUIRE(subject);
    REQUIRE(subject->unit);
    CHECK(subject->unit->path == "/system.slice/postgres.service");
    REQUIRE(subject->processes.size() == 1);
    CHECK(subject->processes.front()->id.pid == 20);
  }
  now.processes[1].name = "postmaster";
  CHECK(find_subject(now, "postgres")->unit);
  CHECK(find_subject(now, "system.slice")->processes.size() == 4);
}

TEST_CASE("nobody is an error of one line", "[why]") {
  Snapshot now = synthetic::snapshot();
  now.processes[3].command = "sudo culprit why --duration 5 nobody";
  for (const char* target : {"99", "pid:99", "nobody", "nobody.service"}) {
    const auto subject = find_subject(now, target);
    REQUIRE(!subject);
    CHECK(subject.error().kind == ErrorKind::kFailed);
    CHECK(subject.error().message.find('\n') == std::string::npos);
  }
  CHECK(find_subject(now, "").error().kind == ErrorKind::kUsage);
  CHECK(find_subject(now, "pid:").error().kind == ErrorKind::kUsage);
}

TEST_CASE("of several the busiest is explained, and that is said", "[why]") {
  Snapshot now = synthetic::snapshot();
  now.processes[3].name = "postgres";
  CHECK(pid_of(now, "postgres") == 20);
  CHECK(shows(report_of(now, "postgres"),
              "2 processes are named postgres; this is the busiest (for all of its unit: "
              "postgres.service)"));
  now.processes[0].exited = Exited{};
  now.processes.push_back(synthetic::process(10, "gunicorn", 0.01));
  now.processes.back().id.start_time_ns += 1;
  CHECK(find_subject(now, "10")->processes.front() == &now.processes.back());
}

TEST_CASE("a process: where its time went, behind whom, memory, queries, endpoints, pools",
          "[why]") {
  Snapshot now = synthetic::snapshot_with_calls();
  now.processes[0].memory->growth_bytes_per_hour = 300 << 20;
  now.processes[0].memory->rss_change_bytes = 4096;
  const std::string text = report_of(now, "10");
  for (const std::string_view part :
       {"gunicorn (10), unit gunicorn.service, user www-data, foreground", "(1.0 s)",
        "On a CPU 500ms (50 %)", "Ready to run while no CPU was free 125ms (13 %)",
        "Blocked 50ms (5.0 %) by disks", "by locks that others held", "waiting for the network",
        "120ms   96 % backup (77)",
        "It holds 10M of RAM, +4.0K in this interval; over the last minutes +300M an hour.",
        "It made 250 calls (250/s) that took 1.9s in all; 2 failed.",
        "63 % of that time went to one query of postgresql at 10.0.0.5:5432:",
        "    SELECT id, total", "Of its calls: the backend waited 43 % of the time for a CPU.",
        "Of its calls: replies lay unread for 30 % of the time",
        "100    120   24ms  7.8ms  3.6ms  600us   43.0% SELECT",
        "It answered 50 requests (50/s), half of them within 32ms, 95 % within 80ms; 1 with an",
        "3.1 GET /users/{id}/orders", "gunicorn (10) to redis at 10.0.0.6:6379"})
    CHECK(shows(text, part));
  CHECK(text.back() == '\n');
  CHECK(!text.ends_with("\n\n"));
}

TEST_CASE("a database server is told what it serves", "[why]") {
  const std::string text = report_of(synthetic::snapshot_with_calls(), "20");
  CHECK(shows(text, "None in this interval."));
  CHECK(shows(text, "postgresql at 10.0.0.5:5432: 200/s operations, p95 17ms, 2 failed."));
}

TEST_CASE("a unit: its processes ranked, and the same sums", "[why]") {
  Snapshot now = synthetic::snapshot_with_calls();
  now.processes[3].cgroup = "/system.slice/gunicorn.service/worker";
  now.processes[3].calls = CallTotals{10, 0, 0.1};
  now.queries[2].callers.push_back({synthetic::name_of(now.processes[3]), {}, {}, 10, 1.5});
  now.units[3].process_count = 2;
  now.units[3].memory_bytes = 512 << 20;
  now.units[3].memory_limit_bytes = 1 << 30;
  const std::string text = report_of(now, "gunicorn.service");
  for (const std::string_view part :
       {"gunicorn.service, 2 processes, /system.slice/gunicorn.service",
        "It holds 512M of the 1.0G it may have.", "Its processes, busiest first",
        "10   50.0   12.5    10M     250 gunicorn --serve", "It made 260 calls (260/s)",
        "85 % of that time went to one query of redis at 10.0.0.6:6379:",
        "240ms      - backup (77)"})
    CHECK(shows(text, part));
  CHECK(text.find("gunicorn --serve") < text.find("backup --serve"));
}

TEST_CASE("without BPF the report says what it does not know", "[why]") {
  Snapshot now = synthetic::snapshot();
  now.collector.bpf = false;
  now.processes[0].usage = Usage{};
  now.processes[0].memory.reset();
  now.processes[0].delayed_by.clear();
  const std::string text = report_of(now, "gunicorn");
  CHECK(shows(text, "is not known without BPF"));
  CHECK(shows(text, "calls are not seen: without BPF"));
  CHECK(shows(text, "Not known."));
}

TEST_CASE("a report keeps its width, whatever the names hold", "[why]") {
  Snapshot now = synthetic::snapshot_with_calls();
  now.processes[0].command = "\033[2J" + std::string(500, 'x') + " 日本語\xff";
  now.queries[0].text = std::string(3000, 'y');
  std::istringstream lines(report_of(now, "10"));
  for (std::string line; std::getline(lines, line);) {
    CHECK(cell_count(line) <= 100);
    CHECK(line.find('\033') == std::string::npos);
  }
}

TEST_CASE("the document of why holds the rows of the snapshot", "[why]") {
  const Snapshot now = synthetic::snapshot_with_calls();
  const auto process = json_of(now, "10");
  CHECK(process["schema"] == "culprit.why/1");
  CHECK(process["interval"]["seconds"] == 1);
  CHECK(process["process"]["pid"] == 10);
  CHECK(process["process"]["calls"]["count"] == 250);
  CHECK(process["unit"].is_null());
  CHECK(process["processes"].empty());
  CHECK(process["delayed_by"][0]["name"] == "backup");
  REQUIRE(process["queries"].size() == 3);
  CHECK(process["queries"][0]["database"] == "shop");
  CHECK(process["queries"][1]["text"].is_null());
  CHECK(process["endpoints"][0]["route"] == "/users/{id}/orders");
  REQUIRE(process["pools"].size() == 2);
  CHECK(process["pools"][1]["system"] == "redis");
  CHECK(process["pools"][1]["process"]["pid"] == 10);
  CHECK(process["pools"][1]["open"] == 4);

  const auto unit = json_of(now, "gunicorn.service");
  CHECK(unit["process"].is_null());
  CHECK(unit["unit"]["name"] == "gunicorn.service");
  CHECK(unit["processes"][0]["pid"] == 10);
  CHECK(unit["pools"].size() == 2);
}

}  // namespace culprit
