// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "collect/limit_reading.h"

namespace culprit {

/// What stays the same while the host is up.
struct HostIdentity {
  struct Cloud {
    std::string provider, instance_id, instance_type;
  };
  std::string hostname, boot_id, kernel, architecture;
  std::uint32_t cpu_count = 0;
  std::uint64_t memory_bytes = 0;
  std::optional<Cloud> cloud;
};

/// One line of /proc/stat, cumulative, in ns. Guest time is part of user time.
struct CpuTimes {
  std::uint64_t user_ns = 0, nice_ns = 0, system_ns = 0, idle_ns = 0, iowait_ns = 0, irq_ns = 0,
                softirq_ns = 0, steal_ns = 0;
};

struct MemoryReading {
  std::uint64_t total_bytes = 0, free_bytes = 0, available_bytes = 0, cached_bytes = 0,
                dirty_bytes = 0, swap_total_bytes = 0, swap_free_bytes = 0;
};

/// One file of /proc/pressure: total stall time, cumulative.
struct PressureReading {
  std::uint64_t some_ns = 0;
  std::optional<std::uint64_t> full_ns;
};

/// One whole disk of /proc/diskstats, cumulative. Partitions, loop and ram are left out.
struct DiskReading {
  std::string name;
  std::uint32_t major = 0, minor = 0;
  std::uint64_t reads = 0, writes = 0, read_bytes = 0, write_bytes = 0, busy_ns = 0,
                wait_ns = 0;  ///< wait_ns: sum over requests, reads and writes
};

struct FilesystemReading {
  std::string mount, type;
  std::uint64_t size_bytes = 0, used_bytes = 0, available_bytes = 0;
};

/// Interfaces with a device behind them, else all but loopback; and TCP of the host's own network
/// namespace; cumulative.
struct NetworkReading {
  std::uint64_t receive_bytes = 0, transmit_bytes = 0;
  std::optional<std::uint64_t> segments_sent, retransmits, listen_overflows;
};

/// The host as /proc and /sys describe it. Everything may be absent.
struct HostReading {
  std::optional<CpuTimes> cpu;
  std::vector<CpuTimes> cpus;  ///< by CPU; empty when not readable
  std::optional<std::array<double, 3>> load_average;
  std::optional<std::uint64_t> runnable;  ///< threads, from /proc/loadavg
  std::optional<MemoryReading> memory;
  std::optional<PressureReading> cpu_pressure, memory_pressure, io_pressure;
  std::vector<DiskReading> disks;
  std::vector<FilesystemReading> filesystems;
  std::optional<NetworkReading> network;
  std::optional<std::uint64_t> forks;  ///< since boot, threads included
  SettingsReading settings;
  PagingReading paging;
  std::vector<AllowanceReading> allowances;
};

}  // namespace culprit
