// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <numeric>

#include "view/column.h"
#include "view/format.h"
#include "view/report_parts.h"

namespace culprit::report_parts {
namespace {

using document::Bar;
using document::BarChart;
using document::Document;

constexpr std::size_t kBarsShown = 10;
constexpr double kLeastShare = 0.002;  // of one CPU: less is not worth a bar

constexpr long kByUse = 1, kByTail = 2;  // CPU time; p50 and what p95 is longer

std::string percent(double seconds, const Snapshot& snapshot) {
  return format_percent(100 * seconds / snapshot.seconds) + " %";
}

Bar cpu_bar(std::string label, double cpu, std::optional<double> queued, const Snapshot& snapshot) {
  Bar bar{std::move(label), {cpu, queued.value_or(0)}, percent(cpu, snapshot)};
  if (queued.value_or(0) >= kLeastShare * snapshot.seconds)
    bar.shown += ", waited " + percent(*queued, snapshot);
  return bar;
}

/// Those whose first `telling` parts are longest.
void push_chart(Document& out, BarChart chart, long telling) {
  const auto length = [&](const Bar& bar) {
    return std::accumulate(bar.parts.begin(), bar.parts.begin() + telling, 0.0);
  };
  std::stable_sort(chart.bars.begin(), chart.bars.end(),
                   [&](const Bar& a, const Bar& b) { return length(a) > length(b); });
  if (chart.bars.size() > kBarsShown) chart.bars.resize(kBarsShown);
  if (!chart.bars.empty()) out.blocks.push_back(std::move(chart));
}

void process_chart(Document& out, const Snapshot& snapshot) {
  BarChart chart{"CPU by process", {"on a CPU", "waited for one"}, {}};
  for (const ProcessRow& row : snapshot.processes) {
    const double used = row.usage.cpu_seconds + row.usage.run_queue_seconds.value_or(0);
    if (used < kLeastShare * snapshot.seconds) continue;
    chart.bars.push_back(cpu_bar(row.name + " (" + std::to_string(row.id.pid) + ")",
                                 row.usage.cpu_seconds, row.usage.run_queue_seconds, snapshot));
  }
  push_chart(out, std::move(chart), kByUse);
}

void task_chart(Document& out, const Snapshot& snapshot) {
  BarChart chart{"CPU by task", {"on a CPU", "waited for one"}, {}};
  for (const TaskRow& row : snapshot.tasks) {
    if (row.cpu_seconds < kLeastShare * snapshot.seconds) continue;
    chart.bars.push_back(cpu_bar(row.name, row.cpu_seconds, row.run_queue_seconds, snapshot));
  }
  push_chart(out, std::move(chart), kByUse);
}

/// p50, then what p95 and p99 are longer.
void add_latency(BarChart& chart, std::string label, const std::optional<Latency>& latency) {
  if (!latency) return;
  chart.bars.push_back(
      {std::move(label),
       {latency->p50_seconds, std::max(0.0, latency->p95_seconds - latency->p50_seconds),
        std::max(0.0, latency->p99_seconds - latency->p95_seconds)},
       format_latency(latency->p50_seconds) + " · " + format_latency(latency->p95_seconds) + " · " +
           format_latency(latency->p99_seconds)});
}

void endpoint_chart(Document& out, const Snapshot& snapshot) {
  BarChart chart{"Latency by endpoint", {"p50", "p95", "p99"}, {}};
  for (const EndpointRow& row : snapshot.endpoints)
    add_latency(chart, row.method + " " + row.route, row.latency);
  push_chart(out, std::move(chart), kByTail);
}

void query_chart(Document& out, const Snapshot& snapshot) {
  BarChart chart{"Latency by query", {"p50", "p95", "p99"}, {}};
  for (const QueryRow& row : snapshot.queries)
    if (!row.waits) add_latency(chart, describe_query(row), row.latency);
  push_chart(out, std::move(chart), kByTail);
}

}  // namespace

void charts(Document& out, const Snapshot& snapshot) {
  if (snapshot.seconds <= 0) return;
  out.blocks.push_back(document::Heading{"Where the time went"});
  process_chart(out, snapshot);
  task_chart(out, snapshot);
  endpoint_chart(out, snapshot);
  query_chart(out, snapshot);
}

}  // namespace culprit::report_parts
