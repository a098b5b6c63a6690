// SPDX-License-Identifier: Apache-2.0
#include "model/rhythm.h"

#include <random>

#include "catch.h"

using namespace culprit;

namespace {

constexpr std::uint64_t kMs = 1'000'000, kSecond = 1'000'000'000, kStart = 1000 * kSecond;

/// A task that works every `period` ms for `work` ms, in stretches between short waits, with
/// every length off by up to `jitter` (0…1) of itself. Costs are samples at 499 Hz.
Rhythm jittered(std::mt19937& random, int runs, double period_ms, double work_ms, int stretches,
                double wait_ms, double jitter) {
  std::uniform_real_distribution<double> off(1 - jitter, 1 + jitter);
  Rhythm rhythm;
  rhythm.watch_from(kStart);
  double at_ms = period_ms / 2;
  for (int run = 0; run < runs; ++run) {
    double now_ms = at_ms;
    for (int i = 0; i < stretches; ++i) {
      const double length = work_ms / stretches * off(random);
      rhythm.note(kStart + static_cast<std::uint64_t>(now_ms * kMs),
                  kStart + static_cast<std::uint64_t>((now_ms + length) * kMs),
                  length / 1000 * 499);
      now_ms += length + wait_ms * off(random);
    }
    at_ms += period_ms + period_ms * (off(random) - 1) / 4;
  }
  return rhythm;
}

}  // namespace

TEST_CASE("a period of 2 s with 200 ms of work is found within 2 and 5 percent", "[rhythm]") {
  std::mt19937 random(1);
  for (const int stretches : {1, 4, 8})
    for (const double jitter : {0.0, 0.05, 0.2}) {
      const Rhythm rhythm = jittered(random, 15, 2000, 200, stretches, 40, jitter);
      const RhythmReading reading = rhythm.read(kStart + 40 * kSecond);
      INFO(stretches << " stretches, jitter " << jitter);
      CHECK(reading.runs == 15);
      REQUIRE(reading.period_seconds);
      CHECK(*reading.period_seconds == Approx(2).epsilon(0.02));
      REQUIRE(reading.cost_per_run);
      CHECK(*reading.cost_per_run == Approx(0.2 * 499).epsilon(0.05));
      CHECK(*reading.jitter_seconds <= 2 * jitter / 4 + 1e-9);
    }
}

TEST_CASE("five runs in a window of ten seconds are enough", "[rhythm]") {
  std::mt19937 random(2);
  const Rhythm rhythm = jittered(random, 5, 2000, 200, 5, 30, 0.1);
  const RhythmReading reading = rhythm.read(kStart + 10 * kSecond);
  CHECK(reading.runs == 5);
  CHECK(reading.period_seconds.value_or(0) == Approx(2).epsilon(0.02));
}

TEST_CASE("one long rest does not join the runs before it", "[rhythm]") {
  Rhythm rhythm;
  for (std::uint64_t i = 0; i < 20; ++i)
    rhythm.note((i + (i > 9 ? 100 : 0)) * kSecond, (i + (i > 9 ? 100 : 0)) * kSecond + 50 * kMs,
                10);
  const RhythmReading reading = rhythm.read(200 * kSecond);
  CHECK(reading.runs == 20);
  CHECK(reading.period_seconds.value_or(0) == Approx(1));
}

TEST_CASE("work at random times has no period", "[rhythm]") {
  std::mt19937 random(3);
  std::exponential_distribution<double> pause(1.0);
  Rhythm rhythm;
  double at = 1;
  for (int i = 0; i < 200; ++i) {
    rhythm.note(static_cast<std::uint64_t>(at * 1e9), static_cast<std::uint64_t>((at + 0.01) * 1e9),
                5);
    at += 0.03 + pause(random);
  }
  CHECK_FALSE(rhythm.read(1000 * kSecond).period_seconds);
}

TEST_CASE("short runs that samples hit by chance, or by a beat, are not counted", "[rhythm]") {
  std::mt19937 random(4);
  std::exponential_distribution<double> pause(10.0);
  Rhythm by_chance, by_beat;
  double at = 1;
  for (std::uint64_t i = 1; i < 60; ++i) {
    by_beat.note(i * 419 * kMs, i * 419 * kMs, 1);
    by_chance.note(static_cast<std::uint64_t>(at * 1e9), static_cast<std::uint64_t>(at * 1e9), 1);
    at += 0.02 + pause(random);
  }
  for (const Rhythm* rhythm : {&by_chance, &by_beat}) {
    const RhythmReading reading = rhythm->read(70 * kSecond);
    CHECK_FALSE(reading.runs);
    CHECK_FALSE(reading.period_seconds);
    CHECK_FALSE(reading.cost_per_run);
    CHECK_FALSE(rhythm->runs_begun_since(0));
  }
  CHECK(by_beat.read(70 * kSecond).step_seconds.value_or(0) == Approx(0.419));
  CHECK_FALSE(by_chance.read(70 * kSecond).step_seconds);
}

