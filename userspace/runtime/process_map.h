// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace culprit {

/// A file that a process has mapped.
struct Mapping {
  std::uint64_t begin = 0, end = 0;  ///< addresses
  std::uint64_t offset = 0;          ///< in the file, of `begin`
  bool executable = false;
  std::string path;  ///< as the process knew it, without " (deleted)"

  std::string_view name() const;  ///< the path's last part
};

/// A place in a file, for a uprobe.
struct FilePlace {
  std::string path;  ///< can be opened while the process lives and has it mapped
  std::uint64_t offset = 0;
  bool operator==(const FilePlace&) const = default;
};

/// Path of the functions that the kernel puts into every process; no file holds them.
inline constexpr std::string_view kVdso = "[vdso]";

/// The mapped files of a process, as /proc/PID/maps tells them, and its kVdso; anonymous memory
/// is left out.
class ProcessMap {
 public:
  /// `text` is hostile: lines that are none are passed over.
  static ProcessMap parse(std::string_view text);

  const std::vector<Mapping>& mappings() const& { return mappings_; }
  const std::vector<Mapping>& mappings() const&& = delete;
  const Mapping* at(std::uint64_t address) const;  ///< null: no file is mapped there

 private:
  std::vector<Mapping> mappings_;
};

/// One process, as it is seen below `root`.
struct ProcessView {
  std::filesystem::path root = "/";
  pid_t pid = 0;

  std::filesystem::path directory() const;
  /// Absent when it has ended.
  std::optional<ProcessMap> read_map() const;
  /// Leads to the very file, in whatever container or chroot and when it is deleted.
  std::string file_of(const Mapping& mapping) const;
  /// The place in a file of the code at `address`; absent when no code of a file is there.
  std::optional<FilePlace> place_of(const ProcessMap& map, std::uint64_t address) const;
};

}  // namespace culprit
