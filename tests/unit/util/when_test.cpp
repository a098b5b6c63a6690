// SPDX-License-Identifier: Apache-2.0
#include "util/when.h"

#include <stdlib.h>
#include <time.h>

#include "catch.h"
#include "util/rfc3339.h"
#include "util/when_range.h"

namespace culprit {
namespace {

/// Another zone for as long as it lives.
class Zone {
 public:
  explicit Zone(const char* name) {
    if (const char* was = getenv("TZ")) before_ = was;
    setenv("TZ", name, 1);
    tzset();
  }
  Zone(const Zone&) = delete;
  Zone& operator=(const Zone&) = delete;
  ~Zone() {
    if (before_.empty())
      unsetenv("TZ");
    else
      setenv("TZ", before_.c_str(), 1);
    tzset();
  }

 private:
  std::string before_;
};

// 2026-11-26T10:30:00Z, a Thursday.
constexpr std::int64_t kNow = 1'795'689'000'000'000'000;

std::string read(std::string_view text) {
  const auto when = parse_when(text, kNow);
  return when ? rfc3339(*when) : when.error().message;
}

TEST_CASE("when: what people write", "[when]") {
  const Zone zone("UTC0");
  REQUIRE(rfc3339(kNow) == "2026-11-26T10:30:00.000Z");
  CHECK(read("now") == "2026-11-26T10:30:00.000Z");
  CHECK(read("2h") == "2026-11-26T08:30:00.000Z");
  CHECK(read("2h ago") == "2026-11-26T08:30:00.000Z");
  CHECK(read("90") == "2026-11-26T10:28:30.000Z");
  CHECK(read("10:05") == "2026-11-26T10:05:00.000Z");
  CHECK(read("14:05") == "2026-11-25T14:05:00.000Z");
  CHECK(read("today 14:05") == "2026-11-26T14:05:00.000Z");
  CHECK(read("yesterday 14:05:09") == "2026-11-25T14:05:09.000Z");
  CHECK(read("yesterday") == "2026-11-25T00:00:00.000Z");
  CHECK(read("2026-11-20") == "2026-11-20T00:00:00.000Z");
  CHECK(read("2026-11-20 14:05") == "2026-11-20T14:05:00.000Z");
  CHECK(read("2026-11-20T14:05:06.25Z") == "2026-11-20T14:05:06.250Z");
  CHECK(read("2026-11-20T14:05:06+02:00") == "2026-11-20T12:05:06.000Z");
  CHECK(read("2026-11-20T14:05:06-00:30") == "2026-11-20T14:35:06.000Z");
}

TEST_CASE("when: times without a zone are those of this one", "[when]") {
  const Zone zone("CET-1");
  CHECK(read("10:05") == "2026-11-26T09:05:00.000Z");
  CHECK(read("yesterday 14:05") == "2026-11-25T13:05:00.000Z");
  CHECK(read("2026-11-20 14:05") == "2026-11-20T13:05:00.000Z");
  CHECK(local_time(kNow) == "2026-11-26 11:30:00");
  CHECK(local_zone(kNow) == "+0100 CET");
}

TEST_CASE("when: what is no time is refused", "[when]") {
  const Zone zone("UTC0");
  for (const char* text : {"", "tomorrow", "25:00", "14:5", "14:60", "2026-02-30", "2026-13-01",
                           "2026-11-20T14:05:06X", "2026-11-20T14:05:06+2", "yesterday14:05",
                           "today 14", "2h later", "-2h", "14:05 ", "2026-02-30T00:00:00Z"}) {
    const auto when = parse_when(text, kNow);
    INFO(text);
    REQUIRE_FALSE(when);
    CHECK(when.error().kind == ErrorKind::kUsage);
    CHECK(when.error().message.find("is no time; write 2h") != std::string::npos);
  }
}

}  // namespace
TEST_CASE("a range of time as a person writes it", "[when]") {
  constexpr std::int64_t kMinute = 60'000'000'000;
  const std::int64_t now = parse_when("2026-11-26T12:00:00Z", 0).value();
  const auto range = [&](std::string_view text) { return parse_when_range(text, now); };
  const auto ago = range("2h ago/1h ago");
  REQUIRE(ago);
  CHECK(ago->since_ns == now - 120 * kMinute);
  CHECK(ago->until_ns == now - 60 * kMinute);
  CHECK(range("2h/30m")->until_ns == now - 90 * kMinute);
  CHECK(range("10m/now")->until_ns == now);
  for (const char* text :
       {"yesterday 14:00/14:30", "2026-11-20 23:50/00:20", "2026-11-20 14:00/2026-11-20 14:30"}) {
    INFO(text);
    const auto half_hour = range(text);
    REQUIRE(half_hour);
    CHECK(half_hour->until_ns - half_hour->since_ns == 30 * kMinute);
  }
  CHECK(range("yesterday 14:00/14:30")->until_ns < now);
  for (const char* text : {"", "/", "2h", "2h/", "/2h", "1h ago/2h ago", "a/b", "1h/2h/3h",
                           "/var/lib/x", "results/before.json"})
    CHECK_FALSE(range(text));
}

}  // namespace culprit
