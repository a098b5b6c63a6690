// SPDX-License-Identifier: Apache-2.0
#include "store/history_reducer.h"

#include <algorithm>
#include <array>
#include <functional>
#include <type_traits>

#include "model/field.h"
#include "model/task_rules.h"
#include "model/task_text.h"
#include "model/usage.h"
#include "store/history_metrics.h"
#include "store/history_rollup.h"
#include "util/utf8.h"

namespace culprit {
namespace {

constexpr std::size_t kMostTextBytes = 400;
/// Processes that did nothing are told all the same while they hold the most memory.
constexpr std::size_t kLargest = 8;

std::string_view text_of(const std::optional<std::string>& text) {
  return text ? std::string_view(*text) : std::string_view();
}

/// Joined by what a text cannot hold.
template <typename Texts>
std::string key_of(HistoryKind kind, const Texts& texts) {
  std::string key(1, static_cast<char>('A' + static_cast<int>(kind)));
  for (const auto& text : texts) key.append(text).push_back('\0');
  return key;
}

template <typename Row>
void fill(HistoryRow& row, const Row& from, std::span<const KeptMetric<Row>> kept, double seconds) {
  row.seconds = seconds;
  row.values.reserve(kept.size());
  for (const KeptMetric<Row>& one : kept) row.values.push_back(one.get(from));
  if constexpr (requires { from.latency; }) row.latency = from.latency;
}

/// Adds rows, those of one name as one.
class TableFiller {
 public:
  TableFiller(HistoryTable& table, double seconds) : table_(table), seconds_(seconds) {}

  template <typename Row>
  void add(HistoryNamePtr name, const Row& from, std::span<const KeptMetric<Row>> kept) {
    HistoryRow row;
    row.name = std::move(name);
    fill(row, from, kept, seconds_);
    if constexpr (std::is_same_v<Row, ProcessRow>) {
      row.pid = from.id.pid;
      row.start_time_ns = from.id.start_time_ns;
      row.busiest_seconds = from.usage.cpu_seconds;
      if (from.requests) row.latency = from.requests->latency;
    }
    add(std::move(row));
  }

  void add_rest(const ProcessRow& from) {
    HistoryRow row;
    fill(row, from, kept_of_processes(), seconds_);
    if (table_.rest)
      join(*table_.rest, row, HistoryKind::kProcess);
    else
      table_.rest = std::move(row);
  }

 private:
  void add(HistoryRow&& row) {
    const auto [place, is_new] = places_.try_emplace(row.name.get(), table_.rows.size());
    if (is_new)
      table_.rows.push_back(std::move(row));
    else
      join(table_.rows[place->second], row, row.name->kind);
  }

