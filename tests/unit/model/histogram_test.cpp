// SPDX-License-Identifier: Apache-2.0
#include "catch.h"
#include "model/latency.h"

using namespace culprit;

TEST_CASE("every duration falls into the bucket whose bounds hold it", "[latency]") {
  for (std::uint64_t ns = 1; ns < (1ull << HISTOGRAM_MAX_BITS); ns = ns * 9 / 8 + 1) {
    const std::uint32_t bucket = histogram_bucket(ns);
    REQUIRE(bucket < HISTOGRAM_BUCKETS);
    CHECK(histogram_bucket_floor(bucket) <= ns);
    CHECK(ns < histogram_bucket_floor(bucket + 1));
  }
  CHECK(histogram_bucket(~0ull) == HISTOGRAM_BUCKETS - 1);
  CHECK(histogram_bucket(0) == 0);
}

TEST_CASE("a bucket is at most a sixteenth wide", "[latency]") {
  for (std::uint32_t bucket = 1; bucket + 1 < HISTOGRAM_BUCKETS; bucket++) {
    const double floor = static_cast<double>(histogram_bucket_floor(bucket));
    const double next = static_cast<double>(histogram_bucket_floor(bucket + 1));
    CHECK((next - floor) / floor <= 1.0 / 16 + 1e-9);
  }
}

TEST_CASE("percentiles come out within the width of a bucket", "[latency]") {
  histogram durations{};
  for (std::uint64_t us = 1; us <= 10'000; us++) {
    durations.buckets[histogram_bucket(us * 1000)]++;
    durations.count++;
    durations.sum_ns += us * 1000;
  }
  const auto latency = summarize(durations);
  REQUIRE(latency);
  CHECK(latency->count == 10'000);
  CHECK(latency->mean_seconds == Approx(0.0050005));
  CHECK(latency->p50_seconds == Approx(0.005).epsilon(0.035));
  CHECK(latency->p95_seconds == Approx(0.0095).epsilon(0.035));
  CHECK(latency->p99_seconds == Approx(0.0099).epsilon(0.035));
  CHECK(latency->max_seconds == Approx(0.010).epsilon(0.065));
}

TEST_CASE("a histogram that was started anew gives no reading", "[latency]") {
  histogram before{}, after{};
  before.count = before.buckets[5] = 10;
  before.sum_ns = 1000;
  after.count = after.buckets[5] = 3;
  after.sum_ns = 2000;
  CHECK_FALSE(histogram_difference(before, after));
  CHECK_FALSE(histogram_difference(before, before));
  after.buckets[5] = 12;
  const auto difference = histogram_difference(before, after);
  REQUIRE(difference);
  CHECK(difference->count == 2);
  CHECK(difference->sum_ns == 1000);
}
