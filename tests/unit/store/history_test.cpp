// SPDX-License-Identifier: Apache-2.0
#include "store/history.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "catch.h"
#include "history_host.h"
#include "store/history_query.h"
#include "util/clock.h"
#include "util/rfc3339.h"

namespace culprit {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kNoon = 1'700'000'040;  // begins a minute

/// Writes so many seconds of a small host.
void fill(HistoryWriter& writer, std::int64_t from, std::int64_t seconds,
          const SyntheticHost& host = SyntheticHost(6, 4)) {
  for (std::int64_t second = from; second < from + seconds; second++) {
    writer.write(host.at(second));
    if (second % 32 == 0) REQUIRE(writer.flush());
  }
  REQUIRE(writer.flush());
}

std::unique_ptr<HistoryReader> reader_of(const std::string& file) {
  auto reader = HistoryReader::open(file);
  REQUIRE(reader);
  return std::move(*reader);
}

std::vector<HistoryTick> all_of(HistoryReader& reader, std::size_t level) {
  auto ticks = reader.ticks(level, {0, INT64_MAX / 2}, HistoryDetail::kAll);
  REQUIRE(ticks);
  return std::move(*ticks);
}

TEST_CASE("history: seconds become tens and minutes", "[history]") {
  const ScratchDirectory scratch;
  const std::string file = scratch.file("h");
  {
    const auto writer = HistoryWriter::open(file);
    REQUIRE(writer);
    fill(**writer, kNoon, 125);
    CHECK((*writer)->state().ticks_kept == 125);
    CHECK((*writer)->state().ticks_lost == 0);
    CHECK((*writer)->state().error.empty());
  }
  const auto reader = reader_of(file);
  CHECK(all_of(*reader, 0).size() == 125);
  const auto tens = all_of(*reader, 1), minutes = all_of(*reader, 2);
  REQUIRE(tens.size() == 12);
  REQUIRE(minutes.size() == 2);
  CHECK(minutes[0].start_ns == kNoon * kSecond);
  CHECK(minutes[0].end_ns == (kNoon + 60) * kSecond);
  CHECK(minutes[0].seconds == Approx(60));
  const auto cpu = [](const HistoryTick& tick) {
    return history_value(*tick.host(), HistoryKind::kHost, "cpu.user_seconds").value();
  };
  double sum = 0;
  for (std::size_t ten = 0; ten < 6; ten++) sum += cpu(tens[ten]);
  CHECK(cpu(minutes[0]) == Approx(sum));
}

TEST_CASE("history: a writer takes up the minute that another one left open", "[history]") {
  const ScratchDirectory scratch;
  const std::string file = scratch.file("h");
  for (std::int64_t part = 0; part < 4; part++) {
    const auto writer = HistoryWriter::open(file);
    REQUIRE(writer);
    fill(**writer, kNoon + part * 17, 17);
  }
  const auto reader = reader_of(file);
  const auto minutes = all_of(*reader, 2);
  REQUIRE(minutes.size() == 1);
  CHECK(minutes[0].seconds == Approx(60));
  double calls = 0, seconds = 0;
  for (const HistoryTick& tick : all_of(*reader, 0)) {
    if (tick.end_ns > minutes[0].end_ns) continue;
    seconds += tick.seconds;
    for (const HistoryRow& row : tick.table(HistoryKind::kQuery).rows)
      calls += history_value(row, HistoryKind::kQuery, "calls").value();
  }
  double merged = 0;
  for (const HistoryRow& row : minutes[0].table(HistoryKind::kQuery).rows)
    merged += history_value(row, HistoryKind::kQuery, "calls").value();
  CHECK(seconds == Approx(60));
  CHECK(merged == Approx(calls));
}

TEST_CASE("history: one process writes a file at a time", "[history]") {
  const ScratchDirectory scratch;
  const auto first = HistoryWriter::open(scratch.file("h"));
  REQUIRE(first);
  const auto second = HistoryWriter::open(scratch.file("h"));
  REQUIRE_FALSE(second);
  CHECK(second.error().message == scratch.file("h") + ": another culprit writes it");
}

TEST_CASE("history: what is too old goes, finest first", "[history]") {
  const ScratchDirectory scratch;
  const std::string file = scratch.file("h");
  HistoryOptions options;
  options.kept = {std::chrono::seconds(60), std::chrono::seconds(200), std::chrono::hours(1)};
  {
    const auto writer = HistoryWriter::open(file, options);
    REQUIRE(writer);
    fill(**writer, kNoon, 400);
  }
  const auto reader = reader_of(file);
  const std::int64_t end = (kNoon + 400) * kSecond;
  const auto oldest = [&](std::size_t level) {
    return (end - (*reader->span(level))->since_ns) / kSecond;
  };
  CHECK(oldest(0) >= 60);
  CHECK(oldest(0) <= 60 + 64);
  CHECK(oldest(1) >= 200);
  CHECK(oldest(1) <= 200 + 64);
  CHECK(oldest(2) == 400);
}

TEST_CASE("history: a budget is kept by dropping the oldest and finest", "[history][slow]") {
  const ScratchDirectory scratch;
  const std::string file = scratch.file("h");
  HistoryOptions options;
  options.budget_bytes = kLeastHistoryBytes;
  const SyntheticHost host(120, 80);
  const auto writer = HistoryWriter::open(file, options);
  REQUIRE(writer);
  for (std::int64_t second = kNoon; second < kNoon + 1200; second++) {
    writer.value()->write(host.at(second));
    if (second % 32 == 0) {
      REQUIRE((*writer)->flush());
      REQUIRE((*writer)->state().bytes <= options.budget_bytes);
    }
  }
  REQUIRE((*writer)->flush());
  CHECK((*writer)->state().bytes <= options.budget_bytes);
  const auto reader = reader_of(file);
  const auto seconds = all_of(*reader, 0);
  CHECK(seconds.size() < 1200);
  CHECK(seconds.size() >= 600);
  CHECK(seconds.back().end_ns == (kNoon + 1200) * kSecond);
  CHECK(all_of(*reader, 2).size() == 19);
}

TEST_CASE("history: gaps are gaps, never zero", "[history]") {
  const ScratchDirectory scratch;
  const std::string file = scratch.file("h");
  {
    const auto writer = HistoryWriter::open(file);
    REQUIRE(writer);
    fill(**writer, kNoon, 120);
    fill(**writer, kNoon + 300, 120);
  }
  const auto reader = reader_of(file);
  const auto range = read_range(*reader, {kNoon * kSecond, (kNoon + 420) * kSecond}, 7);
  REQUIRE(range);
  REQUIRE(range->step_ns == 60 * kSecond);
  REQUIRE(range->steps.size() == 7);
  for (std::size_t step = 0; step < 7; step++)
    CHECK(range->steps[step].tick.has_value() == (step < 2 || step > 4));
  REQUIRE(range->gaps.size() == 1);
  CHECK(range->gaps[0].since_ns == (kNoon + 120) * kSecond);
  CHECK(range->gaps[0].until_ns == (kNoon + 300) * kSecond);
  CHECK(range->whole->seconds == Approx(240));
  const auto none = read_moment(*reader, (kNoon + 200) * kSecond);
  REQUIRE(none);
  CHECK_FALSE(none->tick);
  const auto moment = read_moment(*reader, (kNoon + 310) * kSecond + kSecond / 2);
  REQUIRE(moment);
  REQUIRE(moment->tick);
  CHECK(moment->tick->start_ns == (kNoon + 310) * kSecond);
  CHECK(moment->tick->seconds == 1);
}

TEST_CASE("history: findings are kept as long as they hold, actions by their id", "[history]") {
  const ScratchDirectory scratch;
  const std::string file = scratch.file("h");
  const SyntheticHost host(2, 0);
  {
    const auto writer = HistoryWriter::open(file);
    REQUIRE(writer);
    for (std::int64_t second = kNoon; second < kNoon + 30; second++) {
      Snapshot snapshot = host.at(second);
      Finding finding;
      finding.id = "cpu.starved";
      finding.severity = second == kNoon + 5 ? Severity::kCritical : Severity::kWarning;
      finding.target.kind = TargetKind::kProcess;
      finding.target.name = "web";
      finding.target.pid = 7;
      finding.since_wall_ns = kNoon * kSecond;
      if (second < kNoon + 20) snapshot.judgement->findings = {finding};
      (*writer)->write(snapshot);
      if (second % 7 == 0) REQUIRE((*writer)->flush());
    }
    (*writer)->write(HistoryAction{"a1", kNoon * kSecond, "web", "", "{}"});
    const std::string ended = R"({"ended_at":")" + rfc3339((kNoon + 10) * kSecond) + R"("})";
    (*writer)->write(HistoryAction{"a1", kNoon * kSecond, "web", "helped", ended});
    REQUIRE((*writer)->flush());
  }
  const auto reader = reader_of(file);
  const TimeSpan all{0, INT64_MAX / 2};
  const auto findings = *reader->findings(all);
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].severity == Severity::kCritical);
  CHECK(findings[0].since_ns == kNoon * kSecond);
  CHECK(findings[0].until_ns == (kNoon + 20) * kSecond);
  CHECK(findings[0].target == "web");
  const auto actions = *reader->actions(all);
  REQUIRE(actions.size() == 1);
  CHECK(actions[0].verdict == "helped");
  // A moment has those that had not ended by then.
  CHECK(read_moment(*reader, (kNoon + 5) * kSecond)->actions.size() == 1);
  CHECK(read_moment(*reader, (kNoon + 20) * kSecond)->actions.empty());
}

