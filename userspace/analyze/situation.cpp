// SPDX-License-Identifier: Apache-2.0
#include "analyze/situation.h"

#include <algorithm>
#include <set>
#include <utility>

namespace culprit {

Situation::Situation(const Snapshot& snapshot, const Situation* present)
    : snapshot_(snapshot), present_(present) {
  holders_.reserve(snapshot.processes.size());
  for (const ProcessRow& row : snapshot.processes) {
    note_process(row);
    for (const ThreadRow& thread : row.threads) threads_.push_back({&row, &thread});
  }
  for (const UnitRow& row : snapshot.units) units_.emplace(row.path, &row);
  for (const DatabaseRow& database : snapshot.databases) {
    if (database.server) servers_.push_back(database.server->id);
    for (const PoolRow& pool : database.pools)
      pools_.push_back({&database, &pool, process(pool.process.id)});
  }
  std::sort(servers_.begin(), servers_.end());
  answers_.reserve(snapshot.processes.size());
  for (const ProcessRow& row : snapshot.processes) answers_.push_back(find_answers(row));
  for (const QueryRow& query : snapshot.queries)
    if (!query.waits) query_seconds_ += query.seconds;
  find_children();
  find_own_delay();
  contention_ = find_contention(*this);
  find_request_queries();
  process_limits_ = find_process_limits(snapshot);
  settings_ = find_settings(*this);
  cache_scans_ = find_cache_scans(*this);
}

void Situation::note_process(const ProcessRow& row) {
  const auto [held, is_first] = holders_.emplace(row.id.pid, &row);
  if (is_first) return;
  const ProcessRow*& holder = held->second;
  if (row.exited) {
    earlier_.emplace(row.id, &row);
  } else {
    earlier_.emplace(holder->id, holder);
    holder = &row;
  }
}

/// What a server forks of itself is how it answers: backends of PostgreSQL and their workers.
void Situation::find_children() {
  std::vector<const ProcessRow*> ended;
  for (const ProcessRow& row : snapshot_.processes)
    if (row.exited) ended.push_back(&row);
  if (ended.empty()) return;
  std::set<std::pair<std::uint32_t, std::string_view>> servers;
  for (const ProcessRow& row : snapshot_.processes) {
    if (!answers(row)) continue;
    servers.emplace(row.id.pid, row.name);
    servers.emplace(row.parent_pid, row.name);
  }
  for (const ProcessRow* row : ended) {
    if (servers.contains({row->parent_pid, row->name})) continue;
    ChildSums& sums = children_[row->parent_pid];
    sums.count++;
    sums.cpu_seconds += row->usage.cpu_seconds;
  }
}

const ProcessRow* Situation::process(const ProcessId& id) const {
  if (const ProcessRow* held = holder(id.pid); held && held->id == id) return held;
  const auto earlier = earlier_.find(id);
  if (earlier != earlier_.end()) return earlier->second;
  return present_ ? present_->process(id) : nullptr;
}

const ProcessRow* Situation::holder(std::uint32_t pid) const {
  const auto found = holders_.find(pid);
  return found == holders_.end() ? nullptr : found->second;
}

bool Situation::answers(const ProcessRow& process) const {
  const auto place = static_cast<std::size_t>(&process - snapshot_.processes.data());
  return place < answers_.size() ? answers_[place] : find_answers(process);
}

bool Situation::find_answers(const ProcessRow& process) const {
  switch (process.process_class) {
    case Class::kForeground:
      return true;
    case Class::kBackground:
    case Class::kSystem:
      return false;
    case Class::kUnknown:
      break;
  }
  return (process.requests && process.requests->count > 0) ||
         std::binary_search(servers_.begin(), servers_.end(), process.id);
}

ChildSums Situation::children(std::uint32_t pid) const {
  const auto found = children_.find(pid);
  return found == children_.end() ? ChildSums() : found->second;
}

std::vector<const ServiceRow*> Situation::services_of(const ProcessId& server) const {
  const ProcessRow* asked = process(server);
  std::vector<const ServiceRow*> found;
  for (const ServiceRow& service : snapshot_.services) {
    if (!service.server) continue;
    const bool of_parent = asked && asked->parent_pid == service.server->id.pid;
    if (service.server->id == server || of_parent) found.push_back(&service);
  }
  return found;
}

const UnitRow* Situation::unit(const ProcessRow& process) const {
  if (!process.cgroup) return nullptr;
  const auto found = units_.find(*process.cgroup);
  return found == units_.end() ? nullptr : found->second;
}

double Situation::own_delay_seconds(const UnitRow& unit) const {
  const auto found = own_delay_.find(unit.path);
  return found == own_delay_.end() ? 0 : found->second;
}

void Situation::find_own_delay() {
  for (const ProcessRow& victim : snapshot_.processes) {
    if (!victim.cgroup) continue;
    for (const DelayedBy& delay : victim.delayed_by) {
      const ProcessRow* suspect = holder(delay.pid);
      if (suspect && suspect->cgroup == victim.cgroup) own_delay_[*victim.cgroup] += delay.seconds;
    }
  }
}

void Situation::find_request_queries() {
  std::unordered_multimap<std::string_view, const EndpointRow*> by_route;
  const auto endpoint_of = [&](const CallerRow& caller) -> const EndpointRow* {
    if (by_route.empty())
      for (const EndpointRow& row : snapshot_.endpoints) by_route.emplace(row.route, &row);
    const std::string_view name = *caller.endpoint;  // "GET /orders/{id}"
    const std::string_view method = name.substr(0, name.find(' '));
    if (method.size() == name.size()) return nullptr;
    const auto [first, last] = by_route.equal_range(name.substr(method.size() + 1));
    for (auto at = first; at != last; ++at)
      if (at->second->method == method && at->second->process.id == caller.process.id)
        return at->second;
    return nullptr;
  };
  for (const QueryRow& query : snapshot_.queries) {
    std::map<const EndpointRow*, RequestQueryRow> rows;
    for (const CallerRow& caller : query.callers) {
      if (!caller.endpoint) continue;
      const EndpointRow* endpoint = endpoint_of(caller);
      if (!endpoint) continue;
      RequestQueryRow& row = rows[endpoint];
      row.endpoint = endpoint;
      row.query = &query;
      row.calls += caller.calls;
      row.seconds += caller.seconds;
    }
    for (auto& [endpoint, row] : rows) request_queries_.push_back(row);
  }
}

}  // namespace culprit
