// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analyze/situation.h"

namespace culprit {

// A row as TARGET of DESIGN §6.
Target target_of(const ProcessRow& row);
Target target_of(const ProcessName& process);
Target target_of(const UnitRow& row);
Target target_of(const TaskRow& row);
Target target_of(const QueryRow& row);
Target target_of(const EndpointRow& row);
Target target_of(const DatabaseRow& row);
Target target_of(const ServiceRow& row);
Target target_of(const DiskRow& row);
Target target_of(const FilesystemRow& row);
Target host_target(const Snapshot& snapshot);

std::vector<Target> targets_of(const std::vector<ProcessName>& processes);
/// Services that a process answers, then who asks them.
std::vector<Target> targets_of(const std::vector<const ServiceRow*>& services);
std::vector<Target> targets_of(const std::vector<const ProcessRow*>& processes);

/// The processes for which `weight` is at least `least`, heaviest first.
template <typename Weight>
std::vector<const ProcessRow*> heaviest(const Snapshot& snapshot, double least, Weight&& weight) {
  std::vector<std::pair<double, const ProcessRow*>> found;
  for (const ProcessRow& row : snapshot.processes)
    if (const double value = weight(row); value >= least && value > 0)
      found.emplace_back(value, &row);
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<const ProcessRow*> rows;
  for (const auto& [value, row] : found) rows.push_back(row);
  return rows;
}

/// Identifies a target among those of its time.
std::string target_key(const Target& target);

/// By what target_key tells apart, without making it: for look-ups of thousands.
struct TargetHash {
  std::size_t operator()(const Target& target) const;
};
struct SameTarget {
  bool operator()(const Target& a, const Target& b) const;
};

/// "python3 (812)", "GET /users/{id}", "nginx.service": as a person writes it, on one line.
std::string target_text(const Target& target);
/// Its text without line breaks and escapes, cut to `most` bytes.
std::string plain_text(std::string_view text, std::size_t most = 160);

}  // namespace culprit
