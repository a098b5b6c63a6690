// SPDX-License-Identifier: Apache-2.0
#include "act/kernel_setting.h"

#include "act/remedy.h"
#include "act/undo.h"
#include "catch.h"
#include "unit/act/fake_cgroups.h"

using namespace culprit;

namespace {

/// A host's settings below a directory.
struct Settings {
  Settings() {
    files.write("proc/sys/net/core/somaxconn", "64\n");
    files.write("proc/sys/net/ipv4/ip_local_port_range", "32768\t60999\n");
    files.write("proc/sys/vm/dirty_ratio", "20\n");
    files.write("proc/sys/vm/dirty_bytes", "0\n");
    files.write("proc/sys/kernel/core_pattern", "core\n");
  }
  Result<ThrottlePlan> plan(const std::string& text) const {
    KnobHost host;
    host.root = files.root();
    return plan_throttle({{"host", "this host", {}, {}}, {}}, *parse_kernel_setting(text), host,
                         "r1");
  }
  /// As the ledger makes it.
  ValueChange make(const std::string& text) {
    const auto planned = plan(text).value().changes.at(0);
    ValueChange change{
        planned.place, actuator.read(planned.place).value(), planned.intended, {}, false, {}};
    REQUIRE(actuator.write(planned.place, planned.intended));
    return change;
  }
  std::string value(const std::string& path) const {
    return slurp(files.root() / "proc/sys" / path);
  }

  Fixture files;
  KernelSettingActuator actuator{files.root()};
};

}  // namespace

TEST_CASE("A setting of the kernel is written and taken back", "[act]") {
  Settings settings;
  const auto plan = settings.plan("net.core.somaxconn=4096");
  REQUIRE(plan);
  CHECK(plan->old_text == "net.core.somaxconn 64");
  CHECK(plan->new_text == "net.core.somaxconn 4096");
  const ValueChange change = settings.make("net.core.somaxconn=4096");
  CHECK(settings.value("net/core/somaxconn") == "4096");
  SECTION("to what it was, though that is out of bounds") {
    CHECK(undo(settings.actuator, change).outcome == UndoOutcome::kRestored);
    CHECK(settings.value("net/core/somaxconn") == "64");
  }
  SECTION("what somebody else wrote stays") {
    settings.files.write("proc/sys/net/core/somaxconn", "1024\n");
    CHECK(undo(settings.actuator, change).outcome == UndoOutcome::kForeign);
    CHECK(settings.value("net/core/somaxconn") == "1024\n");
  }
  SECTION("what is so already is refused") {
    CHECK_FALSE(settings.plan("net.core.somaxconn=4096"));
  }
}

TEST_CASE("Two numbers are one value, however the kernel parts them", "[act]") {
  Settings settings;
  CHECK_FALSE(settings.plan("net.ipv4.ip_local_port_range=32768  60999"));
  const ValueChange change = settings.make("net.ipv4.ip_local_port_range=16384 65535");
  CHECK(change.old_value == "32768 60999");
  settings.files.write("proc/sys/net/ipv4/ip_local_port_range", "16384\t65535\n");
  CHECK(undo(settings.actuator, change).outcome == UndoOutcome::kRestored);
}

TEST_CASE("Of bytes and ratio one counts, and both are taken back", "[act]") {
  Settings settings;
  const ValueChange change = settings.make("vm.dirty_bytes=268435456");
  CHECK(change.place.file == "vm.dirty");
  CHECK(change.old_value == "ratio 20");
  CHECK(settings.value("vm/dirty_bytes") == "268435456");
  settings.files.write("proc/sys/vm/dirty_ratio", "0\n");  // the kernel does
  CHECK(settings.actuator.read(change.place).value() == "bytes 268435456");
  CHECK(settings.actuator.write(change.place, change.old_value));
  CHECK(settings.value("vm/dirty_ratio") == "20");
}

