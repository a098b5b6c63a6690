// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "model/comparison.h"
#include "util/result.h"

namespace culprit {

/// What is compared of a thing.
enum class Metric : std::uint8_t { kCpu, kMedian, kTail, kRate, kCallsPerRequest, kErrors };

/// What one interval tells of a metric of a thing.
struct Observation {
  double value = 0;
  double count = 0;   ///< of requests or calls that it rests on
  double spread = 0;  ///< of latencies: standard deviation of their logarithms
};

/// Names a thing in both analyses: neither pids nor ports are in it.
struct ObservedKey {
  TargetKind kind = TargetKind::kHost;
  std::string id;
  auto operator<=>(const ObservedKey&) const = default;
};

struct ObservedThing {
  std::string name;
  std::map<Metric, std::map<std::size_t, Observation>> values;  ///< by number of the interval
};

struct ObservedFinding {
  std::string id, name, summary;
  TargetKind kind = TargetKind::kHost;
  Severity severity = Severity::kInfo;  ///< when it was seen last
  std::vector<std::size_t> judgements;  ///< numbers of those in which it held
};

/// One analysis, or a series of them, as far as it is compared.
struct ObservedAnalysis {
  ComparedAnalysis about;
  std::vector<double> lengths;  ///< of the intervals, in seconds
  std::size_t judgements = 0;   ///< documents that findings were read of
  std::vector<double> scores;
  std::map<ObservedKey, ObservedThing> things;
  std::map<std::string, ObservedFinding> findings;
};

/// Adds a document culprit.snapshot/1, which may be anything: a misuse names `place` (a file, and
/// the line within it) and what was expected where.
Status add_analysis(ObservedAnalysis& all, const nlohmann::json& document, std::string_view place);

/// Sets findings and score aside for those of one document of all the time.
Status use_judgement_of(ObservedAnalysis& all, const nlohmann::json& document,
                        std::string_view place);

}  // namespace culprit
