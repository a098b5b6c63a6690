// SPDX-License-Identifier: Apache-2.0
#include "act/cgroup_plan.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "act/cgroup_actuator.h"
#include "collect/cgroup_parsers.h"
#include "collect/cgroup_tree.h"
#include "collect/proc_parsers.h"
#include "collect/text_file.h"
#include "collect/text_scan.h"

namespace culprit {
namespace {

constexpr std::size_t kMaxTree = 2000;

/// The cgroup that the target shares, in the hierarchy of a controller.
struct Home {
  const CgroupMount* mount = nullptr;
  std::string path;        ///< below the mount
  std::string directory;   ///< of it
  bool exclusive = false;  ///< nobody but the target is in it or below
  bool is_root = false;    ///< of the hierarchy, where nothing can be set
};

std::string directory_of(const CgroupMount& mount, std::string_view path) {
  std::string directory = mount.directory.string();
  if (path != "/") directory += path;
  return directory;
}

bool has_file(const std::string& directory, const char* file) {
  std::error_code error;
  return std::filesystem::exists(directory + "/" + file, error);
}

/// Every process in the cgroup and below is one of the members.
bool only_members(const std::string& directory, const std::vector<ProcessFacts>& members) {
  std::set<std::uint32_t> known;
  for (const ProcessFacts& member : members) known.insert(member.id.pid);
  TextReader reader;
  const CgroupTree tree = walk_cgroups(directory, kMaxTree);
  if (tree.left_out > 0) return false;
  for (const CgroupEntry& entry : tree.entries) {
    const std::string path = entry.path == "/" ? "" : entry.path;
    const auto text = reader.read(directory + path + "/cgroup.procs");
    if (!text) return false;
    std::string_view rest = *text, line;
    while (next_line(rest, line))
      if (const auto pid = to_number<std::uint32_t>(trimmed(line)); pid && !known.count(*pid))
        return false;
  }
  return true;
}

Result<Home> find_home(const ThrottleTarget& target, const KnobHost& host) {
  Home home;
  home.mount = cpu_mount(host.mounts);
  if (!home.mount) return unsupported("no cgroup hierarchy with the cpu controller is mounted");
  const std::string& first = target.members.front().cpu_cgroup;
  for (const ProcessFacts& member : target.members) {
    if (!member.one_cpu_cgroup)
      return fail("the threads of " + member.name + " (" + std::to_string(member.id.pid) +
                  ") are in several cgroups, which is somebody's plan");
    if (member.cpu_cgroup != first)
      return fail("its processes are in several cgroups, " + first + " and " + member.cpu_cgroup +
                  "; throttle them one by one");
  }
  const auto path = path_in_mount(*home.mount, first);
  if (!path) return fail("cgroup " + first + " lies outside of what is mounted here");
  home.path = *path;
  home.directory = directory_of(*home.mount, *path);
  if (!cgroup_id_of(home.directory)) return fail(home.directory + ": is no more");
  home.is_root = home.path == "/";
  home.exclusive = !home.is_root && only_members(home.directory, target.members);
  return home;
}

Place file_of(const std::string& directory, const char* file) {
  Place place;
  place.kind = PlaceKind::kCgroupFile;
  place.directory = directory;
  place.inode = cgroup_id_of(directory).value_or(0);
  place.file = file;
  return place;
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
  plan.changes.push_back({file_of(directory, file), quota.substr(0, quota.find(' ')), own});
}

std::string present_text(const std::string& directory, const Setting& setting, int version) {
  CgroupFileActuator actuator;
  const auto value = actuator.read(file_of(directory, file_name(setting.knob, version)));
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
  plan.changes.push_back({file_of(home.directory, file_name(setting.knob, version)), value, false});
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

/// Those of the target that live and are still in its cgroup, and what they start.
std::function<std::vector<ThreadIdentity>()> members_of(const ThrottleTarget& target,
                                                        const KnobHost& host) {
  std::vector<ThreadIdentity> roots;
  for (const ProcessFacts& member : target.members) roots.push_back(member.id);
  const std::string cgroup = target.members.front().cpu_cgroup;
  const ProcessFactsReader* const processes = host.processes;
  return [roots, cgroup, processes] {
    std::vector<std::uint32_t> pids;
    for (const ThreadIdentity& root : roots) pids.push_back(root.pid);
    std::vector<ThreadIdentity> members;
    for (const std::uint32_t pid : with_descendants(processes->parents(), pids)) {
      const auto facts = processes->read(pid);
      if (!facts || facts->cpu_cgroup != cgroup) continue;
      const auto root = std::find_if(roots.begin(), roots.end(),
                                     [&](const ThreadIdentity& one) { return one.pid == pid; });
      if (root == roots.end() || *root == facts->id) members.push_back(facts->id);
    }
    return members;
  };
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
  Place own;
  own.kind = PlaceKind::kOwnCgroup;
  own.directory = parent;
  own.inode = cgroup_id_of(parent).value_or(0);
  own.file = "culprit-" + id;
  own.home = home.directory;
  const std::string child = parent + "/" + own.file, value = value_of(setting, version);
  ThrottlePlan plan;
  plan.old_text = "as the others of " + home.directory;
  plan.new_text = std::string(file_name(setting.knob, version)) + " " + value + " of " + child;
  plan.changes.push_back({own, kPresent, false});
  Place file = file_of(child, file_name(setting.knob, version));
  plan.changes.push_back({file, value, true});
  // The root has no quota of its own, and so no such file; what a child has is that of a sibling.
  if (setting.knob == Knob::kCpuQuota) add_burst(plan, child, parent, version, value, true);
  plan.members = members_of(target, host);
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

}  // namespace

std::string quota_text(double cpus) {
  constexpr std::int64_t kShort = 20'000, kLong = 100'000, kLeastQuota = 1000;
  const std::int64_t period = cpus * kShort < kLeastQuota ? kLong : kShort;
  const auto quota = std::max<std::int64_t>(kLeastQuota, std::llround(cpus * period));
  return std::to_string(quota) + " " + std::to_string(period);
}

Result<ThrottlePlan> plan_cgroup(const ThrottleTarget& target, const Setting& setting,
                                 const KnobHost& host, const std::string& id) {
  const auto home = find_home(target, host);
  if (!home) return tl::unexpected<Error>(home.error());
  const int version = home->mount->version;
  const bool of_cpu = setting.knob == Knob::kCpuQuota || setting.knob == Knob::kCpuWeight;
  if (version == 1 && !of_cpu)
    return unsupported(std::string(knob_name(setting.knob)) +
                       " is of cgroup version 2; this host's controllers are on version 1");
  const char* const probe = probe_file(setting.knob, version);
  if (home->exclusive && has_file(home->directory, probe)) {
    if (setting.knob == Knob::kMemoryHigh)
      if (Status enough = check_memory(*home, setting); !enough)
        return tl::unexpected<Error>(enough.error());
    return in_place(*home, setting);
  }
  if (of_cpu && (version == 1 || target.own_cgroup_wanted))
    return in_own_cgroup(target, setting, *home, host, id);
  if (home->exclusive)
    return fail(home->directory + " has no " + probe + ": its controller is not on there");
  return fail(
      "others are in its cgroup " + home->path + " too" +
      (of_cpu ? "; --own-cgroup gives it one of its own, --nice lowers it among them" : ""));
}

}  // namespace culprit
