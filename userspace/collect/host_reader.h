// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "collect/host_reading.h"
#include "collect/text_file.h"

namespace culprit {

/// Reads the host's own counters. The files are kept open from one reading to the next.
class HostReader {
 public:
  /// `root` is "/" but in tests.
  explicit HostReader(std::filesystem::path root = "/");

  /// Everything now; what cannot be read is absent. Filesystems and settings are looked at
  /// every 10 s, between that the last reading stands.
  HostReading read();
  /// The same at a time of CLOCK_MONOTONIC.
  HostReading read(std::uint64_t now_ns);

 private:
  void read_cpu(HostReading& reading);
  std::vector<DiskReading> read_disks();
  std::optional<NetworkReading> read_network();
  std::vector<FilesystemReading> read_filesystems();
  SettingsReading read_settings();
  bool is_whole_disk(const std::string& name);

  std::filesystem::path root_;
  std::uint64_t tick_ns_, page_bytes_;
  TextReader text_;
  OpenFile stat_, loadavg_, meminfo_, vmstat_, cpu_pressure_, memory_pressure_, io_pressure_,
      diskstats_, net_dev_, net_snmp_, net_netstat_;
  std::unordered_map<std::string, bool> whole_disks_;
  std::vector<FilesystemReading> filesystems_;
  SettingsReading settings_;
  std::set<std::string, std::less<>> interfaces_;  ///< with a device behind; empty: count all
  std::optional<std::uint64_t> slowly_read_ns_;
};

}  // namespace culprit
