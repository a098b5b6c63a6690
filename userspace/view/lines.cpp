// SPDX-License-Identifier: Apache-2.0
#include "view/lines.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <numeric>

#include "model/usage.h"
#include "view/format.h"

namespace culprit {
namespace {

bool contains_folded(std::string_view text, std::string_view part) {
  const auto same = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) ==
           std::tolower(static_cast<unsigned char>(b));
  };
  return std::search(text.begin(), text.end(), part.begin(), part.end(), same) != text.end();
}

bool process_is_shown(const TopState& state, const ProcessRow& row) {
  if (state.hide_kernel && row.kernel_thread) return false;
  if (state.hide_idle && !used_anything(row.usage)) return false;
  if (!state.user.empty() && row.user.value_or("") != state.user) return false;
  if (state.zoom && !is_below(row.cgroup.value_or("?"), *state.zoom)) return false;
  return true;
}

std::vector<Line> all_lines(const TopState& state, const Snapshot& snapshot) {
  std::vector<Line> lines;
  const auto add = [&](Line line) {
    if (state.filter.empty() || line_matches(line, state.filter)) lines.push_back(line);
  };
  if (state.view == View::kUnits) {
    for (const UnitRow& unit : snapshot.units)
      if (!state.hide_idle || used_anything(unit.usage)) add({nullptr, nullptr, &unit, {}});
    return lines;
  }
  for (const ProcessRow& process : snapshot.processes) {
    if (!process_is_shown(state, process)) continue;
    if (state.view == View::kProcesses) {
      add({&process, nullptr, nullptr, {}});
      continue;
    }
    for (const ThreadRow& thread : process.threads)
      if (!state.hide_idle || used_anything(thread.usage)) add({&process, &thread, nullptr, {}});
  }
  return lines;
}

// Absent values come last either way, ties by identity so that rows do not dance.
void sort_lines(std::vector<Line>& lines, const Column& column, bool descending, double seconds) {
  struct Key {
    std::optional<double> number;
    std::string text;
    bool absent = true;
  };
  std::vector<Key> keys;
  keys.reserve(lines.size());
  for (const Line& line : lines) {
    Key key;
    Value value = column.value(line, seconds);
    key.number = as_number(value);
    if (auto* text = std::get_if<std::string>(&value)) key.text = std::move(*text);
    if (column.id == "command") key.text = describe_command(*line.process);
    key.absent = !key.number && key.text.empty();
    keys.push_back(std::move(key));
  }
  const auto rank = [](const Line& line) {
    return std::pair(line.process ? line.process->id.pid : 0, line.thread ? line.thread->tid : 0);
  };
  std::vector<std::size_t> order(lines.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (keys[a].absent != keys[b].absent) return keys[b].absent;
    if (keys[a].number != keys[b].number)
      return descending ? keys[a].number > keys[b].number : keys[a].number < keys[b].number;
    if (keys[a].text != keys[b].text)
      return descending ? keys[a].text > keys[b].text : keys[a].text < keys[b].text;
    return rank(lines[a]) < rank(lines[b]);
  });
  std::vector<Line> sorted;
  sorted.reserve(lines.size());
  for (const std::size_t i : order) sorted.push_back(std::move(lines[i]));
  lines = std::move(sorted);
}

constexpr std::size_t kNoParent = static_cast<std::size_t>(-1);

// Depth first, children in the order in which they come. Parents that lead in a circle
// (pids are used again) are cut where the circle begins.
std::vector<Line> as_tree(std::vector<Line> lines, const std::vector<std::size_t>& parents) {
  struct Step {
    std::size_t line;
    std::string branch, below;
  };
  std::vector<std::vector<std::size_t>> children(lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i)
    if (parents[i] != kNoParent) children[parents[i]].push_back(i);
  std::vector<Line> tree;
  std::vector<bool> done(lines.size());
  std::vector<Step> stack;
  const auto walk = [&](std::size_t root) {
    stack.push_back({root, "", ""});
    while (!stack.empty()) {
      const Step step = std::move(stack.back());
      stack.pop_back();
      if (done[step.line]) continue;
      done[step.line] = true;
      tree.push_back(lines[step.line]);
      tree.back().branch = step.branch;
      const auto& below = children[step.line];
      // Deep trees keep their last turns only: names matter more than lines.
      const bool deep = step.below.size() > 60;
      for (std::size_t i = below.size(); i-- > 0;) {
        const bool last = i + 1 == below.size();
        const std::string lead = deep ? "… " : step.below;
        stack.push_back({below[i], lead + (last ? "└─" : "├─"), lead + (last ? "  " : "│ ")});
      }
    }
  };
  for (std::size_t i = 0; i < lines.size(); ++i)
    if (parents[i] == kNoParent) walk(i);
  for (std::size_t i = 0; i < lines.size(); ++i)
    if (!done[i]) walk(i);
  return tree;
}

std::vector<std::size_t> process_parents(const std::vector<Line>& lines) {
  std::map<std::uint32_t, std::size_t> by_pid;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    // Of two with one pid, the one that is alive.
    const auto [found, fresh] = by_pid.try_emplace(lines[i].process->id.pid, i);
    if (!fresh && lines[found->second].process->exited) found->second = i;
  }
  std::vector<std::size_t> parents;
  for (const Line& line : lines) {
    const auto found = by_pid.find(line.process->parent_pid);
    parents.push_back(found == by_pid.end() || line.process->parent_pid == line.process->id.pid
                          ? kNoParent
                          : found->second);
  }
  return parents;
}

std::vector<std::size_t> unit_parents(const std::vector<Line>& lines) {
  std::map<std::string_view, std::size_t> by_path;
  for (std::size_t i = 0; i < lines.size(); ++i) by_path.emplace(lines[i].unit->path, i);
  std::vector<std::size_t> parents;
  for (const Line& line : lines) {
    std::string_view path = line.unit->path;
    std::size_t parent = kNoParent;
    while (parent == kNoParent && path.size() > 1) {
      const std::size_t slash = path.rfind('/');
      path = slash == std::string_view::npos || slash == 0 ? "/" : path.substr(0, slash);
      if (const auto found = by_path.find(path); found != by_path.end()) parent = found->second;
    }
    parents.push_back(parent);
  }
  return parents;
}

}  // namespace

bool line_matches(const Line& line, std::string_view text) {
  const auto in = [&](const std::optional<std::string>& name) {
    return name && contains_folded(*name, text);
  };
  if (line.unit) return contains_folded(line.unit->path, text) || in(line.unit->name);
  if (line.thread && contains_folded(line.thread->name, text)) return true;
  const ProcessRow& process = *line.process;
  return contains_folded(process.name, text) || in(process.command) || in(process.unit) ||
         in(process.container) || std::to_string(process.id.pid) == text;
}

bool is_below(std::string_view cgroup, std::string_view path) {
  if (path == "/" || cgroup == path) return true;
  return cgroup.size() > path.size() && cgroup.substr(0, path.size()) == path &&
         cgroup[path.size()] == '/';
}

std::vector<Line> make_lines(const TopState& state, const Snapshot& snapshot) {
  std::vector<Line> lines = all_lines(state, snapshot);
  const Sort& sort = state.sort();
  if (const Column* column = find_column(state.view, sort.id))
    sort_lines(lines, *column, sort.descending, snapshot.seconds);
  if (!state.is_tree()) return lines;
  const auto parents = state.view == View::kUnits ? unit_parents(lines) : process_parents(lines);
  return as_tree(std::move(lines), parents);
}

}  // namespace culprit
