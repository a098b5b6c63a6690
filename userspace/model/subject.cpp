// SPDX-License-Identifier: Apache-2.0
#include "model/subject.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <utility>

#include "model/unit_name.h"

namespace culprit {
namespace {

double busyness(const ProcessRow& row) {
  return row.usage.cpu_seconds + row.usage.run_queue_seconds.value_or(0) +
         (row.calls ? row.calls->seconds : 0);
}

bool is_busier(const ProcessRow* a, const ProcessRow* b) {
  return busyness(*a) > busyness(*b);
}

template <typename Test>
std::vector<const ProcessRow*> processes_that(const Snapshot& snapshot, Test&& test) {
  std::vector<const ProcessRow*> found;
  for (const ProcessRow& row : snapshot.processes)
    if (test(row)) found.push_back(&row);
  std::stable_sort(found.begin(), found.end(), is_busier);
  return found;
}

Result<Subject> process_of_pid(const Snapshot& snapshot, std::uint32_t pid) {
  auto found = processes_that(snapshot, [&](const ProcessRow& row) { return row.id.pid == pid; });
  if (found.empty()) return fail("no process " + std::to_string(pid) + " ran in this interval");
  // A pid may have been used twice: the one that is there.
  std::stable_partition(found.begin(), found.end(),
                        [](const ProcessRow* row) { return !row->exited; });
  return Subject{nullptr, {found.front()}, ""};
}

std::string counted(std::size_t count, const std::string& what) {
  return std::to_string(count) + " " + what;
}

Result<Subject> busiest(std::vector<const ProcessRow*> found, const std::string& what) {
  Subject subject{nullptr, {found.front()}, ""};
  if (found.size() == 1) return subject;
  subject.note = counted(found.size(), "processes ") + what + "; this is the busiest";
  if (found.front()->unit) subject.note += " (for all of its unit: " + *found.front()->unit + ")";
  return subject;
}

std::optional<Subject> unit_named(const Snapshot& snapshot, std::string_view name) {
  const UnitRow* unit = nullptr;
  std::size_t count = 0;
  for (const UnitRow& row : snapshot.units) {
    const std::string_view own = row.name;
    const bool bare = own.starts_with(name) && own.substr(name.size()) == ".service";
    if (own != name && !bare && row.path != name && row.container != name) continue;
    ++count;
    if (!unit || row.usage.cpu_seconds > unit->usage.cpu_seconds) unit = &row;
  }
  if (!unit) return std::nullopt;
  Subject subject{unit, {}, ""};
  subject.processes = processes_that(snapshot, [&](const ProcessRow& row) {
    return row.cgroup && is_below(*row.cgroup, unit->path);
  });
  if (count > 1)
    subject.note = counted(count, "units are named ") + std::string(name) + "; this is the busiest";
  return subject;
}

bool is_unit_like(std::string_view name) {
  return name.starts_with('/') || name.ends_with(".service") || name.ends_with(".scope") ||
         name.ends_with(".slice");
}

// The command that asks holds the target, and so does the shell or sudo that runs it.
bool asks_for_it(const std::string& command) {
  const auto has = [&](const char* word) { return command.find(word) != std::string::npos; };
  return has("culprit") && (has(" why ") || has(" flame ") || has(" throttle "));
}

/// The busiest task that the test holds for; tasks come busiest first.
template <typename Test>
std::optional<Subject> task_that(const Snapshot& snapshot, std::string_view target, Test&& test) {
  Subject subject;
  std::size_t count = 0;
  for (const TaskRow& row : snapshot.tasks)
    if (test(row) && count++ == 0) subject.task = &row;
  if (!subject.task) return std::nullopt;
  const auto& members = subject.task->members;
  subject.processes = processes_that(snapshot, [&](const ProcessRow& row) {
    return row.id == subject.task->process.id ||
           std::find(members.begin(), members.end(), row.id) != members.end();
  });
  if (count > 1)
    subject.note = counted(count, "tasks match ") + std::string(target) + "; this is the busiest";
  return subject;
}

std::optional<Subject> task_named(const Snapshot& snapshot, std::string_view target) {
  return task_that(snapshot, target,
                   [&](const TaskRow& row) { return row.id == target || row.name == target; });
}

std::optional<Subject> task_like(const Snapshot& snapshot, std::string_view target) {
  return task_that(snapshot, target, [&](const TaskRow& row) {
    return row.name.find(target) != std::string::npos && !asks_for_it(row.name);
  });
}

Result<Subject> task_only(const Snapshot& snapshot, std::string_view target) {
  if (target.empty()) return misuse("the target is empty");
  if (auto task = task_named(snapshot, target)) return std::move(*task);
  if (auto task = task_like(snapshot, target)) return std::move(*task);
  return fail("no task " + std::string(target) + " is known of this interval");
}

void sort_shares(std::vector<QueryShare>& shares) {
  std::stable_sort(shares.begin(), shares.end(),
                   [](const QueryShare& a, const QueryShare& b) { return a.seconds > b.seconds; });
}

template <typename Test>
std::vector<QueryShare> shares_of(const Snapshot& snapshot, Test&& test) {
  std::vector<QueryShare> shares;
  for (const QueryRow& query : snapshot.queries) {
    QueryShare share{&query, 0, 0};
    for (const CallerRow& caller : query.callers) {
      if (!test(caller)) continue;
      share.calls += caller.calls;
      share.seconds += caller.seconds;
    }
    if (share.calls > 0) shares.push_back(share);
  }
  sort_shares(shares);
  return shares;
}

void add_totals(SubjectCalls& calls, const ProcessRow& row) {
  if (row.calls) {
    CallTotals& sum = calls.made ? *calls.made : calls.made.emplace();
    sum.count += row.calls->count;
    sum.errors += row.calls->errors;
    sum.seconds += row.calls->seconds;
  }
  if (row.requests) {
    RequestTotals& sum = calls.answered ? *calls.answered : calls.answered.emplace();
    sum.count += row.requests->count;
    sum.errors += row.requests->errors;
  }
}

}  // namespace

std::optional<std::uint32_t> named_pid(std::string_view target) {
  if (target.starts_with("pid:")) target.remove_prefix(4);
  std::uint32_t pid = 0;
  const auto [end, error] = std::from_chars(target.data(), target.data() + target.size(), pid);
  if (error != std::errc() || end != target.data() + target.size()) return std::nullopt;
  return pid;
}

Result<Subject> find_subject(const Snapshot& snapshot, std::string_view target) {
  if (target.empty() || target == "pid:") return misuse("the target is empty");
  if (const auto pid = named_pid(target)) return process_of_pid(snapshot, *pid);
  if (target.starts_with("task:")) return task_only(snapshot, target.substr(5));
  const std::string name(target);
  if (is_unit_like(target))
    if (auto unit = unit_named(snapshot, target)) return std::move(*unit);
  auto named = processes_that(snapshot, [&](const ProcessRow& row) { return row.name == target; });
  if (!named.empty()) return busiest(std::move(named), "are named " + name);
  if (auto unit = unit_named(snapshot, target)) return std::move(*unit);
  if (auto task = task_named(snapshot, target)) return std::move(*task);
  auto like = processes_that(snapshot, [&](const ProcessRow& row) {
    return row.command && row.command->find(target) != std::string::npos &&
           !asks_for_it(*row.command);
  });
  if (!like.empty()) return busiest(std::move(like), "have " + name + " in their command");
  if (auto task = task_like(snapshot, target)) return std::move(*task);
  return fail("no process, unit or task " + name + " ran in this interval");
}

Result<Subject> find_task(const Snapshot& snapshot, std::string_view name) {
  return task_only(snapshot, name.starts_with("task:") ? name.substr(5) : name);
}

Result<Subject> find_unit(const Snapshot& snapshot, std::string_view name) {
  if (auto unit = unit_named(snapshot, name)) return std::move(*unit);
  return fail("no unit " + std::string(name) + " ran in this interval");
}

std::vector<DelayedBy> delays_of(const std::vector<const ProcessRow*>& processes) {
  std::map<std::pair<std::uint32_t, std::string>, DelayedBy> sums;
  for (const ProcessRow* row : processes)
    for (const DelayedBy& delay : row->delayed_by) {
      DelayedBy& sum =
          sums.try_emplace({delay.pid, delay.task}, DelayedBy{delay.pid, delay.name, 0, delay.task})
              .first->second;
      sum.seconds += delay.seconds;
    }
  std::vector<DelayedBy> delays;
  for (const auto& [who, delay] : sums) delays.push_back(delay);
  std::stable_sort(delays.begin(), delays.end(),
                   [](const DelayedBy& a, const DelayedBy& b) { return a.seconds > b.seconds; });
  return delays;
}

std::vector<const TaskRow*> tasks_of(const Snapshot& snapshot,
                                     const std::vector<const ProcessRow*>& processes) {
  std::set<ProcessId> ids;
  for (const ProcessRow* row : processes) ids.insert(row->id);
  std::vector<const TaskRow*> tasks;
  for (const TaskRow& task : snapshot.tasks)
    if (std::any_of(task.members.begin(), task.members.end(),
                    [&](const ProcessId& member) { return ids.count(member) > 0; }))
      tasks.push_back(&task);
  return tasks;
}

std::vector<QueryShare> queries_of(const Snapshot& snapshot, const TaskRow& task) {
  return shares_of(snapshot, [&](const CallerRow& caller) {
    return caller.task == task.name && std::find(task.members.begin(), task.members.end(),
                                                 caller.process.id) != task.members.end();
  });
}

bool SubjectCalls::empty() const {
  return !made && !answered && queries.empty() && endpoints.empty() && pools.empty() &&
         databases.empty();
}

SubjectCalls calls_of(const Snapshot& snapshot, const std::vector<const ProcessRow*>& processes) {
  std::set<ProcessId> ids;
  SubjectCalls calls;
  for (const ProcessRow* row : processes) {
    ids.insert(row->id);
    add_totals(calls, *row);
  }
  if (processes.size() == 1 && calls.answered) calls.answered = processes.front()->requests;
  calls.queries = shares_of(
      snapshot, [&](const CallerRow& caller) { return ids.count(caller.process.id) > 0; });
  for (const EndpointRow& endpoint : snapshot.endpoints)
    if (ids.count(endpoint.process.id)) calls.endpoints.push_back(&endpoint);
  for (const DatabaseRow& database : snapshot.databases) {
    for (const PoolRow& pool : database.pools)
      if (ids.count(pool.process.id)) calls.pools.push_back({&database, &pool});
    if (database.server && ids.count(database.server->id)) calls.databases.push_back(&database);
  }
  return calls;
}

std::vector<QueryShare> queries_of(const Snapshot& snapshot, const EndpointRow& endpoint) {
  const std::string name = endpoint.method + ' ' + endpoint.route;
  return shares_of(snapshot, [&](const CallerRow& caller) {
    return caller.process.id == endpoint.process.id && caller.endpoint == name;
  });
}

}  // namespace culprit
