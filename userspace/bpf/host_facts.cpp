// SPDX-License-Identifier: Apache-2.0
#include "bpf/host_facts.h"

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <sstream>
#include <string_view>

#include "bpf/fact_outcome.h"
#include "bpf/fact_table.h"

namespace culprit {
namespace {

namespace fs = std::filesystem;

// Of the controllers whose v1 trees service managers and container runtimes fill.
constexpr std::array<std::string_view, 3> kUnitControllers = {"cpu", "memory", "pids"};
constexpr int kDirectoriesMax = 4096;

std::string first_line(const fs::path& file) {
  std::string line;
  std::ifstream stream(file);
  std::getline(stream, line);
  return line;
}

struct CgroupMounts {
  fs::path unified;                        ///< empty: none
  std::map<std::string, fs::path> legacy;  ///< by controller
};

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> words;
  std::stringstream stream(text);
  for (std::string word; std::getline(stream, word, separator);)
    if (!word.empty()) words.push_back(word);
  return words;
}

bool is_controller(const std::string& option) {
  static const std::vector<std::string> known = {
      "cpu",     "cpuacct", "cpuset",     "memory",  "blkio", "pids", "devices",
      "freezer", "net_cls", "perf_event", "hugetlb", "rdma",  "misc", "net_prio"};
  return std::find(known.begin(), known.end(), option) != known.end();
}

CgroupMounts cgroup_mounts(const fs::path& root) {
  CgroupMounts mounts;
  std::ifstream table(root / "proc/self/mountinfo");
  for (std::string line; std::getline(table, line);) {
    const std::size_t dash = line.find(" - ");
    if (dash == std::string::npos) continue;
    const std::vector<std::string> place = split(line.substr(0, dash), ' ');
    const std::vector<std::string> kind = split(line.substr(dash + 3), ' ');
    if (place.size() < 5 || kind.size() < 3) continue;
    const fs::path where = root / fs::path(place[4]).relative_path();
    if (kind[0] == "cgroup2" && mounts.unified.empty()) mounts.unified = where;
    if (kind[0] != "cgroup") continue;
    for (const std::string& option : split(kind[2], ','))
      if (is_controller(option)) mounts.legacy.try_emplace(option, where);
  }
  return mounts;
}

int count_directories(const fs::path& tree) {
  int count = 0;
  std::error_code error;
  fs::recursive_directory_iterator entry(tree, fs::directory_options::skip_permission_denied,
                                         error);
  for (; !error && entry != fs::recursive_directory_iterator() && count < kDirectoriesMax;
       entry.increment(error))
    if (std::error_code gone; entry->is_directory(gone)) count++;
  return count;
}

std::string fullest_hierarchy(const std::map<std::string, fs::path>& legacy) {
  std::string fullest;
  int most = -1;
  for (const std::string_view controller : kUnitControllers) {
    const auto mount = legacy.find(std::string(controller));
    if (mount == legacy.end()) continue;
    const int directories = count_directories(mount->second);
    if (directories <= most) continue;
    most = directories;
    fullest = controller;
  }
  return fullest;
}

void probe_cgroups(Facts& facts, const fs::path& root) {
  const CgroupMounts mounts = cgroup_mounts(root);
  if (!mounts.unified.empty())
    facts.controllers = split(first_line(mounts.unified / "cgroup.controllers"), ' ');
  for (const auto& [controller, mount] : mounts.legacy) facts.controllers.push_back(controller);
  std::sort(facts.controllers.begin(), facts.controllers.end());
  facts.cgroup_version = !mounts.legacy.empty() ? 1 : mounts.unified.empty() ? 0 : 2;
  facts.cgroups = {facts.cgroup_version != 0,
                   mounts.legacy.empty()    ? mounts.unified.empty() ? "none mounted" : "version 2"
                   : mounts.unified.empty() ? "version 1"
                                            : "version 1, and version 2 beside it (hybrid)"};
  facts.unit_hierarchy = fullest_hierarchy(mounts.legacy);
  if (facts.unit_hierarchy.empty() && !mounts.unified.empty()) facts.unit_hierarchy = "unified";
}

Fact probe_pressure(const fs::path& root) {
  const fs::path path = root / "proc/pressure/cpu";
  std::ifstream file(path);
  std::string line;
  if (!file || !std::getline(file, line))
    return missing(path.string() + ": " + std::strerror(errno));
  return present(path.parent_path().string());
}

Fact probe_pid_namespace(const fs::path& root) {
  // PROC_PID_INIT_INO: the number that the kernel gives to the first one.
  constexpr std::string_view first = "pid:[4026531836]";
  std::error_code error;
  const fs::path ours = fs::read_symlink(root / "proc/self/ns/pid", error);
  if (error) return missing("/proc/self/ns/pid: " + error.message());
  return ours == first ? present("the host's own") : missing("a container's, " + ours.string());
}

/// Effective capabilities, all of them where the kernel does not say.
std::uint64_t effective_capabilities(const fs::path& root) {
  std::ifstream status(root / "proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.rfind("CapEff:", 0) == 0) return std::strtoull(line.c_str() + 7, nullptr, 16);
  return ~std::uint64_t{0};
}

}  // namespace

void probe_files(Facts& facts, const fs::path& root) {
  const std::string lockdown = first_line(root / "sys/kernel/security/lockdown");
  facts.lockdown = missing(lockdown.empty() ? "not shown by this kernel" : lockdown);
  const std::string vendor = first_line(root / "sys/class/dmi/id/sys_vendor");
  const std::string product = first_line(root / "sys/class/dmi/id/product_name");
  facts.machine = vendor + (vendor.empty() || product.empty() ? "" : " ") + product;
  facts.pressure = probe_pressure(root);
  facts.pid_namespace = probe_pid_namespace(root);
  const std::uint64_t effective = effective_capabilities(root);
  for (const CapabilityRow& capability : capability_table())
    if (!(effective >> capability.number & 1))
      facts.capabilities_missing.emplace_back(capability.name);
  probe_cgroups(facts, root);
}

Fact try_raising_limits() {
  rlimit limit{};
  if (getrlimit(RLIMIT_MSGQUEUE, &limit) != 0) return missing(std::strerror(errno));
  if (limit.rlim_max == RLIM_INFINITY) return present("nothing to raise");
  const rlimit raised{limit.rlim_cur, limit.rlim_max + 1};
  if (setrlimit(RLIMIT_MSGQUEUE, &raised) != 0)
    return missing(std::string("setrlimit: ") + std::strerror(errno));
  setrlimit(RLIMIT_MSGQUEUE, &limit);
  return present("raised one and put it back");
}

}  // namespace culprit