TEST_CASE("history: a file that is something else is refused and stays as it is", "[history]") {
  const ScratchDirectory scratch;
  const std::string text(5000, 'x');
  std::ofstream(scratch.file("text")) << text;
  const auto writer = HistoryWriter::open(scratch.file("text"));
  REQUIRE_FALSE(writer);
  CHECK(writer.error().kind == ErrorKind::kUsage);
  const auto reader = HistoryReader::open(scratch.file("text"));
  REQUIRE_FALSE(reader);
  CHECK(reader.error().kind == ErrorKind::kUsage);
  std::ifstream again(scratch.file("text"));
  CHECK(std::string(std::istreambuf_iterator<char>(again), {}) == text);
  CHECK(HistoryReader::open(scratch.file("none")).error().kind == ErrorKind::kUsage);
  const auto other = SqlDatabase::open(scratch.file("other"), SqlDatabase::Mode::kWrite);
  CHECK_FALSE(other);
}

/// No file of this process can grow beyond so much, for as long as it lives: a disk that is full.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) {
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;
  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &before_);
    signal(SIGXFSZ, SIG_DFL);
  }

 private:
  rlimit before_{};
};

TEST_CASE("history: while nothing can be written the caller goes on, and the gap is told after",
          "[history]") {
  const ScratchDirectory scratch;
  const std::string file = scratch.file("h");
  const SyntheticHost host(6, 4);
  const auto writer = HistoryWriter::open(file);
  REQUIRE(writer);
  fill(**writer, kNoon, 30);
  {
    const FullDisk full(16);
    for (std::int64_t second = kNoon + 30; second < kNoon + 430; second++) {
      (*writer)->write(host.at(second));
      if (second % 32 == 0) CHECK_FALSE((*writer)->flush());
    }
    const HistoryState state = (*writer)->state();
    CHECK_FALSE(state.error.empty());
    CHECK(state.ticks_kept == 30);
    CHECK(state.ticks_lost > 100);
  }
  fill(**writer, kNoon + 430, 10);
  const HistoryState state = (*writer)->state();
  CHECK(state.error.empty());
  CHECK(state.ticks_kept + state.ticks_lost == 440);
  const auto reader = reader_of(file);
  const auto gaps = *reader->gaps({0, INT64_MAX / 2});
  REQUIRE_FALSE(gaps.empty());
  std::uint64_t told = 0;
  for (const HistoryGap& gap : gaps) told += gap.ticks;
  CHECK(told == state.ticks_lost);
  CHECK(gaps[0].since_ns == (kNoon + 30) * kSecond);
  CHECK(gaps[0].cause.find(file) != std::string::npos);
  const auto kept = all_of(*reader, 0);
  CHECK(kept.size() == state.ticks_kept);
  CHECK(kept.back().end_ns == (kNoon + 440) * kSecond);
}

