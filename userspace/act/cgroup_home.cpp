// SPDX-License-Identifier: Apache-2.0
#include "act/cgroup_home.h"

#include <algorithm>
#include <set>

#include "collect/cgroup_tree.h"
#include "collect/text_file.h"
#include "collect/text_scan.h"

namespace culprit {
namespace {

constexpr std::size_t kMaxTree = 2000;

std::string directory_of(const CgroupMount& mount, std::string_view path) {
  std::string directory = mount.directory.string();
  if (path != "/") directory += path;
  return directory;
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

}  // namespace

Result<Home> find_home(const std::vector<ProcessFacts>& members, const CgroupMount& mount) {
  Home home;
  home.mount = &mount;
  const std::string& first = members.front().cpu_cgroup;
  for (const ProcessFacts& member : members) {
    if (!member.one_cpu_cgroup)
      return fail("the threads of " + member.name + " (" + std::to_string(member.id.pid) +
                  ") are in several cgroups, which is somebody's plan");
    if (member.cpu_cgroup != first)
      return fail("its processes are in several cgroups, " + first + " and " + member.cpu_cgroup +
                  "; throttle them one by one");
  }
  const auto path = path_in_mount(mount, first);
  if (!path) return fail("cgroup " + first + " lies outside of what is mounted here");
  home.path = *path;
  home.directory = directory_of(mount, *path);
  if (!cgroup_id_of(home.directory)) return fail(home.directory + ": is no more");
  home.is_root = home.path == "/";
  home.exclusive = !home.is_root && only_members(home.directory, members);
  return home;
}

std::vector<ProcessFacts> in_hierarchy(const std::vector<ProcessFacts>& members,
                                       const ProcessFactsReader& processes) {
  std::vector<ProcessFacts> found;
  for (const ProcessFacts& member : members) {
    auto facts = processes.read(member.id.pid);
    if (facts && facts->id == member.id) found.push_back(std::move(*facts));
  }
  return found;
}

Place cgroup_file(const std::string& directory, const char* file) {
  Place place;
  place.kind = PlaceKind::kCgroupFile;
  place.directory = directory;
  place.inode = cgroup_id_of(directory).value_or(0);
  place.file = file;
  return place;
}

Place own_cgroup_place(const std::string& parent, const Home& home, const std::string& id) {
  Place own = cgroup_file(parent, "");
  own.kind = PlaceKind::kOwnCgroup;
  own.file = "culprit-" + id;
  own.home = home.directory;
  return own;
}

std::function<std::vector<ThreadIdentity>()> who_moves(const std::vector<ProcessFacts>& members,
                                                       const ProcessFactsReader& processes) {
  std::vector<ThreadIdentity> roots;
  for (const ProcessFacts& member : members) roots.push_back(member.id);
  const std::string cgroup = members.front().cpu_cgroup;
  return [roots, cgroup, processes] {
    std::vector<std::uint32_t> pids;
    for (const ThreadIdentity& root : roots) pids.push_back(root.pid);
    std::vector<ThreadIdentity> moving;
    for (const std::uint32_t pid : with_descendants(processes.parents(), pids)) {
      const auto facts = processes.read(pid);
      if (!facts || facts->cpu_cgroup != cgroup) continue;
      const auto root = std::find_if(roots.begin(), roots.end(),
                                     [&](const ThreadIdentity& one) { return one.pid == pid; });
      if (root == roots.end() || *root == facts->id) moving.push_back(facts->id);
    }
    return moving;
  };
}

}  // namespace culprit
