// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "act/engine.h"

namespace culprit {

/// A host of two CPUs, second by second: a server that answers, and background work beside it.
struct Scene {
  double p95_seconds = 0.010, run_queue = 0.01;
  double suspect_cores = 0, blame = 0;
  double disk_wait = 0, own_disk_bytes = 0, suspect_disk_bytes = 0;
  double other_disk_bytes = 0;  ///< of the second server
  double lock_seconds = 0, throttled_ratio = 0, own_delay = 0, steal = 0;
  std::uint64_t requests = 50, errors = 0;
  Class suspect_class = Class::kBackground;
  bool suspect_lives = true, suspect_is_database = false, suspect_in_transaction = false;
  std::optional<double> other_p95_seconds;  ///< of a second server
  double jitter = 0;                        ///< changes from interval to interval
  int interval_seconds = 1;                 ///< all the rest is of a second

  static constexpr ProcessId kVictim{100, 1'000'000}, kSuspect{200, 2'000'000},
      kOther{300, 3'000'000};

  Snapshot snapshot() {
    Snapshot snapshot;
    snapshot.host.cpu_count = 2;
    snapshot.seconds = interval_seconds;
    snapshot.system.cpu = CpuUse{};
    snapshot.system.cpu->steal_seconds = steal * interval_seconds;
    jitter = jitter > 0.03 ? -0.03 : jitter + 0.01;
    snapshot.processes.push_back(server(kVictim, "web", p95_seconds));
    if (other_p95_seconds)
      snapshot.processes.push_back(server(kOther, "other", *other_p95_seconds));
    if (suspect_lives) add_suspect(snapshot);
    UnitRow unit;
    unit.path = "/web.service";
    unit.throttled_ratio = throttled_ratio;
    snapshot.units.push_back(unit);
    return snapshot;
  }

 private:
  ProcessRow server(const ProcessId& id, const std::string& name, double p95) const {
    ProcessRow row;
    row.id = id;
    row.parent_pid = 1;
    row.name = name;
    row.unit = name + ".service";
    row.cgroup = "/" + name + ".service";
    row.process_class = Class::kForeground;
    row.usage.cpu_seconds = 0.3 * interval_seconds;
    const bool victim = id == kVictim;
    row.usage.run_queue_seconds = (victim ? run_queue : 0.01) * interval_seconds;
    row.usage.blocked_seconds = Blocked{};
    (*row.usage.blocked_seconds)[BLOCKED_LOCK] = victim ? lock_seconds * interval_seconds : 0;
    (*row.usage.blocked_seconds)[BLOCKED_DISK] = victim ? disk_wait * interval_seconds : 0;
    row.usage.read_bytes = moved(victim ? own_disk_bytes : other_disk_bytes);
    const std::uint64_t all = requests * static_cast<std::uint64_t>(interval_seconds);
    row.requests = RequestTotals{all, errors, {}};
    if (requests > 0)
      row.requests->latency = Latency{all, p95 / 2, p95 / 2, p95 * (1 + jitter), p95 * 2, p95};
    if (victim && blame > 0)
      row.delayed_by.push_back({kSuspect.pid, "batch", blame * interval_seconds});
    if (victim && own_delay > 0)
      row.delayed_by.push_back({kVictim.pid, name, own_delay * interval_seconds});
    // The rest of the wait is behind somebody whom nobody knows.
    const double rest = run_queue - blame - own_delay;
    if (victim && rest > 0) row.delayed_by.push_back({999, "other", rest * interval_seconds});
    return row;
  }
  std::uint64_t moved(double bytes) const {
    return static_cast<std::uint64_t>(bytes * interval_seconds);
  }
  void add_suspect(Snapshot& snapshot) const {
    ProcessRow row;
    row.id = kSuspect;
    row.parent_pid = 1;
    row.name = "batch";
    row.unit = "batch.service";
    row.cgroup = "/batch.service";
    row.process_class = suspect_class;
    row.class_because = "a rule";
    row.usage.cpu_seconds = suspect_cores * interval_seconds;
    row.usage.write_bytes = moved(suspect_disk_bytes);
    snapshot.processes.push_back(row);
    if (!suspect_is_database && !suspect_in_transaction) return;
    DatabaseRow& database = snapshot.databases.emplace_back();
    if (suspect_is_database) database.server = ProcessName{kSuspect, "batch"};
    if (suspect_in_transaction) {
      PoolRow& pool = database.pools.emplace_back();
      pool.process = {kSuspect, "batch"};
      pool.in_transaction = 1;
    }
  }
};

/// Hands that only note what they were told to do.
class FakeRein : public Rein {
 public:
  std::vector<Veto> vetoes(const ThrottleOrder&, const Snapshot&) override { return veto; }
  Result<ThrottlePlan> plan(const ThrottleOrder& order) const override {
    ++asked;
    if (lacks.count(order.setting.knob)) return fail("this host has no such knob");
    return ThrottlePlan{};
  }
  Result<Lease> throttle(const ThrottleOrder& order, const LeaseTerms& terms) override {
    if (refuses) return fail("the kernel refuses");
    Lease lease;
    lease.id = "r" + std::to_string(held.size());
    lease.target = order.label;
    lease.victim = terms.victim;
    lease.by = terms.by;
    lease.reason = terms.reason;
    lease.expected = terms.expected;
    lease.guards = terms.guards;
    lease.knob = knob_name(order.setting.knob);
    lease.new_text = setting_text(order.setting);
    lease.deadline_wall_ns = wall_ns + terms.duration.count();
    last_order = order;
    held.push_back(lease);
    return lease;
  }
  Result<Lease> revert(const std::string& id, const std::string& because) override {
    Lease& lease = find(id);
    if (lease.open()) lease.closed_because = because;
    return lease;
  }
  Status renew(const std::string&, std::chrono::nanoseconds) override { return {}; }
  Status judge(const std::string& id, const ActionVerdict& verdict) override {
    find(id).verdict = effect_name(verdict.effect);
    find(id).verdict_because = verdict.because;
    find(id).measured = verdict.measured;
    return {};
  }
  Result<std::vector<Lease>> leases() override { return held; }

