// SPDX-License-Identifier: Apache-2.0
// docs/fields.md out of the field tables: `culprit_fields_doc` prints it,
// `culprit_fields_doc --check FILE` fails when FILE says something else.
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <string>

#include "model/field.h"
#include "model/lookup_rows.h"
#include "serve/json_action.h"
#include "serve/metric_fields.h"

namespace {

using namespace culprit;

std::string_view unit_text(Unit unit) {
  switch (unit) {
    case Unit::kNone:
      return "";
    case Unit::kSeconds:
    case Unit::kLatency:
      return "s";
    case Unit::kCores:
      return "CPU-s/s";
    case Unit::kRatio:
      return "0…1";
    case Unit::kBytes:
      return "bytes";
    case Unit::kBytesPerHour:
      return "bytes/h";
    case Unit::kCount:
      return "count";
    case Unit::kNanoseconds:
      return "ns";
  }
  return "";
}

std::string_view kind_text(FieldKind kind) {
  switch (kind) {
    case FieldKind::kLabel:
      return "label";
    case FieldKind::kGauge:
      return "at the end";
    case FieldKind::kCounter:
      return "in the interval";
  }
  return "";
}

std::string metric_text(const std::optional<MetricName>& metric) {
  if (!metric) return "";
  std::string text = "`" + metric->family.name;
  if (metric->family.type == "counter") text += "_total";
  if (!metric->label.empty()) text += "{" + metric->label + "=\"" + metric->label_value + "\"}";
  return text + "`";
}

/// `prefix` is "" where the rows are no metrics.
template <class Row>
void table(std::ostream& out, std::string_view title, std::string_view prefix,
           std::span<const Field<Row>> fields) {
  out << "\n## " << title << "\n\n| id | unit | when | top | metric | what it is |\n"
      << "|---|---|---|---|---|---|\n";
  for (const Field<Row>& field : fields) {
    const auto metric = prefix.empty()
                            ? std::nullopt
                            : metric_name(prefix, field.id, field.unit, field.kind, field.help);
    out << "| `" << field.id << "` | " << unit_text(field.unit) << " | " << kind_text(field.kind)
        << " | " << field.title << " | " << metric_text(metric) << " | " << field.help << " |\n";
  }
}

void actions_table(std::ostream& out) {
  out << "\n## Actions: `actions` and `recommendations[].action`\n\n| key | what it is "
         "|\n|---|---|\n";
  for (const ActionMember& member : action_members())
    out << "| `" << member.id << "` | " << member.help << " |\n";
}

std::string document() {
  std::ostringstream out;
  out << "# Fields\n\nMade from the field tables (userspace/model/fields_*.cpp); a test compares. "
         "Build the target `fields_doc` to write it anew.\n\n"
         "An id is the path in the JSON object, parts joined by dots. What is absent is null in "
         "JSON, `-` in top, and has no line among the metrics. A number *in the interval* is an "
         "amount; its metric is that amount per second, as a gauge, and top shows the same.\n";
  table(out, "The host: `system`", "culprit_host_", system_fields());
  table(out, "Disks: `system.disks`", "culprit_disk_", disk_fields());
  table(out, "Filesystems: `system.filesystems`", "culprit_filesystem_", filesystem_fields());
  table(out, "Processes: `processes`", "culprit_process_", process_fields());
  table(out, "Threads: in top, and in brief in `processes[].busiest_threads`", "", thread_fields());
  table(out, "Tasks: `tasks`", "culprit_task_", task_fields());
  table(out, "Units: `units`", "culprit_unit_", unit_fields());
  table(out, "Databases and caches: `databases`", "culprit_database_", database_fields());
  table(out, "Queries and commands: `queries`", "culprit_query_", query_fields());
  table(out, "Endpoints: `endpoints`", "culprit_endpoint_", endpoint_fields());
  table(out, "Services: `services`", "culprit_service_", service_fields());
  table(out, "Questions to name servers: `lookups`", "", lookup_fields());
  actions_table(out);
  return out.str();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 1) {
    std::cout << document();
    return std::cout.flush() ? 0 : 1;
  }
  if (argc != 3 || std::string_view(argv[1]) != "--check") {
    std::cerr << "usage: culprit_fields_doc [--check FILE]\n";
    return 2;
  }
  std::ifstream file(argv[2]);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (text == document()) return 0;
  std::cerr << argv[2] << " differs from the field tables; build the target fields_doc\n";
  return 1;
}
