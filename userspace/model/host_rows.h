// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "collect/host_reading.h"
#include "model/latency.h"

namespace culprit {

struct DiskRow {
  std::string name;
  std::uint64_t read_bytes = 0, write_bytes = 0;
  double busy_ratio = 0;
  std::optional<Latency> latency;
};

struct FilesystemRow {
  std::string mount;
  std::uint64_t size_bytes = 0;
  double used_ratio = 0;
  std::optional<double> full_in_seconds;
};

/// Local ports taken by connections of one address of this host to one address elsewhere.
struct PortUseRow {
  std::string local, remote;
  std::uint64_t used = 0, time_wait = 0;  ///< the latter: by connections that are closed
  std::uint64_t available = 0;            ///< what connect(2) chooses from
};

/// Pages of the page cache, and what went between memory and disks.
struct Paging {
  std::optional<std::uint64_t> dirty_bytes, dirty_limit_bytes, dirty_background_bytes;
  std::optional<std::uint64_t> swapped_in, swapped_out, file_refaults;  ///< pages, in the interval
};

/// How often, in the interval, a cloud instance or its volume was held back.
struct AllowanceRow {
  std::string device, name;
  std::uint64_t count = 0;
};

struct CpuUse {
  double utilization_ratio = 0;
  double user_seconds = 0, system_seconds = 0, iowait_seconds = 0, irq_seconds = 0,
         steal_seconds = 0, idle_seconds = 0;
};

struct Pressure {
  double some_ratio = 0;
  std::optional<double> full_ratio;
};

/// The books: what the kernel says was used, and where it went (DESIGN §3).
struct Accounting {
  double cpu_seconds = 0;           ///< all CPUs, not idle, by the kernel's idle clock
  double attributed_seconds = 0;    ///< live and exited processes
  double kernel_seconds = 0;        ///< kernel threads and interrupts
  double unattributed_seconds = 0;  ///< the rest; may be slightly negative
};

struct SystemRow {
  std::optional<CpuUse> cpu;
  std::vector<double> cpu_utilization;  ///< by CPU, 0…1
  std::optional<std::array<double, 3>> load_average;
  std::optional<double> run_queue_seconds;
  std::optional<Latency> run_queue_latency;
  std::optional<MemoryReading> memory;
  std::optional<Pressure> cpu_pressure, memory_pressure, io_pressure;
  std::vector<DiskRow> disks;
  std::vector<FilesystemRow> filesystems;
  std::optional<std::uint64_t> receive_bytes, transmit_bytes, retransmits, listen_overflows;
  std::optional<std::uint64_t> segments_sent;  ///< by TCP, to this host as well
  std::uint64_t process_count = 0, thread_count = 0;
  std::optional<std::uint64_t> processes_started, processes_exited;
  std::optional<Accounting> accounting;
  SettingsReading settings;
  Paging paging;
  std::vector<PortUseRow> ports;  ///< most used first; only while many are in use
  std::vector<AllowanceRow> allowances;
};

}  // namespace culprit
