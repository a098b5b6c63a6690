// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace culprit {

/// Settings of /proc/sys, proc_sys(5), as they are now.
struct SettingsReading {
  std::optional<std::uint64_t> threads_max, pid_max;  ///< threads of the host; highest pid + 1
  std::optional<std::uint64_t> files_open, files_max;
  std::optional<std::uint64_t> swappiness, dirty_ratio, dirty_bytes;
  std::optional<std::uint64_t> somaxconn;
  std::optional<std::uint64_t> port_first, port_last;  ///< of what connect(2) chooses from
};

/// /proc/vmstat. Bytes are as of now, the others are pages and cumulative.
struct PagingReading {
  std::optional<std::uint64_t> dirty_bytes, dirty_limit_bytes, dirty_background_bytes;
  std::optional<std::uint64_t> swapped_in, swapped_out;
  std::optional<std::uint64_t> file_refaults;  ///< read again soon after they were pushed out
};

/// TCP sockets between one address of this host and one address elsewhere, those included
/// that wait after their close. Each needs a port of its own.
struct PortReading {
  std::string local, remote;  ///< "10.0.0.1", "10.0.0.9:5432"
  std::uint64_t used = 0, time_wait = 0;
};

/// A counter of what a cloud instance or its volume was held back by, cumulative: packets of
/// an interface, microseconds of a disk.
struct AllowanceReading {
  std::string device, name;  ///< "eth0", "bw_in_allowance_exceeded"
  std::uint64_t count = 0;
};

}  // namespace culprit
