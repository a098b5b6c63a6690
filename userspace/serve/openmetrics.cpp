// SPDX-License-Identifier: Apache-2.0
#include "serve/openmetrics.h"

#include <algorithm>
#include <set>

#include "collect/probe_state.h"
#include "model/task_rules.h"
#include "serve/metric_calls.h"
#include "serve/metric_fields.h"

namespace culprit {
namespace {

void write_identity(MetricWriter& out, const Snapshot& snapshot) {
  out.family({"culprit_host", "info", "", "the host, and the culprit that watched it"});
  out.sample({{"hostname", snapshot.host.hostname},
              {"kernel", snapshot.host.kernel},
              {"architecture", snapshot.host.architecture},
              {"version", CULPRIT_VERSION}},
             1);
  out.single(
      {"culprit_snapshot_end_seconds", "gauge", "seconds", "when the interval ended, Unix time"},
      static_cast<double>(snapshot.end_wall_ns) / 1e9);
  out.single({"culprit_snapshot_interval_seconds", "gauge", "seconds", "length of the interval"},
             snapshot.seconds);
}

void write_latency(MetricWriter& out, const MetricLabels& labels,
                   const std::optional<Latency>& latency) {
  if (!latency) return;
  const std::pair<std::string_view, double> statistics[] = {{"mean", latency->mean_seconds},
                                                            {"p50", latency->p50_seconds},
                                                            {"p95", latency->p95_seconds},
                                                            {"p99", latency->p99_seconds},
                                                            {"max", latency->max_seconds}};
  for (const auto& [name, seconds] : statistics) {
    MetricLabels all = labels;
    all.add("statistic", name);
    out.sample(all, seconds);
  }
}

void write_host(MetricWriter& out, const SystemRow& system, double seconds) {
  write_fields(out, "culprit_host_", system_fields(), {&system}, {MetricLabels()}, seconds);
  out.family({"culprit_host_load_average", "gauge", "", "threads running, ready or in disk sleep"});
  if (system.load_average) {
    out.sample({{"minutes", "1"}}, (*system.load_average)[0]);
    out.sample({{"minutes", "5"}}, (*system.load_average)[1]);
    out.sample({{"minutes", "15"}}, (*system.load_average)[2]);
  }
  out.family({"culprit_host_run_queue_latency_seconds", "gauge", "seconds",
              "how long a thread that was ready waited for a CPU"});
  write_latency(out, {}, system.run_queue_latency);
}

void write_disks(MetricWriter& out, const SystemRow& system, double seconds) {
  std::vector<const DiskRow*> rows;
  std::vector<MetricLabels> labels;
  for (const DiskRow& disk : system.disks) {
    rows.push_back(&disk);
    labels.push_back({{"device", disk.name}});
  }
  write_fields(out, "culprit_disk_", disk_fields(), rows, labels, seconds);
  out.family({"culprit_disk_latency_seconds", "gauge", "seconds", "how long a request took"});
  for (std::size_t index = 0; index < rows.size(); ++index)
    write_latency(out, labels[index], rows[index]->latency);
}

void write_filesystems(MetricWriter& out, const SystemRow& system, double seconds) {
  std::vector<const FilesystemRow*> rows;
  std::vector<MetricLabels> labels;
  std::set<std::string> seen;  // a mount point can be covered by another
  for (const FilesystemRow& filesystem : system.filesystems) {
    MetricLabels own{{"mount", filesystem.mount}};
    if (!seen.insert(own.text()).second) continue;
    rows.push_back(&filesystem);
    labels.push_back(std::move(own));
  }
  write_fields(out, "culprit_filesystem_", filesystem_fields(), rows, labels, seconds);
}

/// The processes that used the most CPU time, each pid once: a pid that was used again
/// within the interval would give the same labels twice.
std::vector<const ProcessRow*> busiest(const Snapshot& snapshot, std::size_t count) {
  std::vector<const ProcessRow*> rows;
  for (const ProcessRow& row : snapshot.processes) rows.push_back(&row);
  std::sort(rows.begin(), rows.end(), [](const ProcessRow* left, const ProcessRow* right) {
    if (left->usage.cpu_seconds != right->usage.cpu_seconds)
      return left->usage.cpu_seconds > right->usage.cpu_seconds;
    return left->id < right->id;
  });
  std::set<std::uint32_t> pids;
  std::erase_if(rows, [&](const ProcessRow* row) {
    return pids.size() >= count || !pids.insert(row->id.pid).second;
  });
  return rows;
}

void write_processes(MetricWriter& out, const Snapshot& snapshot, std::size_t count) {
  const std::vector<const ProcessRow*> rows = busiest(snapshot, count);
  std::vector<MetricLabels> labels;
  for (const ProcessRow* row : rows)
    labels.push_back({{"pid", std::to_string(row->id.pid)},
                      {"name", row->name},
                      {"unit", row->unit.value_or("")},
                      {"user", row->user.value_or("")}});
  write_fields(out, "culprit_process_", process_fields(), rows, labels, snapshot.seconds);
}

/// The tasks that used the most CPU time; they come in that order.
void write_tasks(MetricWriter& out, const Snapshot& snapshot, std::size_t count) {
  std::vector<const TaskRow*> rows;
  std::vector<MetricLabels> labels;
  for (const TaskRow& row : snapshot.tasks) {
    if (rows.size() == count) break;
    rows.push_back(&row);
    labels.push_back({{"task", row.id},
                      {"name", row.name},
                      {"kind", kind_name(row.kind)},
                      {"class", class_name(row.verdict.value)},
                      {"process", row.process.name}});
  }
  write_fields(out, "culprit_task_", task_fields(), rows, labels, snapshot.seconds);
}

void write_units(MetricWriter& out, const Snapshot& snapshot) {
  std::vector<const UnitRow*> rows;
  std::vector<MetricLabels> labels;
  for (const UnitRow& row : snapshot.units) {
    rows.push_back(&row);
    labels.push_back({{"unit", row.name}, {"cgroup", row.path}});
  }
  write_fields(out, "culprit_unit_", unit_fields(), rows, labels, snapshot.seconds);
}

void write_collector(MetricWriter& out, const CollectorRow& collector, double seconds) {
  out.single({"culprit_collector_bpf", "gauge", "", "1: counted in the kernel, 0: read from /proc"},
             collector.bpf ? 1 : 0);
  out.family(
      {"culprit_collector_probe_attached", "gauge", "", "1: this probe counts, 0: it does not"});
  for (const ProbeRow& probe : collector.probes)
    out.sample({{"probe", probe.name}, {"attach", probe.attach}},
               probe.state == ProbeState::kAttached ? 1 : 0);
  out.single({"culprit_collector_memory_bytes", "gauge", "bytes", "memory culprit holds in RAM"},
             static_cast<double>(collector.memory_bytes));
  out.single({"culprit_collector_map_bytes", "gauge", "bytes", "memory of culprit's BPF maps"},
             static_cast<double>(collector.map_bytes));
  if (seconds <= 0) return;
  out.single({"culprit_collector_events_received_per_second", "gauge", "per_second",
              "records that came from the kernel"},
             static_cast<double>(collector.events_received) / seconds);
  out.family({"culprit_collector_events_lost_per_second", "gauge", "per_second",
              "records and counts that were lost, by cause"});
  for (const auto& [cause, count] : collector.lost_by_cause)
    out.sample({{"cause", cause}}, static_cast<double>(count) / seconds);
  out.family(
      {"culprit_collector_cpu_cores", "gauge", "cores", "CPU time culprit uses, per second"});
  out.sample({{"where", "user"}}, collector.user_seconds / seconds);
  if (collector.kernel_seconds)
    out.sample({{"where", "probes"}}, *collector.kernel_seconds / seconds);
}

}  // namespace

std::string openmetrics_text(const Snapshot& snapshot, const MetricsOptions& options) {
  MetricWriter out;
  write_identity(out, snapshot);
  write_host(out, snapshot.system, snapshot.seconds);
  write_disks(out, snapshot.system, snapshot.seconds);
  write_filesystems(out, snapshot.system, snapshot.seconds);
  write_units(out, snapshot);
  write_processes(out, snapshot, options.processes);
  write_tasks(out, snapshot, options.tasks);
  write_call_metrics(out, snapshot, options.queries);
  write_collector(out, snapshot.collector, snapshot.seconds);
  return out.take();
}

}  // namespace culprit
