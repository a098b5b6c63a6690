// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "collect/sample.h"

namespace culprit {

/// Names that Samples bring once: cgroup paths, users, containers.
class Names {
 public:
  void learn(const Sample& sample);

  /// Path of a cgroup below its hierarchy; absent while not known.
  std::optional<std::string> cgroup_path(std::uint64_t id) const;
  std::optional<std::string> user(std::uint32_t uid) const;
  /// Its name, or the first 12 digits of its id.
  std::string container(const std::string& id) const;

 private:
  std::map<std::uint64_t, std::string> cgroups_;
  std::map<std::uint32_t, std::string> users_;
  std::map<std::string, std::string> containers_;
};

}  // namespace culprit