TEST_CASE("short runs that something else than a sample tells of are counted", "[rhythm]") {
  Rhythm calls;
  for (std::uint64_t i = 1; i <= 10; ++i)
    calls.note(i * kSecond, i * kSecond, i % 4 == 0);  // samples came by, too
  const RhythmReading reading = calls.read(12 * kSecond);
  CHECK(reading.runs == 10);
  CHECK(reading.period_seconds.value_or(0) == Approx(1));
}

TEST_CASE("a stretch that goes on is told again", "[rhythm]") {
  Rhythm rhythm;
  rhythm.note(kSecond, kSecond + 100 * kMs, 50);
  rhythm.note(kSecond, kSecond + 200 * kMs, 100);
  rhythm.note(3 * kSecond, 3 * kSecond + 200 * kMs, 100);
  rhythm.note(5 * kSecond, 5 * kSecond + 200 * kMs, 100);
  const RhythmReading reading = rhythm.read(7 * kSecond);
  CHECK(reading.runs == 3);
  CHECK(reading.cost_per_run.value_or(0) == Approx(100));
  CHECK(rhythm.runs_begun_since(2 * kSecond) == 2);
}

TEST_CASE("runs cut by the begin or the end of watching cost nothing", "[rhythm]") {
  Rhythm rhythm;
  rhythm.watch_from(kSecond);
  rhythm.note(kSecond, kSecond + 10 * kMs, 1);  // its begin was not seen
  for (std::uint64_t i = 2; i < 6; ++i) rhythm.note(i * kSecond, i * kSecond + 100 * kMs, 50);
  rhythm.note(6 * kSecond, 6 * kSecond + 20 * kMs, 10);  // goes on
  CHECK(rhythm.read(6 * kSecond + 20 * kMs).cost_per_run.value_or(0) == Approx(50));
}

TEST_CASE("processes of one job overlap and are one run", "[rhythm]") {
  Rhythm rhythm;
  for (std::uint64_t i = 1; i < 5; ++i) {
    rhythm.note(i * 60 * kSecond, i * 60 * kSecond + 5 * kSecond, 1);
    rhythm.note(i * 60 * kSecond + kSecond, i * 60 * kSecond + 3 * kSecond, 2);
  }
  const RhythmReading reading = rhythm.read(500 * kSecond);
  CHECK(reading.runs == 4);
  CHECK(reading.period_seconds.value_or(0) == Approx(60));
  CHECK(reading.cost_per_run.value_or(0) == Approx(3));
}

TEST_CASE("nothing, and what makes no sense, is no rhythm", "[rhythm]") {
  Rhythm rhythm;
  CHECK(rhythm.read(kSecond).runs == 0);
  rhythm.note(5, 3, 1);
  CHECK(rhythm.runs().empty());
  rhythm.note(~std::uint64_t{0} - 1, ~std::uint64_t{0}, 1);
  rhythm.note(0, ~std::uint64_t{0}, 1);
  rhythm.note(7, 8, 1);
  CHECK_FALSE(rhythm.read(10).period_seconds);
}

TEST_CASE("memory of stretches is bounded", "[rhythm]") {
  Rhythm rhythm;
  for (std::uint64_t i = 1; i <= 5000; ++i) rhythm.note(i * kSecond, i * kSecond + kMs, 1);
  CHECK(rhythm.read(5001 * kSecond).runs == Rhythm::kMostStretches);
}

TEST_CASE("overlap is a part of the time that one works", "[rhythm]") {
  using Runs = std::vector<Rhythm::Run>;
  const Runs one = {{10, 20, 0}, {30, 40, 0}};
  CHECK(overlap_of(one, one) == Approx(1));
  CHECK(overlap_of(one, Runs{{15, 20, 0}, {30, 40, 0}}) == Approx(1));
  CHECK(overlap_of(one, Runs{{0, 15, 0}, {35, 50, 0}}) == Approx(0.5));
  CHECK(overlap_of(one, Runs{{20, 30, 0}}) == 0);
  CHECK(overlap_of(one, {}) == 0);
}