  HistoryTable& table_;
  double seconds_;
  std::unordered_map<const HistoryName*, std::size_t> places_;
};

/// The memory that a process has to have to be told though it did nothing.
std::uint64_t large_bytes(const std::vector<ProcessRow>& processes) {
  std::vector<std::uint64_t> sizes;
  for (const ProcessRow& row : processes)
    if (row.memory) sizes.push_back(row.memory->rss_bytes);
  if (sizes.size() <= kLargest) return 1;
  const auto place = sizes.begin() + static_cast<std::ptrdiff_t>(kLargest);
  std::nth_element(sizes.begin(), place, sizes.end(), std::greater<>());
  return *place + 1;
}

void reduce_host(HistoryTick& tick, const Snapshot& snapshot) {
  HistoryRow row;
  fill(row, snapshot, kept_of_host(), tick.seconds);
  row.latency = snapshot.system.run_queue_latency;
  tick.table(HistoryKind::kHost).rows.push_back(std::move(row));
}

void reduce_processes(HistoryTick& tick, const Snapshot& snapshot, HistoryNames& names) {
  TableFiller filler(tick.table(HistoryKind::kProcess), tick.seconds);
  const std::uint64_t large = large_bytes(snapshot.processes);
  for (const ProcessRow& row : snapshot.processes) {
    const bool is_large = row.memory && row.memory->rss_bytes >= large;
    if (is_large || used_anything(row.usage) || row.calls || row.requests)
      filler.add(names.get_process(row), row, kept_of_processes());
    else
      filler.add_rest(row);
  }
}

template <typename Rows, typename Kept, typename Name>
void reduce_rows(HistoryTick& tick, HistoryKind kind, const Rows& rows, Kept kept, Name&& name) {
  TableFiller filler(tick.table(kind), tick.seconds);
  for (const auto& row : rows) filler.add(name(row), row, kept);
}

}  // namespace

HistoryNamePtr HistoryNames::get(HistoryKind kind, std::initializer_list<std::string_view> texts) {
  std::string key = key_of(kind, texts);
  if (const auto found = names_.find(key); found != names_.end()) return found->second;
  HistoryName name;
  name.kind = kind;
  for (const std::string_view text : texts)
    name.texts.push_back(shortened(to_utf8(text), kMostTextBytes));
  HistoryNamePtr shared = get(std::move(name));
  names_.try_emplace(std::move(key), shared);
  return shared;
}

HistoryNamePtr HistoryNames::get(HistoryName&& name) {
  std::string key = key_of(name.kind, name.texts);
  if (const auto found = names_.find(key); found != names_.end()) return found->second;
  if (names_.size() >= kMost)
    std::erase_if(names_, [](const auto& entry) { return entry.second.use_count() == 1; });
  auto shared = std::make_shared<const HistoryName>(std::move(name));
  names_.emplace(std::move(key), shared);
  return shared;
}

HistoryNamePtr HistoryNames::get_process(const ProcessRow& row) {
  const std::string_view unit = text_of(row.unit ? row.unit : row.cgroup);
  std::string key = key_of(
      HistoryKind::kProcess,
      std::array<std::string_view, 4>{row.name, unit, text_of(row.user), text_of(row.command)});
  if (const auto found = processes_.find(key); found != processes_.end()) return found->second;
  if (processes_.size() >= kMost) processes_.clear();
  HistoryNamePtr name =
      get(HistoryKind::kProcess, {row.name, unit, text_of(row.user),
                                  row.command ? command_title(*row.command) : std::string()});
  processes_.emplace(std::move(key), name);
  return name;
}

HistoryTick HistoryReducer::reduce(const Snapshot& snapshot) {
  HistoryTick tick;
  tick.start_ns = snapshot.start_wall_ns;
  tick.end_ns = snapshot.end_wall_ns;
  tick.seconds = snapshot.seconds;
  reduce_host(tick, snapshot);
  reduce_processes(tick, snapshot, names_);
  using Kind = HistoryKind;
  reduce_rows(tick, Kind::kDisk, snapshot.system.disks, kept_of_disks(),
              [&](const DiskRow& row) { return names_.get(Kind::kDisk, {row.name}); });
  reduce_rows(tick, Kind::kFilesystem, snapshot.system.filesystems, kept_of_filesystems(),
              [&](const FilesystemRow& row) { return names_.get(Kind::kFilesystem, {row.mount}); });
  reduce_rows(tick, Kind::kUnit, snapshot.units, kept_of_units(), [&](const UnitRow& row) {
    return names_.get(Kind::kUnit, {row.name, row.path});
  });
  reduce_rows(tick, Kind::kTask, snapshot.tasks, kept_of_tasks(), [&](const TaskRow& row) {
    return names_.get(Kind::kTask, {row.id, row.name, kind_name(row.kind), row.process.name});
  });
  reduce_rows(tick, Kind::kQuery, snapshot.queries, kept_of_queries(), [&](const QueryRow& row) {
    return names_.get(Kind::kQuery, {query_id_text(row.id), protocol_name(row.protocol),
                                     row.address, text_of(row.database), text_of(row.text)});
  });
  reduce_rows(tick, Kind::kEndpoint, snapshot.endpoints, kept_of_endpoints(),
              [&](const EndpointRow& row) {
                return names_.get(Kind::kEndpoint, {row.method, row.route, row.process.name});
              });
  reduce_rows(tick, Kind::kDatabase, snapshot.databases, kept_of_databases(),
              [&](const DatabaseRow& row) {
                return names_.get(Kind::kDatabase, {protocol_name(row.protocol), row.address});
              });
  reduce_rows(tick, Kind::kService, snapshot.services, kept_of_services(),
              [&](const ServiceRow& row) {
                return names_.get(Kind::kService, {row.address, row.protocol});
              });
  return tick;
}

}  // namespace culprit
