// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/action.h"

namespace culprit {

enum class Severity : std::uint8_t { kInfo, kWarning, kCritical };

enum class TargetKind : std::uint8_t {
  kHost,
  kUnit,
  kProcess,
  kTask,
  kQuery,
  kEndpoint,
  kDatabase,
  kService,
  kDevice,
  kFilesystem,
};

/// What a finding is about, or whom it harms (TARGET of DESIGN §6).
struct Target {
  TargetKind kind = TargetKind::kHost;
  std::string name;
  std::optional<std::uint32_t> pid;  ///< of a process, and of the process of an endpoint
  std::optional<std::uint64_t> start_time_ns;
  std::optional<std::string> id;  ///< of a task or query; cgroup path of a unit
  bool operator==(const Target&) const = default;
};

/// One number that a finding rests on.
struct Evidence {
  std::string metric;  ///< table and field: "query.latency.p95_seconds"
  double value = 0;
  std::optional<double> threshold;  ///< absent: told for its own sake
  std::string unit;                 ///< "seconds", "bytes", "ratio", …; "" of a count
};

/// A condition of the catalogue that holds now.
struct Finding {
  std::string id;
  Severity severity = Severity::kInfo;
  std::string category;
  Target target;
  std::vector<Target> victims;  ///< most harmed first
  std::string summary;
  std::int64_t since_wall_ns = 0;
  double confidence = 0;  ///< 0…1
  std::vector<Evidence> evidence;
  std::vector<std::string> explains;  ///< ids of findings that it is the cause of
};

enum class Effort : std::uint8_t { kLow, kMedium, kHigh };
enum class Priority : std::uint8_t { kLow, kMedium, kHigh, kCritical };

/// What to do about a finding.
struct Recommendation {
  std::string id;
  std::string finding;
  std::string category, type;
  Target target;
  Priority priority = Priority::kLow;
  std::string description;
  std::vector<std::string> actions;
  std::string expected_impact;  ///< "" where nothing was measured that tells
  /// Seconds that would be saved, per second; of CPU, of waiting or of answers.
  std::optional<double> saved_ratio;
  Effort effort = Effort::kMedium;
  /// What culprit itself can do about it; absent: nothing, or nobody has looked.
  std::optional<Action> action;
};

struct ScorePart {
  std::string name;  ///< id of the finding
  double lost = 0;
  std::string because;
};

/// 100 less what each finding costs.
struct Score {
  double value = 100;
  std::vector<ScorePart> parts;  ///< dearest first
};

/// What a snapshot means. Absent from one that nobody judged.
struct Judgement {
  std::vector<Finding> findings;                ///< worst first
  std::vector<Recommendation> recommendations;  ///< most worth doing first
  Score score;
};

/// "info", "warning" or "critical".
std::string_view severity_name(Severity severity);
/// "host", "unit" and so on.
std::string_view target_kind_name(TargetKind kind);
/// "low", "medium" or "high".
std::string_view effort_name(Effort effort);
/// "low" to "critical".
std::string_view priority_name(Priority priority);

}  // namespace culprit
