// SPDX-License-Identifier: Apache-2.0
#include "collect/name_collector.h"

#include "model/unit_name.h"

namespace culprit {
namespace {
// A host that makes a new cgroup or user each second must not make us grow without end.
constexpr std::size_t kRemembered = 50'000;
}  // namespace

void NameCollector::name_user(Sample& sample, std::uint32_t uid) {
  if (users_.count(uid)) return;
  if (users_.size() > kRemembered) users_.clear();
  users_.insert(uid);
  sample.user_names[uid] = reader_.user_name(uid);
}

void NameCollector::name_cgroup(Sample& sample, CgroupReader& cgroups, std::uint64_t id) {
  if (id == 0 || cgroups_.count(id)) return;
  const auto path = cgroups.path_of(id);
  if (!path) return;
  if (cgroups_.size() > kRemembered) cgroups_.clear();
  cgroups_.insert(id);
  sample.cgroup_paths[id] = *path;
  const auto container = unit_name(*path).container_id;
  if (!container || containers_.count(*container)) return;
  if (containers_.size() > kRemembered) containers_.clear();
  containers_.insert(*container);
  sample.container_names[*container] = reader_.container_name(*container);
}

void NameCollector::collect(Sample& sample, CgroupReader& cgroups) {
  const auto name = [&](std::uint32_t uid, std::uint64_t cgroup_id) {
    name_user(sample, uid);
    name_cgroup(sample, cgroups, cgroup_id);
  };
  for (const thread_record& thread : sample.threads) name(thread.uid, thread.cgroup_id);
  for (const thread_record& thread : sample.ended) name(thread.uid, thread.cgroup_id);
  for (const OomKillEvent& kill : sample.oom_kills) name_cgroup(sample, cgroups, kill.cgroup_id);
}

}  // namespace culprit
