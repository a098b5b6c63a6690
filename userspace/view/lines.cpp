// SPDX-License-Identifier: Apache-2.0
#include "view/lines.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <numeric>
#include <set>

#include "model/unit_name.h"
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

// The processes that take part in a line of the wire.
template <typename Use>
void each_participant(const Line& line, Use&& use) {
  if (line.query)
    for (const CallerRow& caller : line.query->callers) use(caller.process);
  if (line.endpoint) use(line.endpoint->process);
  if (line.database) {
    if (line.database->server) use(*line.database->server);
    for (const PoolRow& pool : line.database->pools) use(pool.process);
  }
  if (line.service)
    for (const ProcessName& user : line.service->users) use(user);
  if (line.task) use(line.task->process);
}

std::map<ProcessId, const ProcessRow*> processes_by_id(const Snapshot& snapshot) {
  std::map<ProcessId, const ProcessRow*> processes;
  for (const ProcessRow& row : snapshot.processes) processes.emplace(row.id, &row);
  return processes;
}

const ProcessRow* find(const std::map<ProcessId, const ProcessRow*>& processes, ProcessId id) {
  const auto found = processes.find(id);
  return found == processes.end() ? nullptr : found->second;
}

// Every line that the view can have.
std::vector<Line> every_line(View view, const Snapshot& snapshot) {
  std::vector<Line> lines;
  switch (view) {
    case View::kProcesses:
      for (const ProcessRow& row : snapshot.processes) lines.push_back({.process = &row});
      break;
    case View::kThreads:
      for (const ProcessRow& row : snapshot.processes)
        for (const ThreadRow& thread : row.threads)
          lines.push_back({.process = &row, .thread = &thread});
      break;
    case View::kUnits:
      for (const UnitRow& row : snapshot.units) lines.push_back({.unit = &row});
      break;
    case View::kQueries:
      for (const QueryRow& row : snapshot.queries) lines.push_back({.query = &row});
      break;
    case View::kEndpoints: {
      const auto processes = processes_by_id(snapshot);
      for (const EndpointRow& row : snapshot.endpoints)
        lines.push_back({.process = find(processes, row.process.id), .endpoint = &row});
      break;
    }
    case View::kDatabases:
      for (const DatabaseRow& row : snapshot.databases) lines.push_back({.database = &row});
      break;
    case View::kServices:
      for (const ServiceRow& row : snapshot.services) lines.push_back({.service = &row});
      break;
    case View::kFindings:
      if (snapshot.judgement)
        for (const Finding& row : snapshot.judgement->findings) lines.push_back({.finding = &row});
      break;
    case View::kTasks: {
      const auto processes = processes_by_id(snapshot);
      for (const TaskRow& row : snapshot.tasks)
        lines.push_back({.process = find(processes, row.process.id), .task = &row});
      break;
    }
  }
  return lines;
}

bool is_idle(const Line& line) {
  if (line.unit) return !used_anything(line.unit->usage);
  if (line.database)
    return line.database->operations == 0 &&
           (!line.database->transactions || line.database->transactions->open == 0);
  if (line.service)
    return line.service->healthy &&
           line.service->connects + line.service->requests + line.service->connect_failures == 0;
  if (line.query || line.endpoint) return false;
  if (line.task) return line.task->cpu_seconds == 0;
  if (line.finding) return false;
  return !used_anything(line.process->usage) || (line.thread && !used_anything(line.thread->usage));
}

// What the user asked to see.
class Choice {
 public:
  Choice(const TopState& state, const Snapshot& snapshot) : state_(state) {
    if (state.user.empty()) return;
    for (const ProcessRow& row : snapshot.processes)
      if (row.user.value_or("") == state.user) of_user_.insert(row.id);
  }

  bool shows(const Line& line) const {
    if (state_.hide_idle && is_idle(line)) return false;
    if (!state_.user.empty() && !is_of_user(line)) return false;
    if (!state_.filter.empty() && !line_matches(line, state_.filter)) return false;
    if (!line.process || line.endpoint) return true;
    if (state_.hide_kernel && line.process->kernel_thread) return false;
    return !state_.zoom || is_below(line.process->cgroup.value_or("?"), *state_.zoom);
  }

 private:
  bool is_of_user(const Line& line) const {
    if (line.unit) return true;
    bool any = line.process && of_user_.count(line.process->id);
    each_participant(line, [&](const ProcessName& name) { any |= of_user_.count(name.id) > 0; });
    return any;
  }

  const TopState& state_;
  std::set<ProcessId> of_user_;
};

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

