// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "collect/limit_reading.h"

namespace culprit {

/// Devices of EC2 instances that count what they were held back by.
struct AllowanceDevices {
  std::vector<std::string> interfaces;  ///< of the driver ena
  std::vector<std::string> volumes;     ///< EBS behind NVMe
};

/// Finds them in sysfs; `root` is "/" but in tests.
AllowanceDevices find_allowance_devices(const std::filesystem::path& root);

/// Reads their counters. Elsewhere than on EC2 there is nothing to read, and it costs a look at
/// sysfs a minute.
class AllowanceReader {
 public:
  explicit AllowanceReader(std::filesystem::path root = "/") : root_(std::move(root)) {}

  std::vector<AllowanceReading> read(std::uint64_t now_ns);

 private:
  std::filesystem::path root_;
  AllowanceDevices devices_;
  std::optional<std::uint64_t> found_ns_;
};

}  // namespace culprit
