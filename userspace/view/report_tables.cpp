// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <initializer_list>
#include <string_view>
#include <variant>

#include "model/usage.h"
#include "util/utf8.h"
#include "view/column.h"
#include "view/format.h"
#include "view/report_parts.h"
#include "view/task_words.h"

namespace culprit::report_parts {
namespace {

using document::Document;
using document::Table;

constexpr std::size_t kTextBytes = 200;

/// A column of `top` under a title that one understands without its help.
struct Shown {
  std::string_view id, title;
  bool code = false;
};
using ShownColumns = std::initializer_list<Shown>;

/// As `top` shows it, but for what it has no room for.
std::string cell(const Column& column, const Line& line, double seconds) {
  if (column.id != "class") return column.text(line, seconds);
  const Value value = column.value(line, seconds);
  const auto* name = std::get_if<std::string>(&value);
  return name ? *name : "-";
}

Table table_of(View view, ShownColumns columns, const std::vector<Line>& lines, double seconds) {
  Table table;
  std::vector<const Column*> fields;
  for (const Shown& shown : columns) {
    const Column* column = find_column(view, shown.id);
    if (!column) continue;
    fields.push_back(column);
    table.columns.push_back({std::string(shown.title), !column->left, shown.code});
  }
  for (const Line& line : lines) {
    if (table.rows.size() == kRowsShown) break;
    std::vector<std::string>& row = table.rows.emplace_back();
    for (const Column* column : fields)
      row.push_back(shortened(cell(*column, line, seconds), kTextBytes));
  }
  if (lines.size() > kRowsShown)
    table.note = "and " + std::to_string(lines.size() - kRowsShown) + " more";
  return table;
}

void push_table(Document& out, const char* title, const char* note, Table table) {
  if (table.rows.empty()) return;
  out.blocks.push_back(document::Subheading{title, note});
  out.blocks.push_back(std::move(table));
}

template <typename Row>
std::vector<Line> lines_of(const std::vector<Row>& rows, const Row* Line::*member) {
  std::vector<Line> lines;
  for (const Row& row : rows) lines.emplace_back().*member = &row;
  return lines;
}

void process_table(Document& out, const Snapshot& now) {
  std::vector<Line> lines;
  for (const ProcessRow& row : now.processes)
    if (used_anything(row.usage) || row.oom_killed) lines.push_back({.process = &row});
  push_table(out, "Processes", "busiest first; times in percent of one CPU or thread",
             table_of(View::kProcesses,
                      {{"pid", "PID"},
                       {"command", "Command", true},
                       {"unit", "Unit"},
                       {"class", "Class"},
                       {"cpu_cores", "CPU %"},
                       {"run_queue_seconds", "Waited for a CPU %"},
                       {"stalled_seconds", "Blocked %"},
                       {"memory.rss_bytes", "Memory"},
                       {"disk.read_bytes", "Read/s"},
                       {"disk.write_bytes", "Written/s"}},
                      lines, now.seconds));
}

void task_table(Document& out, const Snapshot& now) {
  std::vector<const TaskRow*> shown;
  for (const TaskRow& row : now.tasks)
    if (row.cpu_seconds > 0 || row.rhythm.period_seconds) shown.push_back(&row);
  std::vector<Line> lines;
  for (const TaskRow* row : shown) lines.push_back({.task = row});
  Table table = table_of(View::kTasks,
                         {{"name", "Task", true},
                          {"process.name", "Process"},
                          {"kind", "Kind"},
                          {"class", "Class"},
                          {"cpu_cores", "CPU %"},
                          {"cpu_share_error", "±"},
                          {"run_queue_seconds", "Waited for a CPU %"},
                          {"calls.count", "Calls/s"}},
                         lines, now.seconds);
  table.columns.push_back({"Rhythm"});
  for (std::size_t row = 0; row < table.rows.size(); ++row)
    table.rows[row].push_back(rhythm_text(shown[row]->rhythm).value_or("-"));
  push_table(out, "Tasks", "work inside and across processes", std::move(table));
}

void call_tables(Document& out, const Snapshot& now) {
  push_table(out, "Endpoints", "requests that were answered",
             table_of(View::kEndpoints,
                      {{"method", "Method"},
                       {"route", "Route", true},
                       {"process.name", "Process"},
                       {"requests", "Requests/s"},
                       {"errors", "Errors/s"},
                       {"calls_per_request", "Calls a request"},
                       {"latency.p50_seconds", "p50"},
                       {"latency.p95_seconds", "p95"},
                       {"latency.p99_seconds", "p99"},
                       {"latency.max_seconds", "Longest"}},
                      lines_of(now.endpoints, &Line::endpoint), now.seconds));
  push_table(out, "Queries", "most time first; time in percent of the interval",
             table_of(View::kQueries,
                      {{"text", "Query", true},
                       {"system", "System"},
                       {"calls", "Calls/s"},
                       {"errors", "Errors/s"},
                       {"seconds", "Time %"},
                       {"latency.p50_seconds", "p50"},
                       {"latency.p95_seconds", "p95"},
                       {"latency.p99_seconds", "p99"},
                       {"parts.server_seconds", "Server %"},
                       {"rows", "Rows/s"}},
                      lines_of(now.queries, &Line::query), now.seconds));
  push_table(out, "Databases and caches", "",
             table_of(View::kDatabases,
                      {{"system", "System"},
                       {"address", "Address", true},
                       {"operations", "Operations/s"},
                       {"errors", "Errors/s"},
                       {"latency.p50_seconds", "p50"},
                       {"latency.p95_seconds", "p95"},
                       {"open", "Connections"},
                       {"busy_mean", "Busy, mean"},
                       {"busy_peak", "Busy, most"},
                       {"cache.hit_ratio", "Hits %"}},
                      lines_of(now.databases, &Line::database), now.seconds));
  push_table(out, "Services depended on", "",
             table_of(View::kServices,
                      {{"address", "Address", true},
                       {"protocol", "Protocol"},
                       {"requests", "Requests/s"},
                       {"errors", "Errors/s"},
                       {"connects", "Connections/s"},
                       {"connect_failures", "Failed/s"},
                       {"latency.p50_seconds", "p50"},
                       {"latency.p95_seconds", "p95"},
                       {"healthy", "Healthy"}},
                      lines_of(now.services, &Line::service), now.seconds));
}

void disk_table(Document& out, const Snapshot& now) {
  Table table{{{"Disk", false, true},
               {"Read/s", true},
               {"Written/s", true},
               {"Busy %", true},
               {"p50", true},
               {"p95", true},
               {"p99", true}},
              {}};
  const auto latency = [](const DiskRow& disk, double Latency::*which) {
    return disk.latency ? format_latency((*disk.latency).*which) : "-";
  };
  for (const DiskRow& disk : now.system.disks)
    if (disk.read_bytes + disk.write_bytes > 0 && table.rows.size() < kRowsShown)
      table.rows.push_back(
          {disk.name, format_bytes(static_cast<double>(disk.read_bytes) / now.seconds),
           format_bytes(static_cast<double>(disk.write_bytes) / now.seconds),
           format_percent(100 * disk.busy_ratio), latency(disk, &Latency::p50_seconds),
           latency(disk, &Latency::p95_seconds), latency(disk, &Latency::p99_seconds)});
  push_table(out, "Disks", "", std::move(table));
}

void filesystem_table(Document& out, const Snapshot& now) {
  Table table{{{"Mount", false, true}, {"Size", true}, {"Used %", true}, {"Full in", true}}, {}};
  for (const FilesystemRow& row : now.system.filesystems)
    if (table.rows.size() < kRowsShown)
      table.rows.push_back({row.mount, format_bytes(static_cast<double>(row.size_bytes)),
                            format_percent(100 * row.used_ratio),
                            row.full_in_seconds ? format_duration(*row.full_in_seconds) : "-"});
  push_table(out, "Filesystems", "", std::move(table));
}

void host_table(Document& out, const Snapshot& now) {
  const SystemRow& system = now.system;
  Table table{{{"Of the host"}, {"Value", true}}, {}};
  const auto row = [&](const char* name, std::string value) {
    table.rows.push_back({name, std::move(value)});
  };
  if (system.load_average)
    row("Load average over 1, 5, 15 min", format_count((*system.load_average)[0]) + ", " +
                                              format_count((*system.load_average)[1]) + ", " +
                                              format_count((*system.load_average)[2]));
  const auto pressure = [&](const char* name, const std::optional<Pressure>& held) {
    if (held) row(name, format_percent(100 * held->some_ratio) + " %");
  };
  pressure("Time that somebody waited for a CPU", system.cpu_pressure);
  pressure("Time that somebody waited for memory", system.memory_pressure);
  pressure("Time that somebody waited for a disk", system.io_pressure);
  const auto rate = [&](const char* name, const std::optional<std::uint64_t>& amount) {
    if (amount) row(name, format_bytes(static_cast<double>(*amount) / now.seconds) + "/s");
  };
  rate("Received", system.receive_bytes);
  rate("Sent", system.transmit_bytes);
  row("Processes", std::to_string(system.process_count));
  if (system.processes_started)
    row("Processes that started", std::to_string(*system.processes_started));
  push_table(out, "Host", "", std::move(table));
}

}  // namespace

void tables(Document& out, const Snapshot& now) {
  if (now.seconds <= 0) return;
  out.blocks.push_back(document::Heading{"What was measured"});
  process_table(out, now);
  task_table(out, now);
  call_tables(out, now);
  host_table(out, now);
  disk_table(out, now);
  filesystem_table(out, now);
}

}  // namespace culprit::report_parts
