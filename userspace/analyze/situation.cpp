// SPDX-License-Identifier: Apache-2.0
#include "analyze/situation.h"

#include <algorithm>
#include <set>
#include <utility>

namespace culprit {

Situation::Situation(const Snapshot& snapshot, const Situation* present)
    : snapshot_(snapshot), present_(present) {
  processes_.reserve(snapshot.processes.size());
  holders_.reserve(snapshot.processes.size());
  for (const ProcessRow& row : snapshot.processes) {
    processes_.emplace(row.id, &row);
    if (!row.exited) holders_.insert_or_assign(row.id.pid, &row);
    holders_.emplace(row.id.pid, &row);
    for (const ThreadRow& thread : row.threads) threads_.push_back({&row, &thread});
  }
  for (const UnitRow& row : snapshot.units) units_.emplace(row.path, &row);
  for (const DatabaseRow& database : snapshot.databases) {
    if (database.server) servers_.push_back(database.server->id);
    for (const PoolRow& pool : database.pools)
      pools_.push_back({&database, &pool, process(pool.process.id)});
  }
  std::sort(servers_.begin(), servers_.end());
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

/// What a server forks of itself is how it answers: backends of PostgreSQL and their workers.
void Situation::find_children() {
  std::set<std::pair<std::uint32_t, std::string_view>> servers;
  for (const ProcessRow& row : snapshot_.processes) {
    if (!answers(row)) continue;
    servers.emplace(row.id.pid, row.name);
    servers.emplace(row.parent_pid, row.name);
  }
  for (const ProcessRow& row : snapshot_.processes) {
    if (!row.exited || servers.contains({row.parent_pid, row.name})) continue;
    ChildSums& sums = children_[row.parent_pid];
    sums.count++;
    sums.cpu_seconds += row.usage.cpu_seconds;
  }
}

const ProcessRow* Situation::process(const ProcessId& id) const {
  const auto found = processes_.find(id);
  if (found != processes_.end()) return found->second;
  return present_ ? present_->process(id) : nullptr;
}

const ProcessRow* Situation::holder(std::uint32_t pid) const {
  const auto found = holders_.find(pid);
  return found == holders_.end() ? nullptr : found->second;
}

bool Situation::answers(const ProcessRow& process) const {
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
  std::map<std::pair<ProcessId, std::string>, const EndpointRow*> endpoints;
  for (const EndpointRow& row : snapshot_.endpoints)
    endpoints.emplace(std::pair(row.process.id, row.method + " " + row.route), &row);
  for (const QueryRow& query : snapshot_.queries) {
    std::map<const EndpointRow*, RequestQueryRow> rows;
    for (const CallerRow& caller : query.callers) {
      if (!caller.endpoint) continue;
      const auto found = endpoints.find({caller.process.id, *caller.endpoint});
      if (found == endpoints.end()) continue;
      RequestQueryRow& row = rows[found->second];
      row.endpoint = found->second;
      row.query = &query;
      row.calls += caller.calls;
      row.seconds += caller.seconds;
    }
    for (auto& [endpoint, row] : rows) request_queries_.push_back(row);
  }
}

}  // namespace culprit
