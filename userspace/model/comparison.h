// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/finding.h"

namespace culprit {

/// What became of a number from one analysis to another.
enum class Change : std::uint8_t {
  kWorse,
  kBetter,
  kDifferent,  ///< neither good nor bad by itself: more requests
  kSame,       ///< no more than noise
  kUnknown,    ///< too little was seen to tell it from noise
};

/// One number of one thing, in both analyses.
struct Compared {
  TargetKind kind = TargetKind::kHost;
  std::string name;
  std::string metric;  ///< "latency.p50_seconds", "cpu_cores"
  std::string unit;    ///< as in Evidence
  double before = 0, after = 0;
  /// How likely noise alone makes as much of a difference, all comparisons taken into account;
  /// absent where it cannot be told.
  std::optional<double> probability;
  Change change = Change::kUnknown;
};

/// A finding that came, went, or is of another severity.
struct FindingChange {
  std::string id;
  TargetKind kind = TargetKind::kHost;
  std::string name, summary;
  std::optional<Severity> before, after;  ///< absent: it did not hold
  Change change = Change::kWorse;
};

/// What was compared.
struct ComparedAnalysis {
  std::string file;
  std::string hostname, kernel;
  double cpu_count = 0;
  std::string start, end;  ///< as in the document
  double seconds = 0;
  std::size_t intervals = 0;
  std::optional<double> score;
};

struct BeforeAfter {
  ComparedAnalysis before, after;
  std::vector<Compared> numbers;        ///< those that differ first, worst first
  std::vector<FindingChange> findings;  ///< worse first
  /// Nothing differs beyond noise.
  bool same() const;
  /// Something got worse.
  bool regressed() const;
};

/// "worse", "better", "different", "same" or "unknown".
std::string_view change_name(Change change);

}  // namespace culprit
