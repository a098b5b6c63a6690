// SPDX-License-Identifier: Apache-2.0
// A day of a host that is not there, second by second, into a history: how much room it takes, what
// keeping it costs, and how long a look at each of its hours takes.
// usage: culprit_history_day FILE [HOURS [PROCESSES [QUERIES]]]
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "serve/json_history.h"
#include "store/history.h"
#include "store/history_query.h"
#include "unit/store/history_host.h"
#include "util/clock.h"

namespace {

using namespace culprit;
using Clock = std::chrono::steady_clock;

constexpr std::int64_t kStart = 1'699'999'200, kSecond = 1'000'000'000, kHour = 3600;

double milliseconds_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

int fail_with(const Error& error) {
  std::fprintf(stderr, "%s\n", error.message.c_str());
  return 1;
}

/// What making the snapshots alone costs, to be taken off.
double making_seconds(const SyntheticHost& host) {
  constexpr int kCount = 200;
  const double before = cpu_seconds();
  std::size_t made = 0;
  for (int second = 0; second < kCount; second++) made += host.at(kStart + second).processes.size();
  return made > 0 ? (cpu_seconds() - before) / kCount : 0;
}

int read_hours(const std::string& file, std::int64_t hours) {
  double worst = 0, sum = 0;
  for (std::int64_t hour = 0; hour < hours; hour++) {
    const auto begin = Clock::now();
    const auto reader = HistoryReader::open(file);
    if (!reader) return fail_with(reader.error());
    const std::int64_t since = (kStart + hour * kHour) * kSecond;
    const auto range = read_range(**reader, {since, since + kHour * kSecond}, 60);
    if (!range) return fail_with(range.error());
    const std::string json = history_json(*range);
    const double took = milliseconds_since(begin);
    if (!range->whole || json.empty()) std::printf("hour %ld: nothing there\n", long{hour});
    worst = std::max(worst, took);
    sum += took;
  }
  std::printf("an hour in 60 steps, to JSON: mean %.1f ms, most %.1f ms\n",
              sum / static_cast<double>(hours), worst);
  const auto reader = HistoryReader::open(file);
  if (!reader) return fail_with(reader.error());
  const auto begin = Clock::now();
  std::size_t ticks = 0;
  const std::int64_t end = (kStart + hours * kHour) * kSecond;
  const Status read = (*reader)->ticks(0, {end - kHour * kSecond, end}, HistoryDetail::kHost,
                                       [&](HistoryTick&&) { ticks++; });
  if (!read) return fail_with(read.error());
  std::printf("the last hour's %zu seconds of the host: %.1f ms\n", ticks,
              milliseconds_since(begin));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: culprit_history_day FILE [HOURS [PROCESSES [QUERIES]]]\n");
    return 2;
  }
  const auto number = [&](int place, long otherwise) {
    return argc > place ? std::atol(argv[place]) : otherwise;
  };
  const std::int64_t hours = number(2, 24);
  const SyntheticHost host(static_cast<std::uint32_t>(number(3, 500)),
                           static_cast<std::uint32_t>(number(4, 200)));
  const double making = making_seconds(host);
  const auto writer = HistoryWriter::open(argv[1]);
  if (!writer) return fail_with(writer.error());
  double caller = 0;
  const double before = cpu_seconds();
  const std::int64_t seconds = hours * kHour;
  for (std::int64_t second = 0; second < seconds; second++) {
    const Snapshot snapshot = host.at(kStart + second);
    const std::uint64_t begin = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    (*writer)->write(snapshot);
    caller += static_cast<double>(clock_ns(CLOCK_THREAD_CPUTIME_ID) - begin) * 1e-6;
    if (second % 32 == 31)
      if (const Status kept = (*writer)->flush(); !kept) return fail_with(kept.error());
    if (second % kHour == kHour - 1)
      std::printf("%ld h: %.1f MiB\n", long{second / kHour + 1},
                  static_cast<double>((*writer)->state().bytes) / (1 << 20));
  }
  if (const Status kept = (*writer)->flush(); !kept) return fail_with(kept.error());
  const double each = (cpu_seconds() - before) / static_cast<double>(seconds) - making;
  std::printf("CPU time to keep a second: %.2f ms, of that in the caller's thread %.2f ms\n",
              each * 1e3, caller / static_cast<double>(seconds));
  return read_hours(argv[1], hours);
}
