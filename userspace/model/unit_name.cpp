// SPDX-License-Identifier: Apache-2.0
#include "model/unit_name.h"

#include <algorithm>
#include <array>
#include <vector>

namespace culprit {

namespace {

constexpr std::size_t kContainerDigits = 64;
constexpr std::size_t kShortestPrefixed = 12;

bool is_hex(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool drop_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix) || text.size() == prefix.size()) return false;
  text.remove_prefix(prefix.size());
  return true;
}

std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    if (slash != 0) parts.push_back(path.substr(0, slash));
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  }
  return parts;
}

/// Id in one part of a path of Docker, containerd, CRI-O or Podman: bare, or behind the
/// runtime's name ("docker-ID.scope", "kubepods-podX.slice:cri-containerd:ID").
std::optional<std::string_view> runtime_id(std::string_view part) {
  if (part.ends_with(".scope")) part.remove_suffix(6);
  if (part.size() == kContainerDigits && is_hex(part)) return part;
  const std::size_t mark = part.find_last_of("-:");
  if (mark == std::string_view::npos) return std::nullopt;
  const std::string_view id = part.substr(mark + 1), runtime = part.substr(0, mark);
  // conmon is the monitor that stays outside of its container.
  if (!is_hex(id) || runtime.ends_with("conmon")) return std::nullopt;
  if (id.size() == kContainerDigits) return id;
  constexpr std::array<std::string_view, 7> kRuntimes = {
      "docker", "cri-containerd", "crio", "libpod", "libpod-payload", "nerdctl", "containerd"};
  if (id.size() < kShortestPrefixed || std::ranges::find(kRuntimes, runtime) == kRuntimes.end())
    return std::nullopt;
  return id;
}

/// Name of an LXC container: "lxc.payload.NAME", "lxc.payload/NAME" or "lxc/NAME".
std::optional<std::string_view> lxc_name(std::string_view before, std::string_view part) {
  if (drop_prefix(part, "lxc.payload.")) return part;
  if (before == "lxc" || before == "lxc.payload") return part;
  return std::nullopt;
}

bool is_fine_unit(std::string_view part) {
  constexpr std::array<std::string_view, 5> kKinds = {".service", ".scope", ".socket", ".mount",
                                                      ".swap"};
  return std::ranges::any_of(kKinds, [&](std::string_view kind) {
    return part.size() > kind.size() && part.ends_with(kind);
  });
}

/// Position of the innermost systemd unit in [begin, end), or `end`. An init.scope below
/// another unit is that unit's own manager (user@1000.service/init.scope).
std::size_t innermost_unit(const std::vector<std::string_view>& parts, std::size_t begin) {
  for (std::size_t i = parts.size(); i > begin; --i) {
    const bool nested_manager = i > 1 && parts[i - 1] == "init.scope";
    if (is_fine_unit(parts[i - 1]) && !nested_manager) return i - 1;
  }
  return parts.size();
}

}  // namespace

UnitName unit_name(std::string_view cgroup_path) {
  if (cgroup_path.ends_with(" (deleted)")) cgroup_path.remove_suffix(10);
  const std::vector<std::string_view> parts = split(cgroup_path);
  UnitName name{"/", std::nullopt};
  if (parts.empty()) return name;
  std::size_t container = parts.size();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    auto id = runtime_id(parts[i]);
    if (!id) id = lxc_name(i > 0 ? parts[i - 1] : "", parts[i]);
    if (!id) continue;
    name.container_id = std::string(*id);
    container = i;
  }
  // Units of a systemd inside the container come before the container itself, and that
  // before anything around it.
  const std::size_t begin = name.container_id ? container : 0;
  std::size_t chosen = innermost_unit(parts, begin);
  if (chosen == parts.size()) chosen = name.container_id ? container : parts.size() - 1;
  name.unit = std::string(parts[chosen]);
  return name;
}

bool is_below(std::string_view cgroup, std::string_view path) {
  if (path == "/" || cgroup == path) return true;
  return cgroup.size() > path.size() && cgroup.substr(0, path.size()) == path &&
         cgroup[path.size()] == '/';
}

}  // namespace culprit
