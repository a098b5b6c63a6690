// SPDX-License-Identifier: Apache-2.0
#include "collect/cgroup_mounts.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "collect/cgroup_tree.h"
#include "collect/mount_table.h"
#include "collect/text_file.h"
#include "collect/text_scan.h"

namespace culprit {

namespace {

constexpr std::size_t kMountinfoLimit = 8 << 20;
constexpr std::size_t kCountLimit = 20'000;

constexpr std::array<std::string_view, 14> kControllers = {
    "cpu",     "cpuacct", "cpuset",     "memory",   "pids",    "blkio", "devices",
    "freezer", "net_cls", "perf_event", "net_prio", "hugetlb", "rdma",  "misc"};

std::vector<std::string> controllers_in(std::string_view options) {
  std::vector<std::string> found;
  while (!options.empty()) {
    const std::size_t comma = options.find(',');
    const std::string_view option = options.substr(0, comma);
    if (std::ranges::find(kControllers, option) != kControllers.end()) found.emplace_back(option);
    options.remove_prefix(comma == std::string_view::npos ? options.size() : comma + 1);
  }
  return found;
}

std::vector<std::string> unified_controllers(const std::filesystem::path& directory) {
  TextReader reader;
  std::vector<std::string> found;
  auto text = reader.read(directory / "cgroup.controllers");
  if (!text) return found;
  std::string_view words = trimmed(*text);
  for (std::string_view word = next_word(words); !word.empty(); word = next_word(words))
    found.emplace_back(word);
  return found;
}

bool same_hierarchy(const CgroupMount& a, const CgroupMount& b) {
  return a.version == b.version && (a.version == 2 || a.controllers == b.controllers);
}

}  // namespace

const CgroupMount* CgroupMounts::find(std::string_view hierarchy, bool or_unified) const {
  const CgroupMount* unified = nullptr;
  for (const CgroupMount& mount : mounts) {
    const bool manages = std::ranges::find(mount.controllers, hierarchy) != mount.controllers.end();
    if (mount.version == 1 && manages) return &mount;
    if (mount.version == 2 && (hierarchy == "unified" || (or_unified && manages))) unified = &mount;
  }
  return unified;
}

std::vector<std::string> CgroupMounts::controllers() const {
  std::set<std::string> all;
  for (const CgroupMount& mount : mounts)
    all.insert(mount.controllers.begin(), mount.controllers.end());
  return {all.begin(), all.end()};
}

CgroupMounts find_cgroup_mounts(const std::filesystem::path& root) {
  CgroupMounts found;
  TextReader reader(kMountinfoLimit);
  const auto text = reader.read(below(root, "proc/self/mountinfo"));
  if (!text) return found;
  bool legacy = false;
  for (const Mount& line : parse_mountinfo(*text)) {
    CgroupMount mount;
    mount.version = line.type == "cgroup2" ? 2 : line.type == "cgroup" ? 1 : 0;
    if (mount.version == 0) continue;
    mount.directory = below(root, line.point);
    mount.root = line.root;
    mount.controllers =
        mount.version == 2 ? unified_controllers(mount.directory) : controllers_in(line.options);
    if (mount.version == 1 && mount.controllers.empty()) continue;
    legacy = legacy || mount.version == 1;
    // Mounted twice, e.g. for a container: the one that shows the whole tree.
    const auto twin = std::ranges::find_if(
        found.mounts, [&](const CgroupMount& other) { return same_hierarchy(other, mount); });
    if (twin == found.mounts.end())
      found.mounts.push_back(std::move(mount));
    else if (twin->root != "/" && mount.root == "/")
      *twin = std::move(mount);
  }
  if (!found.mounts.empty()) found.version = legacy ? 1 : 2;
  return found;
}

std::string choose_unit_hierarchy(const CgroupMounts& mounts) {
  if (mounts.version == 2) return "unified";
  std::string best;
  std::size_t most = 0;
  for (const char* name : {"unified", "pids", "memory", "cpu"}) {
    const CgroupMount* mount = mounts.find(name);
    if (!mount) continue;
    const std::size_t count = walk_cgroups(mount->directory, kCountLimit).entries.size();
    if (count <= most) continue;
    most = count;
    best = name;
  }
  return best;
}

std::optional<std::string_view> path_in_mount(const CgroupMount& mount, std::string_view path) {
  if (path.starts_with("/..")) return std::nullopt;  // outside of our cgroup namespace
  if (mount.root == "/" || mount.root.starts_with("/..")) return path;
  if (path == mount.root) return "/";
  if (!path.starts_with(mount.root) || path[mount.root.size()] != '/') return std::nullopt;
  return path.substr(mount.root.size());
}

}  // namespace culprit
