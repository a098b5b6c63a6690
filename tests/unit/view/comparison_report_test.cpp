// SPDX-License-Identifier: Apache-2.0
#include "view/comparison_report.h"

#include "catch.h"
#include "view/html.h"
#include "view/markdown.h"

namespace culprit {
namespace {

constexpr char kHostile[] = "<b>\x1b[31m|`x`\n";

BeforeAfter some_changes() {
  BeforeAfter held;
  held.before = {"a.rec", "web-1", "6.1", 4, "2026-11-26T04:00:00Z", "", 10, 10, 100.0};
  held.after = {"b.rec", "web-1", "6.1", 4, "2026-11-26T05:00:00Z", "", 10, 10, 85.0};
  held.numbers = {
      {TargetKind::kEndpoint, "GET /orders", "latency.p50_seconds", "seconds", 0.02, 0.024, 1e-5,
       Change::kWorse},
      {TargetKind::kTask, "cleanup", "cpu_cores", "cpus", 0.4, 0.1, 0.0005, Change::kBetter},
      {TargetKind::kQuery, "SELECT 1", "per_second", "", 100, 150, 0.001, Change::kDifferent},
      {TargetKind::kEndpoint, "GET /users", "error_ratio", "ratio", 0.01, 0.012, 1, Change::kSame},
      {TargetKind::kProcess, "cron", "cpu_cores", "cpus", 0.1, 0.9, {}, Change::kUnknown}};
  held.findings = {{"db.n_plus_one",
                    TargetKind::kQuery,
                    "SELECT a",
                    "asks 60 times",
                    {},
                    Severity::kCritical,
                    Change::kWorse},
                   {"cpu.steal",
                    TargetKind::kHost,
                    "web-1",
                    "stolen 6 %",
                    Severity::kWarning,
                    {},
                    Change::kBetter}};
  return held;
}

bool has(const std::string& text, std::string_view part) {
  const bool found = text.find(part) != std::string::npos;
  UNSCOPED_INFO((found ? "" : "no ") << part << " in\n" << text);
  return found;
}

}  // namespace

TEST_CASE("a comparison in a few lines", "[compare]") {
  const std::string text = comparison_text(some_changes());
  for (const char* part :
       {"Verdict  2 worse, 2 better, 1 different; score 100 → 85; 5 numbers compared\n",
        "Before   a.rec: web-1 from 2026-11-26T04:00:00Z, 10.0 s in 10 intervals\n",
        "  appeared  asks 60 times\n      db.n_plus_one of query SELECT a, critical\n",
        "  went  stolen 6 %\n",
        "  worse     latency p50              20ms → 24ms        +20 %  endpoint GET /orders\n",
        "  better    CPU                    40.0 % → 10.0 %      -75 %  task cleanup\n",
        "  different calls per second          100 → 150         +50 %  query SELECT 1\n",
        "What may differ", "  unknown   CPU "})
    CHECK(has(text, part));
  CHECK_FALSE(has(text, "GET /users"));
}

TEST_CASE("nothing that differs is said in one line", "[compare]") {
  CHECK(has(comparison_text({}), "Verdict  no difference beyond noise; score - → -"));
  BeforeAfter held;
  held.before.hostname = "a";
  held.after.hostname = "b";
  CHECK(has(comparison_text(held), "Mind     The hosts differ: a and b."));
  CHECK(has(comparison_text(held), "fewer than 6 intervals"));
}

TEST_CASE("a comparison as a page and as Markdown", "[compare]") {
  const document::Document document = comparison_document(some_changes());
  const std::string html = html_page(document);
  for (const char* part :
       {"Before and after: 2 worse, 2 better, 1 different", "What differs beyond noise",
        "<td class=\"n\">+20 %</td>", "What may differ", "What does not differ beyond noise",
        "Latency p50, before and after", "<span class=\"badge\">appeared</span>"})
    CHECK(has(html, part));
  CHECK(has(markdown_text(document), "| `endpoint GET /orders` | latency p50 | 20ms | 24ms |"));
}

TEST_CASE("names in a comparison are only names", "[compare]") {
  BeforeAfter held = some_changes();
  held.before.hostname = held.before.file = held.numbers[0].name = held.findings[0].summary =
      kHostile;
  const std::string text = comparison_text(held);
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK_FALSE(has(html_page(comparison_document(held)), "<b>\x1b"));
  CHECK_FALSE(has(html_page(comparison_document(held)), "<b> "));
}

}  // namespace culprit
