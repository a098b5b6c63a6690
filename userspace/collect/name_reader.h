// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace culprit {

/// Names of users and containers, from the files that define them.
class NameReader {
 public:
  /// `root` is "/" but in tests.
  explicit NameReader(std::filesystem::path root = "/");

  /// From ROOT/etc/passwd, passwd(5), read again when it changes; printable. A user that
  /// is not in it (LDAP, inside of a container) is its number as text.
  std::string user_name(std::uint32_t uid);

  /// What Docker (containers/ID/config.v2.json) or Podman (overlay-containers/
  /// containers.json) calls it in its default place of storage; else the first 12 digits
  /// of a hexadecimal id, or the id where it is a name already (LXC). Printable.
  std::string container_name(std::string_view id);

 private:
  struct Stamp {
    timespec modified{};
    std::uint64_t inode = 0;
    off_t size = -1;

    bool operator==(const Stamp& other) const;
  };

  static Stamp stamp_of(const std::filesystem::path& path);
  void read_passwd();
  void read_podman();
  std::optional<std::string> docker_name(const std::string& id);

  std::filesystem::path root_, passwd_path_, podman_path_;
  Stamp passwd_stamp_, podman_stamp_;
  std::unordered_map<std::uint32_t, std::string> users_;
  std::unordered_map<std::string, std::string> podman_names_;
};

}  // namespace culprit
