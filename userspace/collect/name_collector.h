// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>

#include "collect/cgroup_reader.h"
#include "collect/name_reader.h"
#include "collect/sample.h"

namespace culprit {

/// Adds to each Sample the names of what it mentions for the first time: cgroup paths,
/// users, containers.
class NameCollector {
 public:
  void collect(Sample& sample, CgroupReader& cgroups);

 private:
  void name_user(Sample& sample, std::uint32_t uid);
  void name_cgroup(Sample& sample, CgroupReader& cgroups, std::uint64_t id);

  NameReader reader_;
  std::set<std::uint32_t> users_;
  std::set<std::uint64_t> cgroups_;
  std::set<std::string> containers_;
};

}  // namespace culprit
