// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/snapshot.h"

namespace culprit {

class Situation;

/// How many processes and threads a unit, a user or the host has, and may have.
struct ProcessLimitRow {
  std::string whose;                 ///< "web.service", "alice", "host"
  std::string limit_name;            ///< as one sets it: "TasksMax", "ulimit -u", "kernel.pid_max"
  const UnitRow* unit = nullptr;     ///< of a unit
  const ProcessRow* most = nullptr;  ///< of a user: the process that has most of them
  std::uint64_t used = 0, limit = 0;
  std::string holders;  ///< "worker (812) 900, web (95) 40"
};

/// Those whose limit is known. A user's is that of the process that has most threads of it.
std::vector<ProcessLimitRow> find_process_limits(const Snapshot& snapshot);

/// A setting of the kernel that something suffers from now.
struct SettingRow {
  enum class Grade { kNotice = 1, kHarm = 2, kDanger = 3 };
  std::string_view name;  ///< "net.core.somaxconn"
  std::uint64_t value = 0;
  std::string advice;  ///< value to set, or what to set in its place: "4096"
  std::string why;     ///< the symptom, with its numbers
  Grade grade = Grade::kNotice;
  std::vector<const ProcessRow*> victims;
};

std::vector<SettingRow> find_settings(const Situation& situation);

/// A process that answers nothing and read a large part of memory from disks in the last minute,
/// while others find their files pushed out of it.
struct CacheScanRow {
  const ProcessRow* scanner = nullptr;
  double read_bytes = 0;    ///< in the last minute
  double memory_bytes = 0;  ///< that it shares with the victims
  double refaults = 0;      ///< pages that the victims' units, or else the host, read again
  double wait_ratio = 0;    ///< longest that a victim waited for a disk, of the interval
  std::vector<const ProcessRow*> victims;  ///< longest wait first
};

std::vector<CacheScanRow> find_cache_scans(const Situation& situation);

}  // namespace culprit
