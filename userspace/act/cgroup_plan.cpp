// SPDX-License-Identifier: Apache-2.0
#include "act/cgroup_plan.h"

#include <algorithm>
#include <cmath>

#include "act/cgroup_actuator.h"
#include "act/cgroup_home.h"
#include "act/disks.h"
#include "act/io_limit.h"
#include "act/unit_plan.h"
#include "collect/cgroup_parsers.h"
#include "collect/text_file.h"
#include "collect/text_scan.h"

namespace culprit {
namespace {

bool has_file(const std::string& directory, const char* file) {
  std::error_code error;
  return std::filesystem::exists(directory + "/" + file, error);
}

Result<Home> cpu_home(const ThrottleTarget& target, const KnobHost& host) {
  const CgroupMount* const mount = cpu_mount(host.mounts);
  if (!mount) return unsupported("no cgroup hierarchy with the cpu controller is mounted");
  return find_home(target.members, *mount);
}

/// Weight 100 of version 2 is 1024 shares of version 1, which knows none below 2.
std::int64_t shares_of(std::int64_t weight) {
  return std::max<std::int64_t>(2, weight * 1024 / 100);
}

/// The value of the setting in this hierarchy's own words.
std::string value_of(const Setting& setting, int version) {
  if (setting.knob == Knob::kCpuQuota) return quota_text(setting.cpus);
  if (setting.knob == Knob::kCpuWeight && version == 1)
    return std::to_string(shares_of(setting.number));
  return std::to_string(setting.number);
}

const char* file_name(Knob knob, int version) {
  if (knob == Knob::kCpuQuota) return version == 1 ? "cpu.cfs" : "cpu.max";
  if (knob == Knob::kCpuWeight) return version == 1 ? "cpu.shares" : "cpu.weight";
  if (knob == Knob::kTasksMax) return "pids.max";
  if (knob == Knob::kIoMax) return "io.max";
  return knob == Knob::kIoWeight ? "io.weight" : "memory.high";
}

/// Of the file that has to be there for it.
const char* probe_file(Knob knob, int version) {
  return knob == Knob::kCpuQuota && version == 1 ? "cpu.cfs_quota_us" : file_name(knob, version);
}

/// One period of burst: what a period did not use, the next may.
void add_burst(ThrottlePlan& plan, const std::string& directory, const std::string& probe_in,
               int version, const std::string& quota, bool own) {
  const char* const file = version == 1 ? "cpu.cfs_burst_us" : "cpu.max.burst";
  if (!has_file(probe_in, file)) return;
  plan.changes.push_back({cgroup_file(directory, file), quota.substr(0, quota.find(' ')), own});
}

std::string present_text(const std::string& directory, const Setting& setting, int version) {
  CgroupFileActuator actuator;
  const auto value = actuator.read(cgroup_file(directory, file_name(setting.knob, version)));
  return value ? *value : "";
}

/// Writes what is there already: of a unit or container that is the target's alone.
ThrottlePlan in_place(const Home& home, const Setting& setting) {
  const int version = home.mount->version;
  ThrottlePlan plan;
  const std::string value = value_of(setting, version);
  plan.old_text = std::string(file_name(setting.knob, version)) + " " +
                  present_text(home.directory, setting, version);
  plan.new_text = std::string(file_name(setting.knob, version)) + " " + value;
  plan.changes.push_back(
      {cgroup_file(home.directory, file_name(setting.knob, version)), value, false});
  if (setting.knob == Knob::kCpuQuota)
    add_burst(plan, home.directory, home.directory, version, value, false);
  return plan;
}

/// Where a cgroup of our own can be made: below the target's on version 1; on version 2 beside
/// it, since a cgroup there has either processes or children.
std::string parent_of_own(const Home& home) {
  if (home.mount->version == 1 || home.is_root) return home.directory;
  return std::filesystem::path(home.directory).parent_path();
}

Result<ThrottlePlan> in_own_cgroup(const ThrottleTarget& target, const Setting& setting,
                                   const Home& home, const KnobHost& host, const std::string& id) {
  const int version = home.mount->version;
  const std::string parent = parent_of_own(home);
  if (version == 2) {
    TextReader reader(4096);
    const auto on = reader.read(parent + "/cgroup.subtree_control");
    if (!on || (" " + std::string(trimmed(*on)) + " ").find(" cpu ") == std::string::npos)
      return fail(parent + " does not hand the cpu controller down (cgroup.subtree_control)");
  }
  const Place own = own_cgroup_place(parent, home, id);
  const std::string child = parent + "/" + own.file, value = value_of(setting, version);
  ThrottlePlan plan;
  plan.old_text = "as the others of " + home.directory;
  plan.new_text = std::string(file_name(setting.knob, version)) + " " + value + " of " + child;
  plan.changes.push_back({own, kPresent, false});
  Place file = cgroup_file(child, file_name(setting.knob, version));
  plan.changes.push_back({file, value, true});
  // The root has no quota of its own, and so no such file; what a child has is that of a sibling.
  if (setting.knob == Knob::kCpuQuota) add_burst(plan, child, parent, version, value, true);
  plan.members = who_moves(target.members, *host.processes);
  return plan;
}

/// memory.high below what a unit cannot give back would stop it, not slow it.
Status check_memory(const Home& home, const Setting& setting) {
  TextReader reader(1 << 16);
  const auto current = reader.read(home.directory + "/memory.current");
  const std::uint64_t used = current ? parse_count(trimmed(*current)).value_or(0) : 0;
  std::uint64_t anonymous = 0;
  if (auto stat = reader.read(home.directory + "/memory.stat")) {
    std::string_view line;
    while (next_line(*stat, line))
      if (next_word(line) == "anon") anonymous = next_number<std::uint64_t>(line).value_or(0);
  }
  if (used == 0) return fail(home.directory + ": does not tell how much memory it uses");
  const double least =
      std::max(1.1 * static_cast<double>(anonymous), 0.9 * static_cast<double>(used));
  if (static_cast<double>(setting.number) >= least) return {};
  return fail("memory.high below " + std::to_string(static_cast<std::uint64_t>(least)) +
              " bytes would stop it, not slow it: it uses " + std::to_string(used) + ", " +
              std::to_string(anonymous) + " of them anonymous");
}

/// Weights of disks are looked at by the bfq scheduler, and where a disk has a cost model
/// (io.cost.qos of the root: "8:0 enable=1 …").
Status check_io_weight(const Home& home, const KnobHost& host) {
  TextReader reader(1 << 16);
  const auto models = reader.read(home.mount->directory / "io.cost.qos");
  if ((models && models->find("enable=1") != std::string_view::npos) ||
      has_scheduler(host.root, {"bfq"}))
    return {};
  return fail(
      "it would have no effect: no disk of this host has a scheduler or a cost model that looks at "
      "weights (bfq, io.cost.qos)");
}

}  // namespace

std::string quota_text(double cpus) {
  constexpr std::int64_t kShort = 20'000, kLong = 100'000, kLeastQuota = 1000;
  const std::int64_t period = cpus * kShort < kLeastQuota ? kLong : kShort;
  const auto quota = std::max<std::int64_t>(kLeastQuota, std::llround(cpus * period));
  return std::to_string(quota) + " " + std::to_string(period);
}

Result<ThrottlePlan> plan_cgroup(const ThrottleTarget& target, const Setting& setting,
                                 const KnobHost& host, const std::string& id) {
  const auto home = cpu_home(target, host);
  if (!home) return tl::unexpected<Error>(home.error());
  const int version = home->mount->version;
  const bool of_cpu = setting.knob == Knob::kCpuQuota || setting.knob == Knob::kCpuWeight;
  if (version == 1 && !of_cpu)
    return unsupported(std::string(knob_name(setting.knob)) +
                       " is of cgroup version 2; this host's controllers are on version 1");
  if (setting.knob == Knob::kIoWeight)
    if (Status effect = check_io_weight(*home, host); !effect)
      return tl::unexpected<Error>(effect.error());
  const char* const probe = probe_file(setting.knob, version);
  if (home->exclusive && version == 2 && setting.knob == Knob::kMemoryHigh)
    if (Status enough = check_memory(*home, setting); !enough)
      return tl::unexpected<Error>(enough.error());
  // systemd turns the controller on where it is not yet.
  if (home->exclusive)
    if (auto plan = plan_unit(*home, setting, host)) return std::move(*plan);
  if (home->exclusive && has_file(home->directory, probe))
    return setting.knob == Knob::kIoMax ? plan_io_max(*home, setting, host)
                                        : in_place(*home, setting);
  if (of_cpu && (version == 1 || target.own_cgroup_wanted))
    return in_own_cgroup(target, setting, *home, host, id);
  if (home->exclusive)
    return fail(home->directory + " has no " + probe + ": its controller is not on there");
  return fail(
      "others are in its cgroup " + home->path + " too" +
      (of_cpu ? "; --own-cgroup gives it one of its own, --nice lowers it among them" : ""));
}

}  // namespace culprit
