// SPDX-License-Identifier: Apache-2.0
#include "model/model.h"

#include <algorithm>

#include "catch.h"
#include "samples.h"

using namespace culprit;
using namespace culprit::test;

namespace {

const ProcessRow* row_of(const Snapshot& snapshot, std::uint32_t pid) {
  const auto found = std::find_if(snapshot.processes.begin(), snapshot.processes.end(),
                                  [&](const ProcessRow& row) { return row.id.pid == pid; });
  return found == snapshot.processes.end() ? nullptr : &*found;
}

}  // namespace

TEST_CASE("the first Sample is the baseline and gives no Snapshot", "[model]") {
  Model model({});
  Sample sample = sample_at(0);
  sample.threads.push_back(thread_in(sample, 10, 10, 5 * kSecond));
  CHECK_FALSE(model.advance(sample));

  Sample next = sample_at(1);
  next.threads.push_back(thread_in(next, 10, 10, 5 * kSecond + kSecond / 2));
  const auto snapshot = model.advance(next);
  REQUIRE(snapshot);
  CHECK(snapshot->seconds == Approx(1.0));
  const ProcessRow* row = row_of(*snapshot, 10);
  REQUIRE(row);
  CHECK(row->usage.cpu_seconds == Approx(0.5));
  CHECK(row->cpu_seconds_total == Approx(5.5));
}

TEST_CASE("a process that came and went within an interval is whole", "[model]") {
  Model model({});
  REQUIRE_FALSE(model.advance(sample_at(0)));
  Sample sample = sample_at(1);
  sample.forks.push_back({20, 10, 1000, 77, 0, "sh"});
  sample.execs.push_back({20, 10, 1000, 77, 0, "true", "/bin/true --fast"});
  sample.ended.push_back(final_record(thread_in(sample, 20, 20, 2'000'000, 77, "true"), 3));
  const auto snapshot = model.advance(sample);
  REQUIRE(snapshot);
  const ProcessRow* row = row_of(*snapshot, 20);
  REQUIRE(row);
  CHECK(row->name == "true");
  CHECK(row->command == "/bin/true --fast");
  CHECK(row->usage.cpu_seconds == Approx(0.002));
  REQUIRE(row->exited);
  CHECK(row->exited->code == 3);
  CHECK_FALSE(row->exited->signal);
  CHECK(snapshot->system.processes_started == 1u);
  CHECK(snapshot->system.processes_exited == 1u);

  const auto later = model.advance(sample_at(2));
  REQUIRE(later);
  CHECK_FALSE(row_of(*later, 20));
}

TEST_CASE("a reused pid never inherits anything", "[model]") {
  Model model({});
  Sample first = sample_at(0);
  first.threads.push_back(thread_in(first, 30, 30, 9 * kSecond, 100, "old"));
  REQUIRE_FALSE(model.advance(first));
  Sample second = sample_at(1);
  second.ended.push_back(
      final_record(thread_in(second, 30, 30, 9 * kSecond + kSecond / 4, 100, "old")));
  second.forks.push_back({30, 1, 0, 200, 0, "new"});
  second.threads.push_back(thread_in(second, 30, 30, kSecond / 10, 200, "new"));
  const auto snapshot = model.advance(second);
  REQUIRE(snapshot);
  std::vector<std::pair<std::string, double>> found;
  for (const ProcessRow& row : snapshot->processes)
    if (row.id.pid == 30) found.emplace_back(row.name, row.usage.cpu_seconds);
  std::sort(found.begin(), found.end());
  REQUIRE(found.size() == 2);
  CHECK(found[0].first == "new");
  CHECK(found[0].second == Approx(0.1));
  CHECK(found[1].first == "old");
  CHECK(found[1].second == Approx(0.25));
}