// Tasks below their process, where it has several; it comes where the first of them came.
std::vector<Line> as_task_tree(const std::vector<Line>& lines) {
  std::map<ProcessId, std::size_t> counts, heads;
  for (const Line& line : lines) ++counts[line.task->process.id];
  std::vector<Line> all;
  std::vector<std::size_t> parents;
  for (const Line& line : lines) {
    const ProcessId& id = line.task->process.id;
    std::size_t parent = kNoParent;
    if (line.process && counts[id] > 1) {
      const auto [head, is_new] = heads.try_emplace(id, all.size());
      if (is_new) {
        all.push_back({.process = line.process});
        parents.push_back(kNoParent);
      }
      parent = head->second;
    }
    all.push_back(line);
    parents.push_back(parent);
  }
  return as_tree(std::move(all), parents);
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

bool has_lines(View view, const Snapshot& snapshot) {
  return !every_line(view, snapshot).empty();
}

LineKey key_of(const Line& line) {
  if (line.unit) return {{}, 0, line.unit->path};
  if (line.query)
    return {{}, line.query->id, line.query->address + ' ' + line.query->database.value_or("")};
  if (line.endpoint)
    return {line.endpoint->process.id, 0, line.endpoint->method + ' ' + line.endpoint->route};
  if (line.database)
    return {{}, static_cast<std::uint64_t>(line.database->protocol), line.database->address};
  if (line.service) return {{}, 0, line.service->protocol + ' ' + line.service->address};
  if (line.task) return {line.task->process.id, 0, line.task->id};
  if (const Finding* finding = line.finding) {
    const Target& target = finding->target;
    return {{target.pid.value_or(0), target.start_time_ns.value_or(0)},
            0,
            finding->id + ' ' + target.id.value_or(target.name)};
  }
  return {line.process->id, line.thread ? line.thread->tid : 0, ""};
}

LineKey detail_key(const Line& line) {
  LineKey key = key_of(line);
  if (line.thread) key.number = 0;
  return key;
}

std::optional<Line> find_detail(View view, const Snapshot& snapshot, const LineKey& key) {
  const bool of_process = view == View::kThreads || (view == View::kTasks && key.name.empty());
  const View explained = of_process ? View::kProcesses : view;
  for (Line& line : every_line(explained, snapshot))
    if (detail_key(line) == key) return std::move(line);
  return std::nullopt;
}

bool line_matches(const Line& line, std::string_view text) {
  const auto in = [&](const std::optional<std::string>& name) {
    return name && contains_folded(*name, text);
  };
  bool any = false;
  each_participant(line, [&](const ProcessName& process) { any |= in(process.name); });
  if (any) return true;
  if (line.unit) return in(line.unit->path) || in(line.unit->name);
  if (const QueryRow* query = line.query) {
    for (const CallerRow& caller : query->callers) any |= in(caller.endpoint) || in(caller.task);
    return any || in(query->text) || in(query->operation) || in(query->address) ||
           in(query->database) || contains_folded(protocol_name(query->protocol), text);
  }
  if (line.database)
    return in(line.database->address) ||
           contains_folded(protocol_name(line.database->protocol), text);
  if (line.service) return in(line.service->address) || in(line.service->protocol);
  if (line.endpoint && in(line.endpoint->method + ' ' + line.endpoint->route)) return true;
  if (line.thread && in(line.thread->name)) return true;
  if (const Finding* finding = line.finding) {
    for (const Target& victim : finding->victims) any |= in(victim.name);
    return any || in(finding->id) || in(finding->target.name) || in(finding->summary);
  }
  if (line.task && (in(line.task->name) || in(line.task->group))) return true;
  if (!line.process) return false;
  const ProcessRow& process = *line.process;
  return in(process.name) || in(process.command) || in(process.unit) || in(process.container) ||
         std::to_string(process.id.pid) == text;
}

std::vector<Line> make_lines(const TopState& state, const Snapshot& snapshot) {
  std::vector<Line> lines = every_line(state.view, snapshot);
  const Choice choice(state, snapshot);
  std::erase_if(lines, [&](const Line& line) { return !choice.shows(line); });
  const Sort& sort = state.sort();
  if (const Column* column = find_column(state.view, sort.id))
    sort_lines(lines, *column, sort.descending, snapshot.seconds);
  if (!state.is_tree()) return lines;
  if (state.view == View::kTasks) return as_task_tree(lines);
  const auto parents = state.view == View::kUnits ? unit_parents(lines) : process_parents(lines);
  return as_tree(std::move(lines), parents);
}

}  // namespace culprit
