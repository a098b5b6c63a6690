// SPDX-License-Identifier: Apache-2.0
#include "view/column.h"

#include <algorithm>
#include <set>

#include "view/format.h"

namespace culprit {
namespace {

enum class Of { kProcess, kThread, kUnit };

// Columns that are shown by default, in order.
struct Layout {
  Of row;
  std::string_view id;
  int importance;
};

constexpr Layout kProcessLayout[] = {
    {Of::kProcess, "pid", 0},
    {Of::kProcess, "user", 5},
    {Of::kProcess, "unit", 4},
    {Of::kProcess, "class", 9},
    {Of::kProcess, "cpu_cores", 0},
    {Of::kProcess, "run_queue_seconds", 1},
    {Of::kProcess, "stalled_seconds", 3},
    {Of::kProcess, "memory.rss_bytes", 2},
    {Of::kProcess, "memory.growth_bytes_per_hour", 6},
    {Of::kProcess, "disk.read_bytes", 7},
    {Of::kProcess, "disk.write_bytes", 7},
    {Of::kProcess, "network.receive_bytes", 10},
    {Of::kProcess, "network.transmit_bytes", 10},
    {Of::kProcess, "cpu_seconds_total", 8},
    {Of::kProcess, "command", 0},
};

constexpr Layout kThreadLayout[] = {
    {Of::kThread, "tid", 0},
    {Of::kProcess, "pid", 1},
    {Of::kProcess, "user", 8},
    {Of::kProcess, "unit", 6},
    {Of::kThread, "condition", 3},
    {Of::kThread, "blocked_on", 3},
    {Of::kThread, "cpu_cores", 0},
    {Of::kThread, "run_queue_seconds", 1},
    {Of::kThread, "stalled_seconds", 2},
    {Of::kThread, "context_switches", 5},
    {Of::kThread, "disk.read_bytes", 7},
    {Of::kThread, "disk.write_bytes", 7},
    {Of::kThread, "network.receive_bytes", 9},
    {Of::kThread, "network.transmit_bytes", 9},
    {Of::kThread, "name", 2},
    {Of::kProcess, "command", 0},
};

constexpr Layout kUnitLayout[] = {
    {Of::kUnit, "processes", 3},
    {Of::kUnit, "cpu_cores", 0},
    {Of::kUnit, "cpu_quota_cores", 6},
    {Of::kUnit, "throttled_ratio", 5},
    {Of::kUnit, "run_queue_seconds", 1},
    {Of::kUnit, "stalled_seconds", 2},
    {Of::kUnit, "memory.used_bytes", 1},
    {Of::kUnit, "memory.limit_bytes", 4},
    {Of::kUnit, "disk.read_bytes", 7},
    {Of::kUnit, "disk.write_bytes", 7},
    {Of::kUnit, "network.receive_bytes", 8},
    {Of::kUnit, "network.transmit_bytes", 8},
    {Of::kUnit, "name", 0},
};

template <typename Row>
Column make_column(const Field<Row>& field) {
  Column column{&field, field.id, field.title, field.help, field.width};
  column.left = field.unit == Unit::kNone && field.kind == FieldKind::kLabel &&
                field.id.find("pid") == std::string_view::npos && field.id != "tid";
  return column;
}

template <typename Row>
void append_named(std::vector<Column>& columns, std::span<const Field<Row>> fields,
                  const Layout& layout) {
  for (const Field<Row>& field : fields) {
    if (field.id != layout.id) continue;
    columns.push_back(make_column(field));
    columns.back().importance = layout.importance;
    columns.back().shown = true;
  }
}

// Every other field with a title can be chosen; they stand before the last column.
template <typename Row>
void append_others(std::vector<Column>& columns, std::span<const Field<Row>> fields) {
  std::set<std::string_view> there;
  for (const Column& column : columns) there.insert(column.id);
  for (const Field<Row>& field : fields)
    if (!field.title.empty() && !there.count(field.id))
      columns.insert(columns.end() - 1, make_column(field));
}

std::vector<Column> make_columns(std::span<const Layout> layout) {
  std::vector<Column> columns;
  for (const Layout& entry : layout) {
    switch (entry.row) {
      case Of::kProcess:
        append_named(columns, process_fields(), entry);
        break;
      case Of::kThread:
        append_named(columns, thread_fields(), entry);
        break;
      case Of::kUnit:
        append_named(columns, unit_fields(), entry);
        break;
    }
  }
  return columns;
}

std::string short_class(Class value) {
  switch (value) {
    case Class::kForeground:
      return "fore";
    case Class::kBackground:
      return "back";
    case Class::kSystem:
      return "sys";
    case Class::kUnknown:
      return "-";
  }
  return "-";
}

// Most units are services; the word would take the room of the name.
std::string short_unit(std::string unit) {
  constexpr std::string_view kService = ".service";
  if (unit.ends_with(kService)) unit.resize(unit.size() - kService.size());
  return unit;
}

// A table has no room for the directory of a program; the detail pane has.
std::string without_directory(const ProcessRow& process) {
  std::string text = describe_command(process);
  if (!process.command || !process.command->starts_with('/') || process.kernel_thread) return text;
  const std::size_t start = text.size() - process.command->size();
  const std::size_t slash = text.rfind('/', text.find(' ', start));
  if (slash != std::string::npos && slash + 1 < text.size() && text[slash + 1] != ' ')
    text.erase(start, slash + 1 - start);
  return text;
}

}  // namespace

Value Column::value(const Line& line, double interval_seconds) const {
  struct Getter {
    const Line& line;
    double seconds;
    Value operator()(const Field<ProcessRow>* f) const {
      return line.process ? f->get(*line.process, seconds) : Value();
    }
    Value operator()(const Field<ThreadRow>* f) const {
      return line.thread ? f->get(*line.thread, seconds) : Value();
    }
    Value operator()(const Field<UnitRow>* f) const {
      return line.unit ? f->get(*line.unit, seconds) : Value();
    }
  };
  return std::visit(Getter{line, interval_seconds}, field);
}

std::string Column::text(const Line& line, double interval_seconds) const {
  if (line.process && id == "class") return short_class(line.process->process_class);
  if (line.process && id == "unit") return short_unit(line.process->unit.value_or("-"));
  if (line.process && id == "command") return without_directory(*line.process);
  return std::visit(
      [&](const auto* f) {
        return format_value(f->unit, f->kind, value(line, interval_seconds), interval_seconds);
      },
      field);
}

const std::vector<Column>& columns_of(View view) {
  static const std::vector<Column> processes = [] {
    auto columns = make_columns(kProcessLayout);
    append_others(columns, process_fields());
    return columns;
  }();
  static const std::vector<Column> threads = [] {
    auto columns = make_columns(kThreadLayout);
    append_others(columns, thread_fields());
    return columns;
  }();
  static const std::vector<Column> units = [] {
    auto columns = make_columns(kUnitLayout);
    append_others(columns, unit_fields());
    return columns;
  }();
  switch (view) {
    case View::kProcesses:
      return processes;
    case View::kThreads:
      return threads;
    case View::kUnits:
      return units;
  }
  return processes;
}

const Column* find_column(View view, std::string_view id_or_title) {
  for (const Column& column : columns_of(view))
    if (column.id == id_or_title || column.title == id_or_title) return &column;
  return nullptr;
}

// A tree of units needs room to grow.
int last_column_width(View view) {
  return view == View::kUnits ? 28 : 15;
}

std::vector<PlacedColumn> place_columns(View view, const ColumnChoice& choice, int width) {
  const std::vector<Column>& all = columns_of(view);
  const Column* last = &all.back();
  // Groups by importance; what the user switched on comes before everything else.
  std::map<int, std::vector<const Column*>> groups;
  for (const Column& column : all) {
    const auto chosen = choice.find(column.id);
    const bool shown = chosen == choice.end() ? column.shown : chosen->second;
    if (!shown || &column == last) continue;
    groups[chosen == choice.end() ? column.importance : -1].push_back(&column);
  }
  int left = width - last_column_width(view);
  std::set<const Column*> fits;
  for (const auto& [importance, columns] : groups) {
    int needed = 0;
    for (const Column* column : columns) needed += column->width + 1;
    const bool together = needed <= left;
    for (const Column* column : columns) {
      if (!together && (importance > 0 || column->width + 1 > left)) continue;
      fits.insert(column);
      left -= column->width + 1;
    }
  }
  std::vector<PlacedColumn> placed;
  int start = 0;
  // A wide screen shows longer names of units before longer command lines.
  const int spare = std::clamp((left - 25) / 2, 0, 12);
  for (const Column& column : all) {
    if (!fits.count(&column)) continue;
    const int extra = column.id == "unit" ? spare : 0;
    placed.push_back({&column, start, column.width + extra});
    start += column.width + extra + 1;
  }
  placed.push_back({last, start, std::max(width - start, 0)});
  return placed;
}

std::string describe_command(const ProcessRow& process) {
  std::string text;
  if (process.oom_killed)
    text = "[OOM killed] ";
  else if (process.exited && process.exited->signal.value_or(0) != 0)
    text = "[signal " + std::to_string(*process.exited->signal) + "] ";
  else if (process.exited && process.exited->code.value_or(0) != 0)
    text = "[exit " + std::to_string(*process.exited->code) + "] ";
  else if (process.exited)
    text = "[ended] ";
  if (process.kernel_thread) return text + "[" + process.name + "]";
  if (process.command && !process.command->empty()) return text + *process.command;
  return text + process.name;
}

}  // namespace culprit
