// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "collect/cgroup_mounts.h"
#include "collect/sample.h"
#include "collect/text_file.h"
#include "util/fd.h"

namespace culprit {

/// The cgroups of the hierarchy that names units: what an id is called, and what each has
/// used. Works the same on cgroup v1, v2 and hybrid hosts; without cgroups all is empty.
class CgroupReader {
 public:
  static constexpr std::size_t kMaxRead = 2000;      ///< cgroups in one reading
  static constexpr std::size_t kMaxKnown = 20'000;   ///< cgroups with a name
  static constexpr std::size_t kMaxVanished = 4096;  ///< kept, for at most two minutes

  /// `hierarchy`: as choose_unit_hierarchy gives it.
  CgroupReader(const CgroupMounts& mounts, const std::string& hierarchy);
  /// Finds the mounts and chooses by itself. `root` is "/" but in tests.
  explicit CgroupReader(const std::filesystem::path& root = "/");

  /// "unified", a v1 controller, or "" without cgroups.
  const std::string& hierarchy() const { return hierarchy_; }

  /// Path below the mount, for id = inode number of the directory; printable. An unknown
  /// id is looked for at most once a second; one that was not found then stays absent.
  std::optional<std::string> path_of(std::uint64_t id);
  std::optional<std::string> path_of(std::uint64_t id, std::uint64_t now_ns);

  /// Every cgroup's counters, the root's under "/". A file that a cgroup does not have in
  /// any hierarchy is absent. Limits are read in turns: each at least every 16 readings.
  std::vector<CgroupReading> read();
  std::vector<CgroupReading> read(std::uint64_t now_ns);

  /// Whether readings tell of pages that were read again, which costs a long file each: only of
  /// cgroups that hold 16 MiB and more, and of at most 256.
  void watch_refaults(bool watched) { refaults_watched_ = watched; }

  /// Cgroups beyond the bounds, which the last reading or walk left out.
  std::size_t left_out() const { return left_out_; }

 private:
  struct Known {
    std::string path;
    std::uint64_t vanished_ns = 0;  ///< 0: it is there
  };
  /// What is read in turns, kept from the last time.
  struct Live {
    std::uint64_t id = 0;
    std::string path;
    CgroupReading slow;
    bool slow_read = false;
  };
  /// Where the files of one controller are.
  struct Source {
    int version = 0;  ///< 0: nowhere
    Fd directory;
  };

  void add_live(std::uint64_t id, const std::string& path);
  void walk(std::uint64_t now_ns);
  void forget_vanished(std::uint64_t now_ns);
  void fill_fast(CgroupReading& reading, const std::string& path);
  void fill_slow(Live& cgroup);
  void fill_refaults(CgroupReading& reading, const std::string& path, std::size_t& read);
  void fill_throttling(CgroupReading& reading, const std::string& path);
  std::optional<std::string_view> text_of(const Source& source, const std::string& path,
                                          const char* file);

  std::string hierarchy_;
  std::filesystem::path directory_;
  Source usage_, cpu_, memory_, pids_;
  TextReader text_{4096};
  std::string name_;        ///< of the file that is read, kept for its memory
  std::vector<Live> live_;  ///< at most kMaxRead
  std::unordered_map<std::uint64_t, Known> known_;
  std::unordered_set<std::uint64_t> unknown_;  ///< asked for, and not in the tree
  std::optional<std::uint64_t> walked_ns_;
  std::uint64_t readings_ = 0;
  std::size_t left_out_ = 0;
  bool refaults_watched_ = false;
};

}  // namespace culprit