  Lease& find(const std::string& id) {
    return *std::find_if(held.begin(), held.end(),
                         [&](const Lease& lease) { return lease.id == id; });
  }
  std::size_t open() const {
    return static_cast<std::size_t>(
        std::count_if(held.begin(), held.end(), [](const Lease& lease) { return lease.open(); }));
  }

  std::vector<Lease> held;
  std::vector<Veto> veto;
  ThrottleOrder last_order;
  std::int64_t wall_ns = 0;
  bool refuses = false;
  std::set<Knob> lacks;
  mutable int asked = 0;  ///< for a plan
};

/// An engine on a scene, an interval at a time.
struct Play {
  explicit Play(Mode mode = Mode::kAuto, std::chrono::seconds lease = std::chrono::seconds(300))
      : engine(options(mode, lease), rein, [this] { return now_ns; }) {}

  static EngineOptions options(Mode mode, std::chrono::seconds lease) {
    EngineOptions options;
    options.mode = mode;
    options.lease = lease;
    return options;
  }
  /// `each` may change the scene before each interval.
  void run(int seconds, const std::function<void()>& each = {}) {
    for (int begin = 0; begin < seconds; begin += scene.interval_seconds) {
      if (each) each();
      now_ns += static_cast<std::uint64_t>(scene.interval_seconds) * 1'000'000'000;
      for (const EngineEvent& event : engine.on_snapshot(scene.snapshot())) events.push_back(event);
    }
  }
  /// Twenty seconds in which all is well.
  void calm() { run(20); }
  /// A background job that takes the CPU from the server.
  void trouble() {
    scene.p95_seconds = 0.050;
    scene.run_queue = 0.6;
    scene.suspect_cores = 1.8;
    scene.blame = 0.5;
  }
  /// What is held is slow, and the server is well again; else it is as before.
  void relief_while_held() {
    if (rein.open() == 0) return trouble();
    scene.p95_seconds = 0.011;
    scene.run_queue = 0.04;
    scene.suspect_cores = 1.0;
    scene.blame = 0.03;
  }
  /// A background job that takes the disk from the server.
  void disk_trouble(double own_bytes = 1e6, double suspect_bytes = 30e6) {
    scene.p95_seconds = 0.050;
    scene.disk_wait = 0.6;
    scene.own_disk_bytes = own_bytes;
    scene.suspect_cores = 0.1;
    scene.suspect_disk_bytes = suspect_bytes;
  }
  /// A limit on what it moves helps; else it is as before.
  void disk_relief_while_limited() {
    disk_trouble();
    if (rein.open() == 0 || rein.held.back().knob != "io max") return;
    scene.p95_seconds = 0.011;
    scene.disk_wait = 0.1;
    scene.suspect_disk_bytes = 20e6;
  }
  std::size_t count(EngineEvent::Kind kind) const {
    return static_cast<std::size_t>(
        std::count_if(events.begin(), events.end(),
                      [&](const EngineEvent& event) { return event.kind == kind; }));
  }
  bool told(const std::string& text) const {
    return std::any_of(events.begin(), events.end(), [&](const EngineEvent& event) {
      return event.text.find(text) != std::string::npos;
    });
  }

  Scene scene;
  FakeRein rein;
  std::uint64_t now_ns = 1'000'000'000'000;
  Engine engine;
  std::vector<EngineEvent> events;
};

}  // namespace culprit