TEST_CASE("a thread that did not run goes on waiting", "[model]") {
  Model model({});
  Sample first = sample_at(0);
  thread_record asleep = thread_in(first, 40, 40, 0);
  asleep.condition = THREAD_BLOCKED;
  asleep.reason = BLOCKED_LOCK;
  asleep.header.flags |= THREAD_ONGOING;
  asleep.ongoing_ns = 30 * kSecond;
  first.threads.push_back(asleep);
  REQUIRE_FALSE(model.advance(first));

  const auto idle = model.advance(sample_at(1));
  REQUIRE(idle);
  REQUIRE(row_of(*idle, 40)->usage.blocked_seconds);
  CHECK((*row_of(*idle, 40)->usage.blocked_seconds)[BLOCKED_LOCK] == Approx(1.0));

  // It got the lock after 1.5 s and runs since.
  Sample third = sample_at(2);
  thread_record running = thread_in(third, 40, 40, kSecond / 2);
  running.blocked_ns[BLOCKED_LOCK] = 31'500'000'000;
  third.threads.push_back(running);
  const auto snapshot = model.advance(third);
  REQUIRE(snapshot);
  const ProcessRow* row = row_of(*snapshot, 40);
  CHECK((*row->usage.blocked_seconds)[BLOCKED_LOCK] == Approx(0.5));
  CHECK(row->usage.cpu_seconds == Approx(0.5));
}

TEST_CASE("a counter that goes backwards is no reading", "[model]") {
  Model model({});
  Sample first = sample_at(0);
  first.threads.push_back(thread_in(first, 50, 50, 5 * kSecond));
  REQUIRE_FALSE(model.advance(first));
  Sample second = sample_at(1);
  second.threads.push_back(thread_in(second, 50, 50, 4 * kSecond));
  const auto snapshot = model.advance(second);
  REQUIRE(snapshot);
  CHECK(row_of(*snapshot, 50)->usage.cpu_seconds == 0);
}

TEST_CASE("what the coverage lacks is absent, not zero", "[model]") {
  Model model({});
  Sample first = sample_at(0), second = sample_at(1);
  first.coverage = second.coverage = Coverage{};
  first.threads.push_back(thread_in(first, 60, 60, 0));
  second.threads.push_back(thread_in(second, 60, 60, kSecond));
  REQUIRE_FALSE(model.advance(first));
  const auto snapshot = model.advance(second);
  REQUIRE(snapshot);
  const Usage& usage = row_of(*snapshot, 60)->usage;
  CHECK(usage.cpu_seconds == Approx(1.0));
  CHECK_FALSE(usage.run_queue_seconds);
  CHECK_FALSE(usage.blocked_seconds);
  CHECK_FALSE(usage.receive_bytes);
  CHECK_FALSE(snapshot->system.processes_started);
}

TEST_CASE("a thread whose final record was lost is dropped after two full lists", "[model]") {
  Model model({});
  Sample first = sample_at(0);
  first.threads.push_back(thread_in(first, 70, 70, 0));
  REQUIRE_FALSE(model.advance(first));
  for (int tick = 1; tick <= 2; tick++) {
    Sample sample = sample_at(tick);
    sample.lists_all_threads = true;
    const auto snapshot = model.advance(sample);
    REQUIRE(snapshot);
    REQUIRE(row_of(*snapshot, 70));
    CHECK(row_of(*snapshot, 70)->exited.has_value() == (tick == 2));
  }
  const auto after = model.advance(sample_at(3));
  CHECK_FALSE(row_of(*after, 70));
}

TEST_CASE("who delayed whom is named, longest first", "[model]") {
  Model model({});
  Sample first = sample_at(0), second = sample_at(1);
  for (Sample* sample : {&first, &second})
    for (const std::uint32_t pid : {80u, 81u, 82u})
      sample->threads.push_back(thread_in(*sample, pid, pid, 0, 7, "p" + std::to_string(pid)));
  second.delays = {{80, 81, 100'000'000}, {80, 82, 300'000'000}};
  REQUIRE_FALSE(model.advance(first));
  const auto snapshot = model.advance(second);
  const ProcessRow* victim = row_of(*snapshot, 80);
  REQUIRE(victim->delayed_by.size() == 2);
  CHECK(victim->delayed_by[0].name == "p82");
  CHECK(victim->delayed_by[0].seconds == Approx(0.3));
  CHECK(victim->delayed_by[1].pid == 81);
}

