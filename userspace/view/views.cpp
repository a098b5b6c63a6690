// SPDX-License-Identifier: Apache-2.0
#include "view/views.h"

namespace culprit {
namespace {

constexpr ColumnPlace kProcessColumns[] = {
    {"pid", 0},
    {"user", 5},
    {"unit", 4},
    {"class", 9},
    {"cpu_cores", 0},
    {"run_queue_seconds", 1},
    {"stalled_seconds", 3},
    {"memory.rss_bytes", 2},
    {"memory.growth_bytes_per_hour", 6},
    {"disk.read_bytes", 7},
    {"disk.write_bytes", 7},
    {"network.receive_bytes", 10},
    {"network.transmit_bytes", 10},
    {"cpu_seconds_total", 8},
    {"command", 0},
};

constexpr ColumnPlace kThreadColumns[] = {
    {"tid", 0},
    {"pid", 1},
    {"user", 8},
    {"unit", 6},
    {"condition", 3},
    {"blocked_on", 3},
    {"cpu_cores", 0},
    {"run_queue_seconds", 1},
    {"stalled_seconds", 2},
    {"context_switches", 5},
    {"disk.read_bytes", 7},
    {"disk.write_bytes", 7},
    {"network.receive_bytes", 9},
    {"network.transmit_bytes", 9},
    {"name", 2},
    {"command", 0},
};

constexpr ColumnPlace kUnitColumns[] = {
    {"processes", 3},
    {"cpu_cores", 0},
    {"cpu_quota_cores", 6},
    {"throttled_ratio", 5},
    {"run_queue_seconds", 1},
    {"stalled_seconds", 2},
    {"memory.used_bytes", 1},
    {"memory.limit_bytes", 4},
    {"disk.read_bytes", 7},
    {"disk.write_bytes", 7},
    {"network.receive_bytes", 8},
    {"network.transmit_bytes", 8},
    {"name", 0},
};

constexpr ColumnPlace kQueryColumns[] = {
    {"system", 4},
    {"database", 9},
    {"calls", 0},
    {"errors", 3},
    {"seconds", 0},
    {"latency.p50_seconds", 5},
    {"latency.p95_seconds", 1},
    {"latency.p99_seconds", 2},
    {"latency.max_seconds", 8},
    {"parts.server_seconds", 6},
    {"parts.pickup_seconds", 6},
    {"parts.stream_seconds", 6},
    {"rows", 7},
    {"text", 0},
};

constexpr ColumnPlace kEndpointColumns[] = {
    {"process.pid", 8},
    {"process.name", 3},
    {"requests", 0},
    {"errors", 1},
    {"latency.p50_seconds", 5},
    {"latency.p95_seconds", 1},
    {"latency.p99_seconds", 4},
    {"latency.max_seconds", 7},
    {"calls_per_request", 2},
    {"bytes_per_response", 6},
    {"method", 0},
    {"route", 0},
};

constexpr ColumnPlace kDatabaseColumns[] = {
    {"system", 0},
    {"operations", 0},
    {"errors", 2},
    {"latency.p50_seconds", 6},
    {"latency.p95_seconds", 1},
    {"latency.p99_seconds", 3},
    {"latency.max_seconds", 7},
    {"open", 2},
    {"busy_mean", 4},
    {"busy_peak", 4},
    {"cache.hit_ratio", 5},
    {"address", 0},
};

constexpr ColumnPlace kServiceColumns[] = {
    {"protocol", 2},
    {"connects", 3},
    {"connect_failures", 2},
    {"requests", 0},
    {"errors", 1},
    {"latency.p50_seconds", 6},
    {"latency.p95_seconds", 1},
    {"latency.p99_seconds", 4},
    {"latency.max_seconds", 7},
    {"healthy", 5},
    {"address", 0},
};

constexpr ColumnPlace kTaskColumns[] = {
    {"process.pid", 6},
    {"class", 1},
    {"kind", 5},
    {"cpu_cores", 0},
    {"cpu_share_error", 3},
    {"run_queue_seconds", 1},
    {"delay_seconds", 2},
    {"blocked_seconds.disk", 9},
    {"blocked_seconds.lock", 9},
    {"memory_growth_bytes", 7},
    {"calls.count", 4},
    {"runs", 8},
    {"period_seconds", 2},
    {"cpu_seconds_per_run", 2},
    {"name", 0},
};

constexpr ColumnPlace kFindingColumns[] = {
    {"severity", 0}, {"id", 1}, {"target", 5}, {"victims", 4}, {"confidence", 6}, {"summary", 0},
};

constexpr ViewTraits kTraits[kViews] = {
    {.name = "processes",
     .row = "process",
     .sort = "cpu_cores",
     .has_tree = true,
     .columns = kProcessColumns,
     .empty = "no processes"},
    {.name = "threads",
     .row = "thread",
     .sort = "cpu_cores",
     .columns = kThreadColumns,
     .empty = "no thread ran"},
    // A tree of units needs room to grow.
    {.name = "units",
     .row = "unit",
     .sort = "cpu_cores",
     .has_tree = true,
     .is_tree = true,
     .columns = kUnitColumns,
     .last_column_width = 28,
     .empty = "cgroups cannot be read on this host"},
    {.name = "queries",
     .row = "query",
     .sort = "seconds",
     .shows_calls = true,
     .columns = kQueryColumns,
     .last_column_width = 30,
     .empty = "no database or cache traffic in this interval"},
    {.name = "endpoints",
     .row = "endpoint",
     .sort = "requests",
     .shows_calls = true,
     .columns = kEndpointColumns,
     .last_column_width = 20,
     .empty = "no HTTP request was answered in this interval"},
    {.name = "databases",
     .row = "database",
     .sort = "operations",
     .shows_calls = true,
     .columns = kDatabaseColumns,
     .last_column_width = 20,
     .empty = "no connection to a database or cache is known"},
    {.name = "services",
     .row = "service",
     .sort = "requests",
     .shows_calls = true,
     .columns = kServiceColumns,
     .last_column_width = 20,
     .empty = "no connection to another server is known"},
    {.name = "tasks",
     .row = "task",
     .sort = "cpu_cores",
     .has_tree = true,
     .is_tree = true,
     .columns = kTaskColumns,
     .last_column_width = 24,
     .empty = "no task did anything"},
    {.name = "findings",
     .row = "finding",
     .sort = "level",
     .columns = kFindingColumns,
     .last_column_width = 40,
     .empty = "nothing is wrong"},
};

}  // namespace

const ViewTraits& traits_of(View view) {
  return kTraits[static_cast<std::size_t>(view)];
}

std::optional<View> view_named(std::string_view name) {
  for (const View view : kEveryView)
    if (traits_of(view).name == name) return view;
  return std::nullopt;
}

}  // namespace culprit
