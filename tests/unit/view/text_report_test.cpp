// SPDX-License-Identifier: Apache-2.0
#include "view/text_report.h"

#include "catch.h"
#include "unit/serve/busy_snapshot.h"

namespace culprit {
namespace {

bool has_line(const std::string& text, const std::string& line) {
  return text.find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("a report without calls has no sections for them") {
  const std::string text = text_report(Snapshot{});
  for (const char* word : {"Queries", "Endpoints", "Databases", "Services"})
    CHECK(text.find(word) == std::string::npos);
}

TEST_CASE("a report tells queries, endpoints, databases and services") {
  const std::string text = text_report(busy_snapshot(1));
  INFO(text);
  CHECK(has_line(text,
                 "Queries     CALLS/s  ERR/s  TIME%   SRV%    P50    P95    P99    MAX  QUERY"));
  CHECK(has_line(text,
                 ""
                 "postgresql      100      2    100   75.0  8.0ms   20ms   30ms   40ms  "
                 "SELECT * FROM orders_0 WHERE id = ? AND state IN (?)"));
  CHECK(has_line(text,
                 "         1       50      3    2.5   80ms  200ms  300ms  400ms  "
                 "GET /orders/{id}/0 (worker-1)"));
  CHECK(has_line(text,
                 "postgresql      100      2    150  8.0ms   20ms   30ms   40ms  "
                 "10.0.0.5:5432; 1.8 of 15 connections busy, at most 5; 75.0 % hits; "
                 "2 transactions open, the oldest for 12s"));
  CHECK(has_line(text,
                 "tls              40      1      5  8.0ms   20ms   30ms   40ms  "
                 "10.0.0.9:443; 1 connections failed; silent for 2.5s; not healthy"));
}

TEST_CASE("nothing from the wire reaches the terminal as a command") {
  Snapshot snapshot = busy_snapshot(0);
  snapshot.queries[0].text =
      "GET \x1b]0;x\x07\n\xc2\x9b"
      "1m key\x7f\xff";
  snapshot.queries[1].text.reset();
  snapshot.queries[1].operation = "EXE\tCUTE";
  snapshot.queries[2].text = std::string(1000, 'y');
  snapshot.queries[2].text_truncated = true;
  const std::string text = text_report(snapshot);
  CHECK(text.find("GET  ]0;x    1m key \xef\xbf\xbd\n") != std::string::npos);
  CHECK(text.find("EXE CUTE  (prepared before culprit started)\n") != std::string::npos);
  CHECK(text.find(" " + std::string(200, 'y') + "…\n") != std::string::npos);
}

TEST_CASE("a report lists at most fifteen of a kind") {
  Snapshot snapshot = busy_snapshot(0);
  for (std::uint32_t number = 3; number < 40; ++number)
    snapshot.queries.push_back(busy_query(number));
  const std::string text = text_report(snapshot);
  CHECK(text.find("orders_14 ") != std::string::npos);
  CHECK(text.find("orders_15 ") == std::string::npos);
}

}  // namespace culprit