/// A second that was handed to the writer, and when.
struct Written {
  std::int64_t second = 0;
  std::uint64_t at_ns = 0;
};

TEST_CASE("history: killed while it writes it is whole, and lacks two seconds at most",
          "[history]") {
  const ScratchDirectory scratch;
  const std::string file = scratch.file("h");
  const SyntheticHost host(20, 10);
  std::int64_t next = kNoon;
  std::int64_t lost = 0, all = 0;
  for (int round = 0; round < 20; round++) {
    int told[2];
    REQUIRE(pipe(told) == 0);
    const pid_t child = fork();
    if (child == 0) {
      HistoryOptions options;
      options.commit_every = std::chrono::milliseconds(3);
      auto writer = HistoryWriter::open(file, options);
      for (std::int64_t second = next; writer; second++) {
        (*writer)->write(host.at(second));
        // Told before it is safe.
        const Written written{second, clock_ns(CLOCK_MONOTONIC)};
        if (::write(told[1], &written, sizeof written) != sizeof written) break;
        usleep(1500);
      }
      _exit(1);
    }
    close(told[1]);
    std::vector<Written> written;
    Written one;
    while (written.size() < 12 + 2 * static_cast<std::size_t>(round) &&
           ::read(told[0], &one, sizeof one) == sizeof one)
      written.push_back(one);
    kill(child, SIGKILL);
    while (::read(told[0], &one, sizeof one) == sizeof one) written.push_back(one);
    close(told[0]);
    REQUIRE_FALSE(written.empty());
    REQUIRE(waitpid(child, nullptr, 0) == child);
    auto database = SqlDatabase::open(file, SqlDatabase::Mode::kWrite);
    REQUIRE(database);
    auto check = database->prepare("PRAGMA integrity_check");
    REQUIRE(check);
    REQUIRE(*check->step());
    CHECK(check->bytes(0) == "ok");
    const auto kept = database->number("SELECT max(end_ms) / 1000 FROM tick_1s");
    REQUIRE(kept);
    // What was written two seconds of real time before the last is there.
    for (const Written& told_of : written)
      if (written.back().at_ns - told_of.at_ns > 2'000'000'000) CHECK(told_of.second < *kept);
    // The last may be in the file though its telling never came.
    const std::int64_t end = std::max(written.back().second + 1, *kept);
    lost += end - std::max(*kept, next);
    all += end - next;
    next = end;
  }
  CHECK(lost < all);
  const auto reader = reader_of(file);
  CHECK(all_of(*reader, 0).size() == static_cast<std::size_t>(all - lost));
}

}  // namespace
}  // namespace culprit
