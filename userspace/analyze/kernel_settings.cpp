// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "analyze/limit_rows.h"
#include "analyze/number_text.h"
#include "analyze/situation.h"

namespace culprit {
namespace {

using Grade = SettingRow::Grade;

constexpr std::uint64_t kCalmSwappiness = 10;
constexpr double kSwapInRate = 100;    // pages a second
constexpr double kCacheToSpare = 0.2;  // of memory
constexpr double kFilesNear = 0.8, kFilesDanger = 0.95;
constexpr std::uint64_t kQueueFactor = 4, kLeastQueue = 4096;
constexpr double kThrottledFrom = 0.9;  // of where the kernel begins to hold writers back
constexpr double kDiskPressure = 0.2;
constexpr double kLongestBacklog = 5;  // seconds of writing
constexpr std::uint64_t kSecondsKept = 2;

/// A listener drops connections, and no longer queue would be granted to it.
std::optional<SettingRow> somaxconn(const Situation& situation) {
  const auto& value = situation.snapshot().system.settings.somaxconn;
  if (!value) return std::nullopt;
  SettingRow row;
  std::uint64_t dropped = 0;
  for (const ProcessRow& process : situation.snapshot().processes) {
    if (!process.accept_backlog || *process.accept_backlog < *value) continue;
    if (process.listen_overflows.value_or(0) == 0) continue;
    dropped += *process.listen_overflows;
    row.victims.push_back(&process);
  }
  if (row.victims.empty()) return std::nullopt;
  row.name = "net.core.somaxconn";
  row.value = *value;
  row.advice = std::to_string(std::max(kLeastQueue, kQueueFactor * *value));
  row.why =
      "accept queues are held to it, and " + std::to_string(dropped) + " connections were dropped";
  return row;
}

/// Memory of processes comes back from swap while there is cache that could go instead.
std::optional<SettingRow> swappiness(const Situation& situation) {
  const SystemRow& system = situation.snapshot().system;
  const auto& value = system.settings.swappiness;
  if (!value || *value <= kCalmSwappiness || !system.memory || !system.paging.swapped_in)
    return std::nullopt;
  const double rate = static_cast<double>(*system.paging.swapped_in) / situation.seconds();
  const double cache = static_cast<double>(system.memory->cached_bytes) /
                       static_cast<double>(std::max<std::uint64_t>(1, system.memory->total_bytes));
  if (rate < kSwapInRate || cache < kCacheToSpare) return std::nullopt;
  SettingRow row;
  row.name = "vm.swappiness";
  row.value = *value;
  row.advice = std::to_string(kCalmSwappiness);
  row.why = number_text(rate, Unit::kCount) + " pages a second come back from swap while " +
            number_text(cache, Unit::kRatio) + " of memory is cache";
  return row;
}

/// Who writes is held back, and what is still to be written takes the disk seconds.
std::optional<SettingRow> dirty_limit(const Situation& situation) {
  const SystemRow& system = situation.snapshot().system;
  const Paging& paging = system.paging;
  if (!paging.dirty_bytes || !paging.dirty_limit_bytes || !paging.dirty_background_bytes ||
      !system.io_pressure || system.io_pressure->some_ratio < kDiskPressure)
    return std::nullopt;
  const double held_from = static_cast<double>(*paging.dirty_limit_bytes) / 2 +
                           static_cast<double>(*paging.dirty_background_bytes) / 2;
  const auto dirty = static_cast<double>(*paging.dirty_bytes);
  double rate = 0;
  for (const DiskRow& disk : system.disks)
    rate += static_cast<double>(disk.write_bytes) / situation.seconds();
  if (dirty < kThrottledFrom * held_from || rate <= 0 || dirty / rate < kLongestBacklog)
    return std::nullopt;
  SettingRow row;
  const bool in_bytes = system.settings.dirty_bytes.value_or(0) > 0;
  row.name = in_bytes ? "vm.dirty_bytes" : "vm.dirty_ratio";
  row.value = (in_bytes ? system.settings.dirty_bytes : system.settings.dirty_ratio).value_or(0);
  const auto kept = static_cast<std::uint64_t>(rate * kSecondsKept);
  row.advice = "vm.dirty_bytes=" + std::to_string(kept) +
               " vm.dirty_background_bytes=" + std::to_string(kept / 2);
  row.why = number_text(dirty, Unit::kBytes) + " are still to be written, which takes the disks " +
            number_text(dirty / rate, Unit::kSeconds) + ", and who writes has to wait";
  row.grade = Grade::kHarm;
  return row;
}

std::optional<SettingRow> files_max(const Situation& situation) {
  const SettingsReading& settings = situation.snapshot().system.settings;
  if (!settings.files_open || !settings.files_max || *settings.files_max == 0) return std::nullopt;
  const double used =
      static_cast<double>(*settings.files_open) / static_cast<double>(*settings.files_max);
  if (used < kFilesNear) return std::nullopt;
  SettingRow row;
  row.name = "fs.file-max";
  row.value = *settings.files_max;
  row.advice = std::to_string(2 * *settings.files_max);
  row.why = std::to_string(*settings.files_open) + " files are open, " +
            number_text(used, Unit::kRatio) + " of what it allows";
  row.grade = used < kFilesDanger ? Grade::kHarm : Grade::kDanger;
  return row;
}

}  // namespace

std::vector<SettingRow> find_settings(const Situation& situation) {
  std::vector<SettingRow> rows;
  if (situation.seconds() <= 0) return rows;
  for (const auto look : {somaxconn, swappiness, dirty_limit, files_max})
    if (auto row = look(situation)) rows.push_back(std::move(*row));
  return rows;
}

}  // namespace culprit
