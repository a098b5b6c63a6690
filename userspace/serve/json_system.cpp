// SPDX-License-Identifier: Apache-2.0
#include "serve/field_tree.h"
#include "serve/json_parts.h"

namespace culprit::json_parts {
namespace {

bool has_pressure(const SystemRow& row) {
  return row.cpu_pressure || row.memory_pressure || row.io_pressure;
}

/// The system fields that this host can have: without PSI, `pressure` is null as a whole.
std::vector<Field<SystemRow>> fields_for(bool pressure) {
  std::vector<Field<SystemRow>> fields;
  for (const Field<SystemRow>& field : system_fields())
    if (pressure || !field.id.starts_with("pressure.")) fields.push_back(field);
  return fields;
}

void disks(JsonWriter& out, const SystemRow& row, double seconds) {
  static const FieldTree<DiskRow> tree(disk_fields());
  out.begin_array();
  for (const DiskRow& disk : row.disks) {
    out.begin_object();
    tree.write(out, disk, seconds, [](std::string_view) {});
    out.key("latency");
    latency(out, disk.latency);
    out.end_object();
  }
  out.end_array();
}

void filesystems(JsonWriter& out, const SystemRow& row, double seconds) {
  static const FieldTree<FilesystemRow> tree(filesystem_fields());
  out.begin_array();
  for (const FilesystemRow& filesystem : row.filesystems) {
    out.begin_object();
    tree.write(out, filesystem, seconds, [](std::string_view) {});
    out.end_object();
  }
  out.end_array();
}

void ports(JsonWriter& out, const SystemRow& row) {
  out.begin_array();
  for (const PortUseRow& use : row.ports) {
    out.begin_object();
    out.member("local", use.local);
    out.member("remote", use.remote);
    out.member("used", use.used);
    out.member("time_wait", use.time_wait);
    out.member("available", use.available);
    out.end_object();
  }
  out.end_array();
}

void allowances(JsonWriter& out, const SystemRow& row) {
  out.begin_array();
  for (const AllowanceRow& allowance : row.allowances) {
    out.begin_object();
    out.member("device", allowance.device);
    out.member("name", allowance.name);
    out.member("count", allowance.count);
    out.end_object();
  }
  out.end_array();
}

void numbers(JsonWriter& out, const auto& list) {
  out.begin_array();
  for (const double number : list) out.value(number);
  out.end_array();
}

}  // namespace

void latency(JsonWriter& out, const std::optional<Latency>& latency) {
  if (!latency) return out.value(nullptr);
  out.begin_object();
  out.member("count", latency->count);
  out.member("mean_seconds", latency->mean_seconds);
  out.member("p50_seconds", latency->p50_seconds);
  out.member("p95_seconds", latency->p95_seconds);
  out.member("p99_seconds", latency->p99_seconds);
  out.member("max_seconds", latency->max_seconds);
  out.end_object();
}

void system(JsonWriter& out, const SystemRow& row, double seconds) {
  static const std::vector<Field<SystemRow>> all = fields_for(true), without = fields_for(false);
  static const FieldTree<SystemRow> tree(all), tree_without_pressure(without);
  out.begin_object();
  (has_pressure(row) ? tree : tree_without_pressure)
      .write(out, row, seconds, [&](std::string_view path) {
        if (path == "cpu") {
          out.key("utilization_ratio_by_cpu");
          numbers(out, row.cpu_utilization);
        } else if (path == "run_queue") {
          out.key("latency");
          latency(out, row.run_queue_latency);
        }
      });
  if (!has_pressure(row)) out.member("pressure", nullptr);
  out.key("load_average");
  if (row.load_average)
    numbers(out, *row.load_average);
  else
    out.value(nullptr);
  out.key("disks");
  disks(out, row, seconds);
  out.key("filesystems");
  filesystems(out, row, seconds);
  out.key("ports");
  ports(out, row);
  out.key("allowances");
  allowances(out, row);
  out.end_object();
}

}  // namespace culprit::json_parts
