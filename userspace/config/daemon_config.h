// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "act/engine.h"
#include "act/journal.h"
#include "act/timetable.h"
#include "act/week_window.h"
#include "store/history_options.h"
#include "util/result.h"

namespace culprit {

inline constexpr char kConfigPath[] = "/etc/culprit/culprit.json";
inline constexpr char kRulesDirectory[] = "/etc/culprit/rules.d";
inline constexpr char kSocketPath[] = "/run/culprit/culprit.sock";

struct SocketConfig {
  std::filesystem::path path = kSocketPath;
  std::string group = "culprit";  ///< whose members may read
  std::size_t most_clients = 64;
  bool operator==(const SocketConfig&) const = default;
};

struct HistoryConfig {
  bool enabled = true;
  std::filesystem::path path = kHistoryPath;
  HistoryOptions options;
};

struct ActConfig {
  Mode mode = Mode::kDryRun;  ///< kOff where it is not told and the interval does not allow more
  std::chrono::nanoseconds lease = EngineOptions().lease;
  std::filesystem::path state = kStateDirectory;   ///< directory of the journal
  std::filesystem::path schedule = kSchedulePath;  ///< what is planned
  std::map<std::string, Mode> modes;               ///< by rule: the lower one holds
  AutoWindows windows;                             ///< when mode auto holds; else it is approve
};

/// What culprit.json says; packaging/culprit.json tells what it means.
struct DaemonConfig {
  std::chrono::nanoseconds interval = std::chrono::seconds(1);
  std::set<std::string> without;  ///< features to do without
  bool hide_commands = false;
  std::filesystem::path rules = kRulesDirectory;
  std::string log_level = "info";
  double cpu_budget_ratio = 0.02;  ///< own CPU time, of the time of all CPUs
  SocketConfig socket;
  HistoryConfig history;
  ActConfig act;
};

/// Compiles the text of a file of that name: JSON with comments. What it does not say keeps its
/// default; an error names file, JSON pointer, and what was expected there.
Result<DaemonConfig> compile_daemon_config(std::string_view file, std::string_view text);

/// The engine holds what it sees in a second against other seconds; an error names the place of
/// `file` that asks for something else.
Status check_mode(const DaemonConfig& config, std::string_view file);

/// Reads a file. One that is not there says nothing, unless it `has_to` be.
Result<DaemonConfig> read_daemon_config(const std::filesystem::path& file, bool has_to);

}  // namespace culprit
