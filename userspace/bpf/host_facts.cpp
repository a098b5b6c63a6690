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
#include "collect/cgroup_mounts.h"

namespace culprit {
namespace {

namespace fs = std::filesystem;

std::string first_line(const fs::path& file) {
  std::string line;
  std::ifstream stream(file);
  std::getline(stream, line);
  return line;
}

void probe_cgroups(Facts& facts, const fs::path& root) {
  const CgroupMounts mounts = find_cgroup_mounts(root);
  facts.controllers = mounts.controllers();
  facts.cgroup_version = mounts.version;
  const bool unified_beside = mounts.version == 1 && mounts.find("unified");
  facts.cgroups = {mounts.version != 0,
                   unified_beside        ? "version 1, and version 2 beside it (hybrid)"
                   : mounts.version == 0 ? "none mounted"
                                         : "version " + std::to_string(mounts.version)};
  facts.unit_hierarchy = choose_unit_hierarchy(mounts);
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
