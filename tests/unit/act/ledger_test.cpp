// SPDX-License-Identifier: Apache-2.0
#include "act/ledger.h"

#include <algorithm>

#include "catch.h"
#include "collect/cgroup_tree.h"
#include "unit/act/fake_cgroups.h"

using namespace culprit;

namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;

/// A unit's cgroup, a journal, and what is needed to change one.
struct Host {
  Host() {
    files.make_directory("cpu/web");
    write_unit("cpu.shares", "1024\n");
    write_unit("cpu.cfs_quota_us", "-1\n");
    write_unit("cpu.cfs_period_us", "100000\n");
    write_unit("memory.high", "max\n");
  }
  std::string unit() const { return (files.root() / "cpu/web").string(); }
  void write_unit(const std::string& file, const std::string& text) const {
    files.write("cpu/web/" + file, text);
  }
  std::string value(const std::string& file) const {
    std::string text = slurp(unit() + "/" + file);
    while (text.ends_with('\n')) text.pop_back();
    return text;
  }
  Place place(const std::string& file) const {
    Place place;
    place.directory = unit();
    place.inode = cgroup_id_of(unit()).value();
    place.file = file;
    return place;
  }
  Ledger ledger(const std::string& boot_id = "boot") {
    return Ledger(Journal::open(files.root() / "state").value(), actuators, boot_id,
                  clock.lease_clock());
  }
  ThrottlePlan plan(const std::string& file, const std::string& value) const {
    ThrottlePlan plan;
    plan.knob = "cpu weight";
    plan.new_text = value;
    plan.changes = {{place(file), value, false}};
    return plan;
  }
  std::string journal() const { return slurp(files.root() / "state/journal"); }

  Fixture files;
  FakeActuators actuators;
  FakeClock clock;
};

LeaseTerms minutes(int count) {
  LeaseTerms terms;
  terms.target = {"unit", "web", {}, {}};
  terms.by = "person";
  terms.duration = std::chrono::minutes(count);
  return terms;
}

UndoOutcome outcome(const Lease& lease, std::size_t change = 0) {
  return lease.changes.at(change).undone.value().outcome;
}

}  // namespace

TEST_CASE("a lease writes, remembers the old value, and takes it back", "[act]") {
  Host host;
  Ledger ledger = host.ledger();
  const auto lease = ledger.apply(host.plan("cpu.shares", "102"), minutes(5));
  REQUIRE(lease);
  CHECK(host.value("cpu.shares") == "102");
  CHECK(lease->changes.at(0).old_value == "1024");
  CHECK(lease->changes.at(0).applied == "102");
  CHECK(lease->deadline_ns == host.clock.boot_ns + 300 * kSecond);

  const auto back = ledger.revert(lease->id, "enough");
  REQUIRE(back);
  CHECK(host.value("cpu.shares") == "1024");
  CHECK(outcome(*back) == UndoOutcome::kRestored);
  CHECK(back->closed_because == "enough");
  // Once more changes nothing, and says how it ended.
  host.write_unit("cpu.shares", "7\n");
  CHECK(ledger.revert(lease->id, "again")->closed_because == "enough");
  CHECK(host.value("cpu.shares") == "7");
  CHECK_FALSE(ledger.revert("r0", "none"));
}

TEST_CASE("what the kernel makes of a value is what is compared", "[act]") {
  Host host;
  Ledger ledger = host.ledger();
  const auto lease = ledger.apply(host.plan("cpu.shares", "1"), minutes(5));
  REQUIRE(lease);
  CHECK(lease->changes.at(0).applied == "2");
  CHECK(outcome(*ledger.revert(lease->id, "")) == UndoOutcome::kRestored);
  CHECK(host.value("cpu.shares") == "1024");
}

TEST_CASE("a value of somebody else stays, and is told", "[act]") {
  Host host;
  Ledger ledger = host.ledger();
  const auto lease = ledger.apply(host.plan("cpu.shares", "102"), minutes(5));
  host.write_unit("cpu.shares", "500\n");
  const auto back = ledger.revert(lease->id, "enough");
  REQUIRE(back);
  CHECK(outcome(*back) == UndoOutcome::kForeign);
  CHECK(host.value("cpu.shares") == "500");
  CHECK(undo_text(*back).find("'500', which somebody else wrote") != std::string::npos);
  CHECK_FALSE(back->open());
}

TEST_CASE("a cgroup that is gone, or made anew, is not touched", "[act]") {
  Host host;
  Ledger ledger = host.ledger();
  const auto lease = ledger.apply(host.plan("cpu.shares", "102"), minutes(5));
  const auto second = ledger.apply(host.plan("memory.high", "8192"), minutes(5));
  REQUIRE(second);
  std::filesystem::rename(host.unit(), host.unit() + "-old");
  CHECK(outcome(*ledger.revert(second->id, "")) == UndoOutcome::kGone);
  host.files.write("cpu/web/cpu.shares", "102\n");
  CHECK(outcome(*ledger.revert(lease->id, "")) == UndoOutcome::kGone);
  CHECK(host.value("cpu.shares") == "102");
}

