// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace culprit {

/// What a cgroup is called by those who run it.
struct UnitName {
  /// The innermost service, scope, socket, mount or swap of systemd, else the last part
  /// of the path (a slice, or a cgroup that is not systemd's). In a container without
  /// systemd the container's part of the path. "/" for the root.
  std::string unit;
  /// The innermost container: Docker, containerd, CRI-O, Podman (64 hexadecimal digits),
  /// or the name of an LXC container.
  std::optional<std::string> container_id;
};

/// Pure. `cgroup_path` is the path below the hierarchy's mount.
UnitName unit_name(std::string_view cgroup_path);

/// True when the cgroup is `path` or below it.
bool is_below(std::string_view cgroup, std::string_view path);

}  // namespace culprit
