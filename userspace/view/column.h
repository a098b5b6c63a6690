// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/field.h"
#include "view/line.h"
#include "view/views.h"

namespace culprit {

/// A field as a column of a table.
struct Column {
  std::variant<const Field<ProcessRow>*, const Field<ThreadRow>*, const Field<UnitRow>*,
               const Field<QueryRow>*, const Field<EndpointRow>*, const Field<DatabaseRow>*,
               const Field<ServiceRow>*, const Field<TaskRow>*, const Field<Finding>*>
      field;
  std::string_view id, title, help;
  int width = 0;
  int importance = 0;  ///< as in ColumnPlace
  bool shown = false;  ///< unless the user chose otherwise
  bool left = false;   ///< text, aligned to the left

  /// Of a task; in the tree of tasks it is asked of their processes, too.
  bool is_of_tasks() const { return std::holds_alternative<const Field<TaskRow>*>(field); }
  Value value(const Line& line, double interval_seconds) const;
  /// What the cell shows.
  std::string text(const Line& line, double interval_seconds) const;
};

/// All columns that a view offers, in order; the last one takes the width that is left.
const std::vector<Column>& columns_of(View view);

/// nullptr when the view has no such column. Knows ids and titles.
const Column* find_column(View view, std::string_view id_or_title);

struct PlacedColumn {
  const Column* column = nullptr;
  int start = 0, width = 0;
};

/// What the user switched on (true) or off (false) by id.
using ColumnChoice = std::map<std::string_view, bool>;

/// The columns that fit: the least important ones give way, so that the last one keeps
/// at least the view's last_column_width cells.
std::vector<PlacedColumn> place_columns(View view, const ColumnChoice& choice, int width);

/// What a query is called where its text was not seen, too.
std::string describe_query(const QueryRow& query);

/// The command line, or the name where there is none; how it ended comes first.
std::string describe_command(const ProcessRow& process);

}  // namespace culprit
