// SPDX-License-Identifier: Apache-2.0
#include "view/history.h"

#include <utility>

namespace culprit {
namespace {

void append(std::vector<float>& values, double value) {
  if (values.size() == History::kLength) values.erase(values.begin());
  values.push_back(static_cast<float>(value));
}

}  // namespace

void History::add(const Snapshot& snapshot) {
  if (snapshot.seconds <= 0) return;
  std::map<ProcessId, Series> next;
  for (const ProcessRow& row : snapshot.processes) {
    if (next.size() == kProcesses) break;
    auto node = series_.extract(row.id);
    Series series = node ? std::move(node.mapped()) : Series();
    append(series.cpu_percent, 100 * row.usage.cpu_seconds / snapshot.seconds);
    if (row.usage.run_queue_seconds)
      append(series.run_queue_percent, 100 * *row.usage.run_queue_seconds / snapshot.seconds);
    if (row.memory) append(series.rss_bytes, static_cast<double>(row.memory->rss_bytes));
    next.insert_or_assign(row.id, std::move(series));
  }
  series_ = std::move(next);
}

const History::Series* History::find(ProcessId id) const {
  const auto found = series_.find(id);
  return found == series_.end() ? nullptr : &found->second;
}

}  // namespace culprit
