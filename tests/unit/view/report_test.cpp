// SPDX-License-Identifier: Apache-2.0
#include "view/report.h"

#include <sstream>

#include "catch.h"
#include "unit/analyze/judged.h"
#include "unit/serve/busy_snapshot.h"
#include "view/html.h"
#include "view/markdown.h"

namespace culprit {
namespace {

constexpr char kHostile[] = "</td><script>alert('1')</script>\"&|`*_x_*\n# [a](http://evil)\xff";

Snapshot judged_snapshot() {
  Snapshot now = busy_snapshot(3);
  Judgement& judgement = now.judgement.emplace();
  Finding finding;
  finding.id = "db.n_plus_one";
  finding.severity = Severity::kCritical;
  finding.category = "db";
  finding.target = {TargetKind::kQuery, "SELECT a FROM t WHERE id = ?", {}, {}, "00ab"};
  finding.victims = {{TargetKind::kEndpoint, "GET /page", 7, 70, {}}};
  finding.summary = "GET /page asks the same query 60 times";
  finding.confidence = 0.95;
  finding.evidence = {{"request_query.calls_per_request", 60, 50, ""},
                      {"request_query.call_seconds", 0.02, {}, "seconds"}};
  finding.explains = {"http.slow_endpoint"};
  judgement.findings = {finding};
  Recommendation advice;
  advice.finding = finding.id;
  advice.target = finding.target;
  advice.priority = Priority::kHigh;
  advice.description = "It asks one by one";
  advice.actions = {"Ask once for all of them"};
  advice.expected_impact = "Saves 1.8 s a request";
  Recommendation costly = advice;
  costly.effort = Effort::kHigh;
  costly.finding = "other";
  Recommendation mild = advice;
  mild.priority = Priority::kLow;
  mild.expected_impact.clear();
  mild.saved_ratio = 0.25;
  mild.finding = "other";
  judgement.recommendations = {advice, costly, mild};
  judgement.score = {85, {{"db.n_plus_one", 15, "critical: all of the requests suffer"}}};
  return now;
}

Snapshot hostile_snapshot() {
  Snapshot now = judged_snapshot();
  now.host.hostname = kHostile;
  for (ProcessRow& row : now.processes)
    row.name = row.command.emplace(kHostile), row.unit = kHostile;
  for (TaskRow& row : now.tasks) row.name = row.process.name = kHostile;
  for (QueryRow& row : now.queries) row.text = kHostile;
  for (EndpointRow& row : now.endpoints) row.method = row.route = row.process.name = kHostile;
  for (DatabaseRow& row : now.databases) row.address = kHostile;
  for (ServiceRow& row : now.services) row.address = row.protocol = kHostile;
  for (DiskRow& row : now.system.disks) row.name = kHostile;
  for (FilesystemRow& row : now.system.filesystems) row.mount = kHostile;
  Finding& finding = now.judgement->findings[0];
  finding.summary = finding.target.name = finding.victims[0].name = kHostile;
  finding.evidence[0].metric = kHostile;
  Recommendation& advice = now.judgement->recommendations[0];
  advice.description = advice.actions[0] = advice.expected_impact = kHostile;
  now.judgement->score.parts[0].because = kHostile;
  now.processes[0].delayed_by = {{77, kHostile, 0.12}};
  return now;
}

bool has(const std::string& text, std::string_view part) {
  const bool found = text.find(part) != std::string::npos;
  UNSCOPED_INFO((found ? "" : "no ") << part);
  return found;
}

/// Cells of a row of Markdown: bars that are not escaped part them.
std::size_t cells_of(const std::string& row) {
  std::size_t bars = 0;
  for (std::size_t at = 0; at < row.size(); ++at)
    if (row[at] == '|' && (at == 0 || row[at - 1] != '\\')) ++bars;
  return bars - 1;
}

}  // namespace

TEST_CASE("the report says what is wrong, who suffers, what to do and when", "[report]") {
  const std::string html = html_page(report_document(judged_snapshot()));
  for (const char* part : {"<h1>What slows db-1</h1>",
                           "aria-label=\"85 of 100\"",
                           ">1 critical<",
                           "GET /page asks the same query 60 times",
                           "Suffers: endpoint GET /page",
                           "Explains: http.slow_endpoint",
                           "<dd>60 <small>threshold 50</small></dd>",
                           "<dd>20ms</dd>",
                           "<h3>Now ",
                           "<h3>This week ",
                           "costs 15 of the 15 points lost",
                           "<li>Ask once for all of them</li>",
                           "Saves 1.8 s a request",
                           "0.25 s saved per second",
                           "CPU by process",
                           "CPU by task",
                           "Latency by endpoint",
                           "Latency by query",
                           "GET /orders/{id}/0",
                           "every 2 s, 250 ms of CPU, 20 calls, overlaps with two others",
                           "10.0.0.9:443",
                           "nvme0n1",
                           "<td>background</td>",
                           "ring_full 2"})
    CHECK(has(html, part));
  // Low priority, but as much work as any: it is not for this week.
  CHECK(has(html, "<h3>Later "));
}

TEST_CASE("a healthy host's report says so", "[report]") {
  Snapshot now = healthy_snapshot();
  now.judgement = judged(now);
  const std::string html = html_page(report_document(now));
  CHECK(has(html, "nothing is wrong"));
  CHECK_FALSE(has(html, "What to do</h2>"));
  CHECK(has(markdown_text(report_document(now)), "**Score 100 of 100**: nothing is wrong"));
}

TEST_CASE("nothing that is known: the report stands all the same", "[report]") {
  Snapshot now;
  now.judgement.emplace();
  CHECK(has(html_page(report_document(now)), "</html>"));
  CHECK(has(markdown_text(report_document({})), "## How it was measured"));
}

TEST_CASE("names cannot break out of the page, nor make it ask for anything", "[report]") {
  const std::string html = html_page(report_document(hostile_snapshot()));
  CHECK_FALSE(has(html, "<script"));
  CHECK_FALSE(has(html, "\xff"));
  CHECK_FALSE(has(html, "</td><scr"));
  CHECK(has(html, "&lt;/td&gt;&lt;script&gt;"));
  for (const char* request : {"src=", "url(", "@import", "<link", "<img", "href=\"http"})
    CHECK_FALSE(has(html, request));
}

TEST_CASE("tables of Markdown stay tables whatever is in them", "[report]") {
  std::istringstream lines(markdown_text(report_document(hostile_snapshot())));
  std::size_t columns = 0, rows = 0;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("|")) {
      columns = 0;
      continue;
    }
    INFO(line);
    if (columns == 0) columns = cells_of(line);
    CHECK(cells_of(line) == columns);
    CHECK(line.ends_with("|"));
    ++rows;
  }
  CHECK(rows > 40);
}

TEST_CASE("what means something in Markdown is escaped, and only that", "[report]") {
  CHECK(markdown_escaped("a_b _c_ *d* `e` <f> [g](h) i|j") ==
        "a_b \\_c\\_ \\*d\\* \\`e\\` \\<f\\> \\[g\\](h) i\\|j");
  CHECK(markdown_escaped("# x") == "\\# x");
  CHECK(markdown_escaped("- x") == "\\- x");
  CHECK(markdown_escaped("---") == "\\---");
  CHECK(markdown_escaped("+18 %") == "+18 %");
  CHECK(markdown_escaped("12. x") == "12\\. x");
  CHECK(markdown_escaped("12 calls. x") == "12 calls. x");
  CHECK(markdown_escaped("    x\ny") == "x y");
  CHECK(markdown_escaped("http://a www.b") == "http\\://a www\\.b");
  CHECK(markdown_escaped("5 MiB/s, 75 %") == "5 MiB/s, 75 %");
}

}  // namespace culprit