TEST_CASE("when a write fails, what was written before it is taken back", "[act]") {
  Host host;
  Ledger ledger = host.ledger();
  ThrottlePlan plan = host.plan("cpu.shares", "102");
  plan.changes.push_back({host.place("memory.high"), "8192", false});
  host.actuators.fail_at = 2;
  const auto lease = ledger.apply(plan, minutes(5));
  REQUIRE_FALSE(lease);
  CHECK(lease.error().message.find("the kernel refuses") != std::string::npos);
  CHECK(host.value("cpu.shares") == "1024");
  CHECK(host.value("memory.high") == "max");
  CHECK_FALSE(ledger.leases()->at(0).open());
}

TEST_CASE("after a kill at any moment the journal tells how to take it back", "[act]") {
  Host host;
  REQUIRE(host.ledger().apply(host.plan("cpu.shares", "102"), minutes(5)));
  const std::string whole = host.journal();
  const std::size_t intent = whole.find("\"record\":\"intent\"");
  REQUIRE(intent != std::string::npos);
  const std::size_t intent_end = whole.find('\n', intent) + 1;
  const std::filesystem::path journal = host.files.root() / "state/journal";
  std::vector<std::size_t> sizes = {intent_end - 1, intent_end, whole.size() - 1, whole.size()};
  for (std::size_t size = 0; size < whole.size(); size += 13) sizes.push_back(size);
  for (const std::size_t size : sizes) {
    // Before the intent was written whole, nothing had been changed.
    host.write_unit("cpu.shares", size < intent_end - 1 ? "1024\n" : "102\n");
    std::ofstream(journal, std::ios::binary) << whole.substr(0, size);
    host.clock.alive = false;
    Ledger next = host.ledger();
    REQUIRE(next.recover());
    INFO("journal cut at " << size);
    REQUIRE(host.value("cpu.shares") == "1024");
    const auto leases = next.leases();
    REQUIRE(leases);
    for (const Lease& lease : *leases) REQUIRE_FALSE(lease.open());
    // The next one is not swallowed by the cut line.
    host.clock.alive = true;
    const auto after = next.apply(host.plan("cpu.shares", "55"), minutes(1));
    REQUIRE(after);
    REQUIRE(next.revert(after->id, ""));
    REQUIRE(host.value("cpu.shares") == "1024");
  }
}

TEST_CASE("an intent that was not carried out leaves the old value", "[act]") {
  Host host;
  host.actuators.fail_at = 1;
  CHECK_FALSE(host.ledger().apply(host.plan("cpu.shares", "102"), minutes(5)));
  CHECK(outcome(host.ledger().leases()->at(0)) == UndoOutcome::kAlready);
}

TEST_CASE("recovery takes back what is over or has no keeper, and nothing else", "[act]") {
  Host host;
  Ledger ledger = host.ledger();
  REQUIRE(ledger.apply(host.plan("cpu.shares", "102"), minutes(5)));
  CHECK(ledger.recover()->empty());
  CHECK(host.value("cpu.shares") == "102");
  host.clock.boot_ns += 301 * kSecond;
  CHECK(ledger.recover()->size() == 1);
  CHECK(host.value("cpu.shares") == "1024");
}

TEST_CASE("leases of another boot are closed, and nothing is written for them", "[act]") {
  Host host;
  REQUIRE(host.ledger("yesterday").apply(host.plan("cpu.shares", "102"), minutes(5)));
  const int writes = host.actuators.writes;
  const auto closed = host.ledger("today").recover();
  REQUIRE(closed);
  REQUIRE(closed->size() == 1);
  CHECK(closed->at(0).closed_because.find("started anew") != std::string::npos);
  CHECK(host.actuators.writes == writes);
}

TEST_CASE("a quota is a pair, and its two files are one value", "[act]") {
  Host host;
  Ledger ledger = host.ledger();
  const auto lease = ledger.apply(host.plan("cpu.cfs", "4000 20000"), minutes(5));
  REQUIRE(lease);
  CHECK(host.value("cpu.cfs_quota_us") == "4000");
  CHECK(host.value("cpu.cfs_period_us") == "20000");
  CHECK(lease->changes.at(0).old_value == "max 100000");
  REQUIRE(ledger.revert(lease->id, ""));
  CHECK(host.value("cpu.cfs_quota_us") == "-1");
  CHECK(host.value("cpu.cfs_period_us") == "100000");
}

TEST_CASE("a cgroup of our own goes as a whole", "[act]") {
  Host host;
  Ledger ledger = host.ledger();
  ThrottlePlan plan;
  plan.knob = "cpu quota";
  Place own = host.place("culprit-r1");
  own.kind = PlaceKind::kOwnCgroup;
  own.home = host.unit();
  Place quota;
  quota.directory = host.unit() + "/culprit-r1";
  quota.file = "cpu.cfs";
  plan.changes = {{own, kPresent, false}, {quota, "4000 20000", true}};
  const auto lease = ledger.apply(plan, minutes(5));
  REQUIRE(lease);
  CHECK(host.value("culprit-r1/cpu.cfs_quota_us") == "4000");
  REQUIRE(ledger.revert(lease->id, ""));
  CHECK_FALSE(std::filesystem::exists(host.unit() + "/culprit-r1"));
}

