// SPDX-License-Identifier: Apache-2.0
#include "model/log_histogram.h"

#include <random>

#include "catch.h"

using namespace culprit;

TEST_CASE("every duration lies within its bucket, whose middle is within 1.6 %", "[latency]") {
  std::mt19937_64 random(1);
  for (int i = 0; i < 100000; i++) {
    const std::uint64_t ns = random() >> (random() % 64);
    const std::uint32_t bucket = LogHistogram::bucket(ns);
    const std::uint64_t floor = LogHistogram::bucket_floor(bucket);
    REQUIRE(floor <= ns);
    if (bucket + 1 <= LogHistogram::bucket(~std::uint64_t{0})) {
      const std::uint64_t next = LogHistogram::bucket_floor(bucket + 1);
      REQUIRE(next > ns);
      const double middle = (static_cast<double>(floor) + static_cast<double>(next - 1)) / 2;
      REQUIRE(std::abs(middle - static_cast<double>(ns)) <= 0.016 * static_cast<double>(ns));
    }
  }
}

TEST_CASE("buckets follow each other without gaps", "[latency]") {
  for (std::uint32_t bucket = 0; bucket <= LogHistogram::bucket(~std::uint64_t{0}); bucket++)
    REQUIRE(LogHistogram::bucket(LogHistogram::bucket_floor(bucket)) == bucket);
}

TEST_CASE("percentiles of durations that come in any order", "[latency]") {
  LogHistogram up, down;
  for (std::uint64_t ms = 1; ms <= 1000; ms++) {
    up.add(ms * 1'000'000);
    down.add((1001 - ms) * 1'000'000);
  }
  for (const LogHistogram* histogram : {&up, &down}) {
    const auto latency = histogram->latency();
    REQUIRE(latency);
    CHECK(latency->count == 1000);
    CHECK(latency->mean_seconds == Approx(0.5005));
    CHECK(latency->p50_seconds == Approx(0.5).epsilon(0.016));
    CHECK(latency->p95_seconds == Approx(0.95).epsilon(0.016));
    CHECK(latency->p99_seconds == Approx(0.99).epsilon(0.016));
    CHECK(latency->max_seconds == Approx(1.0));
  }
}

TEST_CASE("one duration is all of its percentiles; none has no latency", "[latency]") {
  LogHistogram histogram;
  CHECK_FALSE(histogram.latency());
  histogram.add(1'000'000'000);
  const auto latency = histogram.latency();
  REQUIRE(latency);
  CHECK(latency->p50_seconds == Approx(1.0).epsilon(0.016));
  CHECK(latency->p99_seconds <= latency->max_seconds);
  CHECK(latency->max_seconds == 1.0);
}

TEST_CASE("a histogram added to another is as if all had been added to one", "[latency]") {
  LogHistogram one, other, all;
  for (const std::uint64_t ns : {5'000ULL, 70'000ULL, 900'000'000ULL}) one.add(ns), all.add(ns);
  for (const std::uint64_t ns : {0ULL, 31ULL, 32ULL, 4'000'000ULL}) other.add(ns), all.add(ns);
  one.add(other);
  const auto sum = one.latency(), expected = all.latency();
  REQUIRE(sum);
  CHECK(sum->count == 7);
  CHECK(sum->mean_seconds == expected->mean_seconds);
  CHECK(sum->p50_seconds == expected->p50_seconds);
  CHECK(sum->p95_seconds == expected->p95_seconds);
  CHECK(sum->max_seconds == expected->max_seconds);
}
