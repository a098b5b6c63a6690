// SPDX-License-Identifier: Apache-2.0
#include "view/format.h"

#include <cmath>
#include <limits>

#include "catch.h"

namespace culprit {

TEST_CASE("bytes take at most four characters", "[format]") {
  CHECK(format_bytes(0) == "0");
  CHECK(format_bytes(999) == "999");
  CHECK(format_bytes(1000) == "1.0K");
  CHECK(format_bytes(1536) == "1.5K");
  CHECK(format_bytes(10.0 * 1024) == "10K");
  CHECK(format_bytes(1023.0 * 1024) == "1.0M");
  CHECK(format_bytes(1.5 * (1ull << 40)) == "1.5T");
  for (double value = 1; value < 1e18; value *= 1.07) CHECK(format_bytes(value).size() <= 4);
}

TEST_CASE("changes carry their sign", "[format]") {
  CHECK(format_signed_bytes(1536) == "+1.5K");
  CHECK(format_signed_bytes(-12.0 * (1 << 20)) == "-12M");
  CHECK(format_signed_bytes(-0.2) == "0");
}

TEST_CASE("percents, counts and times", "[format]") {
  CHECK(format_percent(0) == "0.0");
  CHECK(format_percent(12.34) == "12.3");
  CHECK(format_percent(99.96) == "100");
  CHECK(format_percent(3200) == "3200");
  CHECK(format_count(0.5) == "0.5");
  CHECK(format_count(3) == "3");
  CHECK(format_count(12345) == "12k");
  CHECK(format_latency(0.0000121) == "12us");
  CHECK(format_latency(0.0032) == "3.2ms");
  CHECK(format_latency(0.9999) == "1.0s");
  CHECK(format_latency(300) == "5.0min");
  CHECK(format_cpu_time(62.339) == "1:02.33");
  CHECK(format_cpu_time(4500) == "75:00.00");
  CHECK(format_cpu_time(90000 * 60) == "62d12h");
  CHECK(format_duration(45) == "45s");
  CHECK(format_duration(0.5) == "0.5s");
  CHECK(format_duration(3 * 3600 + 20 * 60) == "3h20m");
}

TEST_CASE("no number is so odd that it cannot be written", "[format]") {
  for (const double value : {std::nan(""), std::numeric_limits<double>::infinity(), -1.0, 1e300}) {
    for (auto* format : {format_bytes, format_count, format_percent, format_latency,
                         format_cpu_time, format_duration})
      CHECK(!format(value).empty());
  }
}

TEST_CASE("a value is shown as its field says", "[format]") {
  const auto counter = FieldKind::kCounter;
  const auto gauge = FieldKind::kGauge;
  CHECK(format_value(Unit::kBytes, counter, Value(), 1) == "-");
  CHECK(format_value(Unit::kBytes, counter, Value(std::uint64_t{3072}), 2) == "1.5K");
  CHECK(format_value(Unit::kBytes, counter, Value(std::uint64_t{3072}), 0) == "-");
  CHECK(format_value(Unit::kSeconds, counter, Value(0.25), 0.5) == "50.0");
  CHECK(format_value(Unit::kLatency, FieldKind::kGauge, Value(0.0032), 2) == "3.2ms");
  CHECK(format_value(Unit::kSeconds, gauge, Value(62.33), 0.5) == "1:02.33");
  CHECK(format_value(Unit::kCores, gauge, Value(1.5), 1) == "150");
  CHECK(format_value(Unit::kBytesPerHour, gauge, Value(2048.0), 1) == "+2.0K");
  CHECK(format_value(Unit::kNone, gauge, Value(std::int64_t{-20}), 1) == "-20");
  CHECK(format_value(Unit::kNone, FieldKind::kLabel, Value("text"), 1) == "text");
}

}  // namespace culprit
