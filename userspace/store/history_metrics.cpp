// SPDX-License-Identifier: Apache-2.0
#include "store/history_metrics.h"

#include <algorithm>

namespace culprit {
namespace {

using Number = std::optional<double>;

constexpr double kMicrosecond = 1e-6, kPart = 1e-5;

constexpr HistoryMetric sum(std::string_view id, double step = 1, unsigned leaders = 0) {
  return {id, HistoryMerge::kSum, step, leaders};
}
constexpr HistoryMetric mean(std::string_view id, double step = 1, unsigned leaders = 0) {
  return {id, HistoryMerge::kMean, step, leaders};
}

template <typename T>
Number number(const std::optional<T>& value) {
  return value ? Number(static_cast<double>(*value)) : std::nullopt;
}
Number number(std::uint64_t value) {
  return static_cast<double>(value);
}

/// A number of the rows' Usage.
template <auto member, typename Row>
Number used(const Row& row) {
  return number(row.usage.*member);
}

template <typename Row>
Number cpu(const Row& row) {
  return row.usage.cpu_seconds;
}

template <blocked_reason reason, typename Row>
Number blocked(const Row& row) {
  return row.usage.blocked_seconds ? Number((*row.usage.blocked_seconds)[reason]) : std::nullopt;
}

template <blocked_reason reason>
Number task_blocked(const TaskRow& row) {
  return row.blocked_seconds ? Number((*row.blocked_seconds)[reason]) : std::nullopt;
}

double step_of(Unit unit) {
  switch (unit) {
    case Unit::kSeconds:
    case Unit::kLatency:
      return kMicrosecond;
    case Unit::kRatio:
    case Unit::kCores:
      return kPart;
    case Unit::kNone:
    case Unit::kBytes:
    case Unit::kBytesPerHour:
    case Unit::kCount:
    case Unit::kNanoseconds:
      break;
  }
  return 1;
}

template <std::size_t place>
Number system_field(const Snapshot& snapshot) {
  return number_of(system_fields()[place].get(snapshot.system, snapshot.seconds));
}

constexpr std::size_t kMostSystemFields = 64;

using HostGetter = Number (*)(const Snapshot&);

template <std::size_t... places>
constexpr std::array<HostGetter, sizeof...(places)> system_getters(std::index_sequence<places...>) {
  return {system_field<places>...};
}

/// All fields of the host that the field table has, then what lies beside them.
std::vector<KeptMetric<Snapshot>> host_metrics() {
  static constexpr auto kGetters = system_getters(std::make_index_sequence<kMostSystemFields>());
  std::vector<KeptMetric<Snapshot>> kept;
  const auto fields = system_fields();
  for (std::size_t place = 0; place < std::min(fields.size(), kMostSystemFields); place++) {
    const Field<SystemRow>& field = fields[place];
    const double step = step_of(field.unit);
    kept.push_back({field.kind == FieldKind::kCounter ? sum(field.id, step) : mean(field.id, step),
                    kGetters[place]});
  }
  kept.push_back({mean("load_average", 1e-2), [](const Snapshot& s) {
                    return s.system.load_average ? Number((*s.system.load_average)[0])
                                                 : std::nullopt;
                  }});
  kept.push_back({mean("score", 1e-2), [](const Snapshot& s) {
                    return s.judgement ? Number(s.judgement->score.value) : std::nullopt;
                  }});
  kept.push_back({mean("findings", 1e-2), [](const Snapshot& s) {
                    return s.judgement ? Number(static_cast<double>(s.judgement->findings.size()))
                                       : std::nullopt;
                  }});
  return kept;
}

constexpr KeptMetric<DiskRow> kDisks[] = {
    {mean("busy_ratio", kPart, 8), [](const DiskRow& row) { return Number(row.busy_ratio); }},
    {sum("read_bytes"), [](const DiskRow& row) { return number(row.read_bytes); }},
    {sum("write_bytes"), [](const DiskRow& row) { return number(row.write_bytes); }},
};

constexpr KeptMetric<FilesystemRow> kFilesystems[] = {
    {mean("used_ratio", kPart, 12),
     [](const FilesystemRow& row) { return Number(row.used_ratio); }},
    {mean("size_bytes"), [](const FilesystemRow& row) { return number(row.size_bytes); }},
};

constexpr KeptMetric<UnitRow> kUnits[] = {
    {sum("cpu_seconds", kMicrosecond, 12), cpu<UnitRow>},
    {sum("run_queue_seconds", kMicrosecond, 3), used<&Usage::run_queue_seconds, UnitRow>},
    {sum("blocked_seconds.disk", kMicrosecond, 3), blocked<BLOCKED_DISK, UnitRow>},
    {mean("memory_bytes", 1, 5), [](const UnitRow& row) { return number(row.memory_bytes); }},
    {sum("disk.read_bytes"), used<&Usage::read_bytes, UnitRow>},
    {sum("disk.write_bytes"), used<&Usage::write_bytes, UnitRow>},
    {sum("network.receive_bytes"), used<&Usage::receive_bytes, UnitRow>},
    {sum("network.transmit_bytes"), used<&Usage::transmit_bytes, UnitRow>},
    {sum("throttled_seconds", kMicrosecond, 2),
     [](const UnitRow& row) { return number(row.throttled_seconds); }},
    {mean("processes", 1e-2), [](const UnitRow& row) { return number(row.process_count); }},
};

constexpr KeptMetric<ProcessRow> kProcesses[] = {
    {sum("cpu_seconds", kMicrosecond, 12), cpu<ProcessRow>},
    {sum("run_queue_seconds", kMicrosecond, 4), used<&Usage::run_queue_seconds, ProcessRow>},
    {sum("blocked_seconds.disk", kMicrosecond, 3), blocked<BLOCKED_DISK, ProcessRow>},
    {sum("blocked_seconds.lock", kMicrosecond, 2), blocked<BLOCKED_LOCK, ProcessRow>},
    {mean("memory.rss_bytes", 1, 5),
     [](const ProcessRow& row) {
       return row.memory ? number(row.memory->rss_bytes) : std::nullopt;
     }},
    {sum("disk.read_bytes", 1, 2), used<&Usage::read_bytes, ProcessRow>},
    {sum("disk.write_bytes", 1, 2), used<&Usage::write_bytes, ProcessRow>},
    {sum("network.receive_bytes"), used<&Usage::receive_bytes, ProcessRow>},
    {sum("network.transmit_bytes", 1, 2), used<&Usage::transmit_bytes, ProcessRow>},
    {sum("calls.count"),
     [](const ProcessRow& row) { return row.calls ? number(row.calls->count) : std::nullopt; }},
    {sum("calls.seconds", kMicrosecond, 2),
     [](const ProcessRow& row) { return row.calls ? Number(row.calls->seconds) : std::nullopt; }},
    {sum("calls.errors"),
     [](const ProcessRow& row) { return row.calls ? number(row.calls->errors) : std::nullopt; }},
    {sum("requests.count", 1, 3),
     [](const ProcessRow& row) {
       return row.requests ? number(row.requests->count) : std::nullopt;
     }},
    {sum("requests.errors"),
     [](const ProcessRow& row) {
       return row.requests ? number(row.requests->errors) : std::nullopt;
     }},
    {mean("processes", 1e-2), [](const ProcessRow&) { return Number(1); }},
};

constexpr KeptMetric<TaskRow> kTasks[] = {
    {sum("cpu_seconds", kMicrosecond, 15),
     [](const TaskRow& row) { return Number(row.cpu_seconds); }},
    {sum("run_queue_seconds", kMicrosecond, 3),
     [](const TaskRow& row) { return number(row.run_queue_seconds); }},
    {sum("blocked_seconds.disk", kMicrosecond, 2), task_blocked<BLOCKED_DISK>},
    {sum("blocked_seconds.lock", kMicrosecond, 2), task_blocked<BLOCKED_LOCK>},
    {sum("memory_growth_bytes", 1, 2),
     [](const TaskRow& row) { return number(row.memory_growth_bytes); }},
    {sum("runs"), [](const TaskRow& row) { return number(row.rhythm.runs); }},
    {sum("calls.count"),
     [](const TaskRow& row) { return row.calls ? number(row.calls->count) : std::nullopt; }},
    {sum("calls.seconds", kMicrosecond, 3),
     [](const TaskRow& row) { return row.calls ? Number(row.calls->seconds) : std::nullopt; }},
    {sum("requests"), [](const TaskRow& row) { return number(row.requests); }},
    {mean("workers", 1e-2), [](const TaskRow& row) { return number(row.workers); }},
};

constexpr KeptMetric<QueryRow> kQueries[] = {
    {sum("seconds", kMicrosecond, 16), [](const QueryRow& row) { return Number(row.seconds); }},
    {sum("calls", 1, 6), [](const QueryRow& row) { return number(row.calls); }},
    {sum("errors", 1, 2), [](const QueryRow& row) { return number(row.errors); }},
    {sum("rows"), [](const QueryRow& row) { return number(row.rows); }},
    {sum("parts.server_seconds", kMicrosecond),
     [](const QueryRow& row) {
       return row.parts ? Number(row.parts->server_seconds) : std::nullopt;
     }},
    {sum("parts.pickup_seconds", kMicrosecond),
     [](const QueryRow& row) {
       return row.parts ? Number(row.parts->pickup_seconds) : std::nullopt;
     }},
};

Number per_request(const EndpointRow& row, const std::optional<double>& amount) {
  return amount ? Number(*amount * static_cast<double>(row.requests)) : std::nullopt;
}

constexpr KeptMetric<EndpointRow> kEndpoints[] = {
    {sum("requests", 1, 10), [](const EndpointRow& row) { return number(row.requests); }},
    {sum("errors", 1, 3), [](const EndpointRow& row) { return number(row.errors); }},
    {sum("seconds", kMicrosecond, 10),
     [](const EndpointRow& row) {
       return row.latency
                  ? Number(row.latency->mean_seconds * static_cast<double>(row.latency->count))
                  : std::nullopt;
     }},
    {sum("calls", 1, 3),
     [](const EndpointRow& row) { return per_request(row, row.calls_per_request); }},
    {sum("response_bytes"),
     [](const EndpointRow& row) { return per_request(row, row.bytes_per_response); }},
};

std::uint64_t open_connections(const DatabaseRow& row) {
  std::uint64_t open = 0;
  for (const PoolRow& pool : row.pools) open += pool.open;
  return open;
}

constexpr KeptMetric<DatabaseRow> kDatabases[] = {
    {sum("seconds", kMicrosecond, 8), [](const DatabaseRow& row) { return Number(row.seconds); }},
    {sum("operations", 1, 4), [](const DatabaseRow& row) { return number(row.operations); }},
    {sum("errors"), [](const DatabaseRow& row) { return number(row.errors); }},
    {sum("cache.hits"),
     [](const DatabaseRow& row) { return row.cache ? number(row.cache->hits) : std::nullopt; }},
    {sum("cache.misses"),
     [](const DatabaseRow& row) { return row.cache ? number(row.cache->misses) : std::nullopt; }},
    {mean("connections", 1e-2, 4),
     [](const DatabaseRow& row) { return number(open_connections(row)); }},
};

constexpr KeptMetric<ServiceRow> kServices[] = {
    {sum("requests", 1, 8), [](const ServiceRow& row) { return number(row.requests); }},
    {sum("errors", 1, 2), [](const ServiceRow& row) { return number(row.errors); }},
    {sum("connects", 1, 4), [](const ServiceRow& row) { return number(row.connects); }},
    {sum("connect_failures", 1, 2),
     [](const ServiceRow& row) { return number(row.connect_failures); }},
};

constexpr std::string_view kMountTexts[] = {"mount"}, kNameTexts[] = {"name"},
                           kUnitTexts[] = {"name", "path"},
                           kProcessTexts[] = {"name", "unit", "user", "command"},
                           kTaskTexts[] = {"id", "name", "kind", "process"},
                           kQueryTexts[] = {"id", "system", "address", "database", "text"},
                           kEndpointTexts[] = {"method", "route", "process"},
                           kDatabaseTexts[] = {"system", "address"},
                           kServiceTexts[] = {"address", "protocol"};

template <typename Row>
std::vector<HistoryMetric> metrics_of(std::span<const KeptMetric<Row>> kept) {
  std::vector<HistoryMetric> metrics;
  for (const KeptMetric<Row>& one : kept) metrics.push_back(one.metric);
  return metrics;
}

std::array<std::vector<HistoryMetric>, kHistoryKinds> all_metrics() {
  return {metrics_of(kept_of_host()),        metrics_of(kept_of_disks()),
          metrics_of(kept_of_filesystems()), metrics_of(kept_of_units()),
          metrics_of(kept_of_processes()),   metrics_of(kept_of_tasks()),
          metrics_of(kept_of_queries()),     metrics_of(kept_of_endpoints()),
          metrics_of(kept_of_databases()),   metrics_of(kept_of_services())};
}

}  // namespace

std::span<const KeptMetric<Snapshot>> kept_of_host() {
  static const std::vector<KeptMetric<Snapshot>> kept = host_metrics();
  return kept;
}
std::span<const KeptMetric<DiskRow>> kept_of_disks() {
  return kDisks;
}
std::span<const KeptMetric<FilesystemRow>> kept_of_filesystems() {
  return kFilesystems;
}
std::span<const KeptMetric<UnitRow>> kept_of_units() {
  return kUnits;
}
std::span<const KeptMetric<ProcessRow>> kept_of_processes() {
  return kProcesses;
}
std::span<const KeptMetric<TaskRow>> kept_of_tasks() {
  return kTasks;
}
std::span<const KeptMetric<QueryRow>> kept_of_queries() {
  return kQueries;
}
std::span<const KeptMetric<EndpointRow>> kept_of_endpoints() {
  return kEndpoints;
}
std::span<const KeptMetric<DatabaseRow>> kept_of_databases() {
  return kDatabases;
}
std::span<const KeptMetric<ServiceRow>> kept_of_services() {
  return kServices;
}

std::string_view history_kind_name(HistoryKind kind) {
  static constexpr std::array<std::string_view, kHistoryKinds> kNames = {
      "host", "disk",  "filesystem", "unit",     "process",
      "task", "query", "endpoint",   "database", "service"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::span<const std::string_view> history_texts(HistoryKind kind) {
  switch (kind) {
    case HistoryKind::kHost:
      return {};
    case HistoryKind::kDisk:
      return kNameTexts;
    case HistoryKind::kFilesystem:
      return kMountTexts;
    case HistoryKind::kUnit:
      return kUnitTexts;
    case HistoryKind::kProcess:
      return kProcessTexts;
    case HistoryKind::kTask:
      return kTaskTexts;
    case HistoryKind::kQuery:
      return kQueryTexts;
    case HistoryKind::kEndpoint:
      return kEndpointTexts;
    case HistoryKind::kDatabase:
      return kDatabaseTexts;
    case HistoryKind::kService:
      return kServiceTexts;
  }
  return {};
}

std::span<const HistoryMetric> history_metrics(HistoryKind kind) {
  static const auto kMetrics = all_metrics();
  return kMetrics[static_cast<std::size_t>(kind)];
}

std::optional<std::size_t> history_metric(HistoryKind kind, std::string_view id) {
  const auto metrics = history_metrics(kind);
  const auto found = std::find_if(metrics.begin(), metrics.end(),
                                  [&](const HistoryMetric& metric) { return metric.id == id; });
  if (found == metrics.end()) return std::nullopt;
  return static_cast<std::size_t>(found - metrics.begin());
}

bool history_has_latency(HistoryKind kind) {
  return kind != HistoryKind::kFilesystem && kind != HistoryKind::kUnit &&
         kind != HistoryKind::kTask;
}

std::optional<double> history_value(const HistoryRow& row, HistoryKind kind, std::string_view id) {
  const auto place = history_metric(kind, id);
  return place && *place < row.values.size() ? row.values[*place] : std::nullopt;
}

std::string_view history_text(const HistoryName& name, std::string_view called) {
  const auto texts = history_texts(name.kind);
  for (std::size_t place = 0; place < texts.size() && place < name.texts.size(); place++)
    if (texts[place] == called) return name.texts[place];
  return "";
}

}  // namespace culprit
