// SPDX-License-Identifier: Apache-2.0
#include "view/column.h"

#include <algorithm>
#include <array>
#include <set>

#include "view/format.h"

namespace culprit {
namespace {

template <typename Row>
Column make_column(const Field<Row>& field) {
  Column column{&field, field.id, field.title, field.help, field.width};
  column.left = field.unit == Unit::kNone && field.kind == FieldKind::kLabel &&
                field.id.find("pid") == std::string_view::npos && field.id != "tid";
  return column;
}

template <typename Row>
bool append_named(std::vector<Column>& columns, std::span<const Field<Row>> fields,
                  const ColumnPlace& place) {
  for (const Field<Row>& field : fields) {
    if (field.id != place.id) continue;
    columns.push_back(make_column(field));
    columns.back().importance = place.importance;
    columns.back().shown = true;
    return true;
  }
  return false;
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

// What a row does not have itself is its process's.
template <typename Row>
std::vector<Column> make_columns(View view, std::span<const Field<Row>> fields) {
  std::vector<Column> columns;
  for (const ColumnPlace& place : traits_of(view).columns)
    if (!append_named(columns, fields, place)) append_named(columns, process_fields(), place);
  append_others(columns, fields);
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
  if (is_of_tasks() && !line.task && line.process) {
    const Column* column = find_column(View::kProcesses, id == "process.pid" ? "pid" : id);
    return column ? column->value(line, interval_seconds) : Value();
  }
  return std::visit(
      [&]<typename Row>(const Field<Row>* f) {
        const Row* row = line.row<Row>();
        return row ? f->get(*row, interval_seconds) : Value();
      },
      field);
}

std::string Column::text(const Line& line, double interval_seconds) const {
  if (line.query && id == "text") return describe_query(*line.query);
  if (line.service && id == "healthy") return line.service->healthy ? "yes" : "NO";
  if (line.task && id == "class") return short_class(line.task->verdict.value);
  if (is_of_tasks() && id == "name" && line.task)
    return line.task->workers < 2 ? line.task->name
                                  : line.task->name + " ×" + std::to_string(line.task->workers);
  if (is_of_tasks() && id == "name" && line.process) return without_directory(*line.process);
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
  static const std::array<std::vector<Column>, kViews> columns = {
      make_columns(View::kProcesses, process_fields()),
      make_columns(View::kThreads, thread_fields()),
      make_columns(View::kUnits, unit_fields()),
      make_columns(View::kQueries, query_fields()),
      make_columns(View::kEndpoints, endpoint_fields()),
      make_columns(View::kDatabases, database_fields()),
      make_columns(View::kServices, service_fields()),
      make_columns(View::kTasks, task_fields()),
      make_columns(View::kFindings, finding_fields()),
  };
  return columns[static_cast<std::size_t>(view)];
}

const Column* find_column(View view, std::string_view id_or_title) {
  for (const Column& column : columns_of(view))
    if (column.id == id_or_title || column.title == id_or_title) return &column;
  return nullptr;
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
  int left = width - traits_of(view).last_column_width;
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

std::string describe_query(const QueryRow& query) {
  if (query.text) return *query.text + (query.text_truncated ? "…" : "");
  const std::string what = query.operation ? *query.operation + " " : "";
  return what + "(text not seen: prepared before culprit came)";
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