TEST_CASE("Only what is in the table is written, within its bounds", "[act]") {
  for (const char* text :
       {"", "net.core.somaxconn", "net.core.somaxconn=", "net.core.somaxconn=64",
        "net.core.somaxconn=65536", "net.core.somaxconn=-1", "net.core.somaxconn=4096 1",
        "kernel.core_pattern=|/bin/sh", "vm.dirty=ratio 5", "vm.dirty_ratio=0", "vm.swappiness=101",
        "net.ipv4.ip_local_port_range=1024", "net.ipv4.ip_local_port_range=1 65535",
        "net.ipv4.ip_local_port_range=60000 61000", "net.ipv4.ip_local_port_range=1024 65536",
        "net.ipv4.ip_local_port_range=1024 65535 1", "../vm.swappiness=1"}) {
    INFO(text);
    CHECK_FALSE(parse_kernel_setting(text));
  }
  Settings settings;
  Place place;
  place.kind = PlaceKind::kKernelSetting;
  place.directory = (settings.files.root() / "proc/sys").string();
  place.file = "kernel.core_pattern";
  CHECK(settings.actuator.presence(place) == Presence::kGone);
  CHECK_FALSE(settings.actuator.write(place, "|/bin/sh"));
  place.file = "net.core.somaxconn";
  place.directory = settings.files.root().string();
  CHECK_FALSE(settings.actuator.write(place, "4096"));
  CHECK_FALSE(settings.plan("vm.max_map_count=100000"));  // not there
}

TEST_CASE("What is to be kept outlives who keeps nothing, and ends on a word", "[act]") {
  Settings settings;
  FakeClock clock;
  const auto ledger_of = [&](const std::string& boot_id) {
    return Ledger(Journal::open(settings.files.root() / "state").value(), settings.actuator,
                  boot_id, clock.lease_clock());
  };
  Ledger ledger = ledger_of("boot");
  LeaseTerms terms;
  terms.target = {"host", "this host", {}, {}};
  terms.kept = true;
  const auto lease = ledger.apply(settings.plan("net.core.somaxconn=4096").value(), terms);
  REQUIRE(lease);
  clock.alive = false;
  clock.boot_ns += 86'400'000'000'000;
  CHECK(ledger.recover().value().empty());
  REQUIRE(ledger.leases().value().size() == 1);
  CHECK(ledger.leases().value()[0].kept);
  CHECK(ledger.leases().value()[0].open());
  SECTION("it is taken back by its id") {
    CHECK(ledger.revert(lease->id, "a person's word").value().changes[0].undone->outcome ==
          UndoOutcome::kRestored);
    CHECK(settings.value("net/core/somaxconn") == "64");
  }
  SECTION("the next boot knows nothing of it") {
    CHECK(ledger_of("another").recover().value().size() == 1);
    CHECK(settings.value("net/core/somaxconn") == "4096");
  }
}

TEST_CASE("Findings about limits and settings have a setting as remedy", "[act]") {
  Recommendation recommendation;
  recommendation.target = {TargetKind::kHost, "db1", {}, {}, "net.core.somaxconn"};
  const auto word = [&](const char* finding) {
    recommendation.finding = finding;
    const auto setting = remedy_of(recommendation);
    return setting ? setting->word : "none";
  };
  CHECK(word("limits.listen_overflow") == "net.core.somaxconn=16384");
  CHECK(word("limits.ephemeral_ports") == "net.ipv4.ip_local_port_range=16384 65535");
  CHECK(word("kernel.settings") == "none");
  recommendation.actions = {"Set 8192: sysctl -w, and a file of /etc/sysctl.d for good"};
  CHECK(word("kernel.settings") == "net.core.somaxconn=8192");
  recommendation.actions = {"Set vm.dirty_bytes=268435456 vm.dirty_background_bytes=1: sysctl -w"};
  CHECK(word("kernel.settings") == "vm.dirty_bytes=268435456");
  recommendation.actions = {"Set kernel.core_pattern=1: no"};
  CHECK(word("kernel.settings") == "none");
  CHECK(orders_of(recommendation, Snapshot(), Tracks()).empty());
  recommendation.finding = "limits.listen_overflow";
  CHECK(orders_of(recommendation, Snapshot(), Tracks()).at(0).label.kind == "host");
}
