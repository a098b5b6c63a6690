// SPDX-License-Identifier: Apache-2.0
#include "model/call_model.h"

#include <utility>

#include "model/call_interval.h"

namespace culprit {

CallRows CallModel::advance(const Sample& sample, const ProcessTable& table, const TaskNames& names,
                            std::uint64_t previous_ns, bool first) {
  memory_.texts.learn(sample.query_texts);
  if (first || !sample.coverage.calls) {
    memory_.connections.clear();
    memory_.requests.clear();
    memory_.services.clear();
  }
  if (!sample.coverage.calls) return {};
  const std::uint64_t start_ns = first ? sample.monotonic_ns : previous_ns;
  memory_.connections.advance(sample.connections, start_ns, first);
  CallRows rows = CallInterval(sample, {table, names}, memory_, start_ns).rows();
  return first ? CallRows{} : std::move(rows);
}

void add_calls(Snapshot& snapshot, CallRows& rows) {
  if (!rows.covered) return;
  snapshot.databases = std::move(rows.databases);
  snapshot.queries = std::move(rows.queries);
  snapshot.endpoints = std::move(rows.endpoints);
  snapshot.services = std::move(rows.services);
  for (ProcessRow& process : snapshot.processes) {
    process.calls = CallTotals{};
    const auto found = rows.processes.find(process.id);
    if (found == rows.processes.end()) continue;
    process.calls = found->second.made;
    process.requests = std::move(found->second.answered);
  }
}

}  // namespace culprit
