// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "util/result.h"

namespace culprit {

enum class Knob : std::uint8_t {
  kCpuQuota,    ///< CPUs
  kCpuWeight,   ///< 1 … 10000, 100 is what everybody has
  kIoWeight,    ///< the same of disks
  kIoMax,       ///< bytes a second, of each disk
  kMemoryHigh,  ///< bytes
  kTasksMax,    ///< processes and threads
  kNice,
  kPolicy,   ///< "batch" or "idle"
  kIoClass,  ///< "idle" or "best-effort/LEVEL"
  kOpenFiles,
  kDenyConnect,    ///< "ADDRESS:PORT" to which no TCP connections are made
  kConnectRate,    ///< TCP connections a second
  kEgress,         ///< bytes a second
  kKernelSetting,  ///< "NAME=VALUE"
  kFreeze,         ///< nanoseconds
};

/// What a knob is to be set to.
struct Setting {
  Knob knob = Knob::kCpuWeight;
  double cpus = 0;          ///< of kCpuQuota
  std::int64_t number = 0;  ///< of kCpuWeight, kIoWeight, kTasksMax, kNice, kFreeze; bytes; a
                            ///< second; open files, 0 as many as may be
  std::string word = {};    ///< of kPolicy, kIoClass, kDenyConnect, kKernelSetting
  bool operator==(const Setting&) const = default;
};

/// "cpu quota", "cpu weight" and so on.
std::string_view knob_name(Knob knob);
/// "20 % of one CPU", "weight 10", "2G".
std::string setting_text(const Setting& setting);

/// A knob as an option of culprit throttle.
struct KnobOption {
  const char *name, *help;
  Result<Setting> (*parse)(std::string_view text);
};
std::span<const KnobOption> knob_options();
/// The setting that this option and its argument ask for.
Result<Setting> parse_setting(std::string_view option, std::string_view text);

// Arguments of culprit throttle; each says what was expected when it is something else.

/// "20%" and "1.5": of one CPU.
Result<Setting> parse_cpu_quota(std::string_view text);
Result<Setting> parse_weight(Knob knob, std::string_view text);
Result<Setting> parse_nice(std::string_view text);
Result<Setting> parse_policy(std::string_view text);
Result<Setting> parse_io_class(std::string_view text);
/// "512M", "2G", bytes.
Result<Setting> parse_memory_high(std::string_view text);
/// Processes and threads.
Result<Setting> parse_tasks_max(std::string_view text);
/// A number or "max".
Result<Setting> parse_open_files(std::string_view text);

/// "512M", "2G", "100": bytes; absent when it is none, or more than 2^50.
std::optional<std::int64_t> parse_bytes(std::string_view text);

}  // namespace culprit
