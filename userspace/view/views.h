// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string_view>

namespace culprit {

enum class View {
  kProcesses,
  kThreads,
  kUnits,
  kQueries,
  kEndpoints,
  kDatabases,
  kServices,
  kTasks,
  kFindings
};
inline constexpr std::array kEveryView = {View::kProcesses, View::kThreads,   View::kUnits,
                                          View::kQueries,   View::kEndpoints, View::kDatabases,
                                          View::kServices,  View::kTasks,     View::kFindings};
inline constexpr std::size_t kViews = kEveryView.size();

/// A column that is shown unless the user chose otherwise.
struct ColumnPlace {
  std::string_view id;
  int importance;  ///< less is dropped later when the screen is narrow; the same, together
};

/// What is particular to a view, as data.
struct ViewTraits {
  std::string_view name;  ///< of --view
  std::string_view row;   ///< what one line is
  std::string_view sort;  ///< id of the column by which it is sorted at first, descending
  bool has_tree = false, is_tree = false;
  bool shows_calls = false;  ///< made of what is seen on the wire
  std::span<const ColumnPlace> columns;
  int last_column_width = 15;  ///< what the last column has at least
  std::string_view empty;      ///< why it has no line
};
const ViewTraits& traits_of(View view);

std::optional<View> view_named(std::string_view name);

}  // namespace culprit
