// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "collect/host_reading.h"

namespace culprit {

// Pure: text of a file of /proc -> reading. A line or number that is not as documented is
// absent; nothing here fails otherwise.

struct StatFile {
  std::optional<CpuTimes> cpu;
  std::vector<CpuTimes> cpus;  ///< index = CPU number; a CPU that is offline is all zero
  std::optional<std::uint64_t> forks;
};

/// /proc/stat, proc_stat(5). `tick_ns`: length of a clock tick.
StatFile parse_stat(std::string_view text, std::uint64_t tick_ns);

struct LoadFile {
  std::optional<std::array<double, 3>> averages;  ///< over 1, 5 and 15 minutes
  std::optional<std::uint64_t> runnable;          ///< threads
};

/// /proc/loadavg, proc_loadavg(5).
LoadFile parse_loadavg(std::string_view text);

/// /proc/meminfo, proc_meminfo(5); absent unless all of MemoryReading is in it.
std::optional<MemoryReading> parse_meminfo(std::string_view text);

/// /proc/pressure/*, Documentation/accounting/psi.rst.
std::optional<PressureReading> parse_pressure(std::string_view text);

/// /proc/diskstats, Documentation/admin-guide/iostats.rst. Partitions are in it; loop and
/// ram devices are not, nor are zram, nbd, sr and fd that were never used.
std::vector<DiskReading> parse_diskstats(std::string_view text);

/// /proc/net/dev, proc_pid_net(5): bytes of the interfaces in `counted`, or of all but `lo`
/// when that is empty.
std::optional<NetworkReading> parse_net_dev(std::string_view text,
                                            const std::set<std::string, std::less<>>& counted = {});

/// /proc/vmstat, proc_vmstat(5); what is not in it is absent.
PagingReading parse_vmstat(std::string_view text, std::uint64_t page_bytes);

/// Sockets of TCP in /proc/net/sockstat and /proc/net/sockstat6, proc_pid_net(5): in use, and of
/// the first also those in TIME_WAIT, which are of both families.
std::uint64_t parse_sockstat(std::string_view text);

/// One counter of /proc/net/snmp or /proc/net/netstat, proc_pid_net(5): a line of names
/// and then a line of numbers, both beginning with `protocol` ("Tcp:").
std::optional<std::uint64_t> parse_protocol_counter(std::string_view text,
                                                    std::string_view protocol,
                                                    std::string_view counter);

}  // namespace culprit
