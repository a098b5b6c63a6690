// SPDX-License-Identifier: Apache-2.0
#include "model/names.h"

namespace culprit {
namespace {

constexpr std::size_t kShortContainerId = 12;  // as `docker ps` shows it

template <typename Key>
std::optional<std::string> find(const std::map<Key, std::string>& names, const Key& key) {
  const auto found = names.find(key);
  return found == names.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace

void Names::learn(const Sample& sample) {
  for (const auto& [id, path] : sample.cgroup_paths) cgroups_[id] = path;
  for (const auto& [uid, name] : sample.user_names) users_[uid] = name;
  for (const auto& [id, name] : sample.container_names) containers_[id] = name;
}

std::optional<std::string> Names::cgroup_path(std::uint64_t id) const { return find(cgroups_, id); }

std::optional<std::string> Names::user(std::uint32_t uid) const { return find(users_, uid); }

std::string Names::container(const std::string& id) const {
  return find(containers_, id).value_or(id.substr(0, kShortContainerId));
}

}  // namespace culprit