TEST_CASE("one place has one lease at a time", "[act]") {
  Host host;
  Ledger ledger = host.ledger();
  const auto first = ledger.apply(host.plan("cpu.shares", "102"), minutes(5));
  const auto second = ledger.apply(host.plan("cpu.shares", "10"), minutes(5));
  REQUIRE_FALSE(second);
  CHECK(second.error().message.find("is held by " + first->id) != std::string::npos);
  CHECK(host.value("cpu.shares") == "102");
}

TEST_CASE("threads that end meanwhile are left out; a pid used anew is not touched", "[act]") {
  Host host;
  Ledger ledger = host.ledger();
  ThrottlePlan plan;
  plan.knob = "nice";
  for (const std::uint32_t tid : {10u, 11u, 12u}) {
    Place place;
    place.kind = PlaceKind::kNice;
    place.thread = {10, tid, 500};
    if (tid != 11) host.actuators.started[tid] = 500;
    host.actuators.values[place_text(place)] = "0";
    plan.changes.push_back({place, "10", false});
  }
  const auto lease = ledger.apply(plan, minutes(5));
  REQUIRE(lease);
  CHECK(lease->changes.size() == 2);
  host.actuators.started[12] = 900;
  const auto back = ledger.revert(lease->id, "");
  CHECK(outcome(*back, 0) == UndoOutcome::kRestored);
  CHECK(outcome(*back, 1) == UndoOutcome::kGone);
  CHECK(host.actuators.values["nice of thread 10"] == "0");
  CHECK(host.actuators.values["nice of thread 12"] == "10");
}

TEST_CASE("a lease is renewed up to half an hour after it began", "[act]") {
  Host host;
  Ledger ledger = host.ledger();
  CHECK_FALSE(ledger.apply(host.plan("cpu.shares", "102"), minutes(31)));
  const auto lease = ledger.apply(host.plan("cpu.shares", "102"), minutes(5));
  host.clock.boot_ns += 200 * kSecond;
  REQUIRE(ledger.renew(lease->id, std::chrono::minutes(5)));
  CHECK(ledger.leases()->at(0).deadline_ns == host.clock.boot_ns + 300 * kSecond);
  host.clock.boot_ns += 1500 * kSecond;
  REQUIRE(ledger.renew(lease->id, std::chrono::minutes(5)));
  CHECK(ledger.leases()->at(0).deadline_ns == lease->begun_ns + 1800 * kSecond);
}

TEST_CASE("a state directory that others may write to is refused", "[act]") {
  Fixture files;
  files.make_directory("state");
  std::filesystem::permissions(files.root() / "state", std::filesystem::perms::all);
  CHECK_FALSE(Journal::open(files.root() / "state"));
  files.write("file", "");
  CHECK_FALSE(Journal::open(files.root() / "file"));
}

TEST_CASE("what is no line of a journal is counted and harms nothing", "[act]") {
  Host host;
  const auto lease = host.ledger().apply(host.plan("cpu.shares", "102"), minutes(5));
  const std::string text = host.journal();
  for (const std::string& garbage : garbage_texts()) {
    const JournalText parsed = parse_journal(garbage + "\n" + text + garbage);
    REQUIRE(parsed.leases.size() == 1);
    CHECK(parsed.leases[0].changes.size() == 1);
  }
  // A place outside of a cgroup's directory is none.
  std::string evil = text;
  const std::size_t at = evil.find("\"file\":\"cpu.shares\"");
  REQUIRE(at != std::string::npos);
  evil.replace(at, 19, "\"file\":\"../../etc/x\"");
  CHECK(parse_journal(evil).leases[0].changes.empty());
  CHECK(parse_journal(evil).unreadable >= 1);
}

TEST_CASE("a journal that has grown is shortened, with what is open kept", "[act]") {
  Host host;
  Ledger ledger = host.ledger();
  const auto open = ledger.apply(host.plan("memory.high", "8192"), minutes(5));
  Lease lease = *open;
  lease.reason = std::string(1300, 'x');
  lease.closed_because = "done";
  std::string lines;
  for (int count = 0; count < 300; ++count) {
    lease.id = "r" + std::to_string(count);
    lines += lease_line(lease) + closed_line(lease);
  }
  REQUIRE(ledger.journal().append(lines));
  REQUIRE(ledger.apply(host.plan("cpu.shares", "102"), minutes(5)));
  const auto leases = ledger.leases();
  CHECK(leases->size() == 202);
  CHECK(leases->front().id == open->id);
  REQUIRE(ledger.revert(open->id, ""));
  CHECK(host.value("memory.high") == "max");
}