TEST_CASE("what a listening socket dropped is its owner's", "[model]") {
  Model model({});
  Sample first = sample_at(0), second = sample_at(1), third = sample_at(2);
  for (Sample* sample : {&first, &second, &third})
    sample->threads.push_back(thread_in(*sample, 85, 85, 0));
  first.listeners = {{85, "0.0.0.0:80", 7, 0, 128, 1000}};
  second.listeners = {{85, "0.0.0.0:80", 7, 129, 128, 1012}, {85, "[::]:80", 8, 64, 128, 3}};
  REQUIRE_FALSE(model.advance(first));
  const auto snapshot = model.advance(second);
  CHECK(row_of(*snapshot, 85)->listen_overflows == 15u);
  REQUIRE(row_of(*snapshot, 85)->accept_queue_ratio);
  CHECK(*row_of(*snapshot, 85)->accept_queue_ratio == Approx(129.0 / 128));
  const auto closed = model.advance(third);
  CHECK_FALSE(row_of(*closed, 85)->listen_overflows);
  CHECK_FALSE(row_of(*closed, 85)->accept_queue_ratio);
}

TEST_CASE("units are summed up the tree by path", "[model]") {
  Model model({});
  Sample first = sample_at(0), second = sample_at(1);
  first.cgroup_paths = {{5, "/system.slice/web.service"}, {6, "/system.slice/db.service"}};
  for (Sample* sample : {&first, &second}) {
    const std::uint64_t used = sample == &second ? kSecond / 4 : 0;
    thread_record web = thread_in(*sample, 90, 90, used), db = thread_in(*sample, 91, 91, used);
    web.cgroup_id = 5;
    db.cgroup_id = 6;
    sample->threads = {web, db};
  }
  REQUIRE_FALSE(model.advance(first));
  const auto snapshot = model.advance(second);
  std::map<std::string, double> used;
  for (const UnitRow& unit : snapshot->units) used[unit.path] = unit.usage.cpu_seconds;
  CHECK(used["/"] == Approx(0.5));
  CHECK(used["/system.slice"] == Approx(0.5));
  CHECK(used["/system.slice/web.service"] == Approx(0.25));
  CHECK(row_of(*snapshot, 90)->unit == "web.service");
}

TEST_CASE("the books balance", "[model]") {
  Model model({});
  Sample first = sample_at(0), second = sample_at(1);
  first.host.cpu = CpuTimes{};
  second.host.cpu = CpuTimes{};
  first.host.cpus.resize(2);
  second.host.cpus.resize(2);
  second.host.cpu->idle_ns = kSecond + kSecond / 5;  // of two seconds
  second.host.cpu->user_ns = kSecond * 4 / 5;
  thread_record kernel = thread_in(second, 2, 2, kSecond / 10);
  kernel.header.flags |= THREAD_KERNEL;
  second.threads = {thread_in(second, 95, 95, kSecond * 6 / 10), kernel};
  REQUIRE_FALSE(model.advance(first));
  const auto snapshot = model.advance(second);
  REQUIRE(snapshot->system.accounting);
  const Accounting& books = *snapshot->system.accounting;
  CHECK(books.cpu_seconds == Approx(0.8));
  CHECK(books.attributed_seconds == Approx(0.6));
  CHECK(books.kernel_seconds == Approx(0.1));
  CHECK(books.unattributed_seconds == Approx(0.1));
}

TEST_CASE("memory that grows steadily shows its slope", "[model]") {
  MemoryTrend trend;
  CHECK_FALSE(trend.bytes_per_hour());
  for (std::uint64_t second = 0; second <= 600; second++)
    trend.note(second * kSecond, 1'000'000 + second * 50'000);
  REQUIRE(trend.bytes_per_hour());
  CHECK(*trend.bytes_per_hour() == Approx(50'000.0 * 3600));
}

TEST_CASE("who forks after exec hands on what it runs then", "[model]") {
  Model model({});
  model.advance(sample_at(0));
  Sample sample = sample_at(1);
  const std::uint64_t start = sample.monotonic_ns;
  sample.forks = {{10, 1, 0, start, 0, "sh"}, {11, 10, 0, start + 1, 0, "tool"}};
  sample.execs = {{10, 1, 0, start, 0, "tool", "/opt/tool"}};
  const Snapshot snapshot = *model.advance(sample);
  REQUIRE(snapshot.processes.size() == 2);
  for (const ProcessRow& process : snapshot.processes) CHECK(process.command == "/opt/tool");
}
