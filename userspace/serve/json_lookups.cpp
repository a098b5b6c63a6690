// SPDX-License-Identifier: Apache-2.0
#include "model/lookup_rows.h"
#include "serve/field_tree.h"
#include "serve/json_parts.h"

namespace culprit::json_parts {

void lookup(JsonWriter& out, const LookupRow& row, double seconds) {
  static const auto fields = fields_without(lookup_fields(), {"latency"});
  static const FieldTree<LookupRow> tree(fields);
  out.begin_object();
  out.key("process");
  process_name(out, row.process);
  tree.write(out, row, seconds, [](std::string_view) {});
  out.key("latency");
  latency(out, row.latency);
  out.key("names");
  out.begin_array();
  for (const LookupRow::Name& name : row.names) {
    out.begin_object();
    out.member("name", name.name);
    out.member("lookups", name.lookups);
    out.member("failures", name.failures);
    out.member("seconds", name.seconds);
    out.end_object();
  }
  out.end_array();
  out.end_object();
}

void start_group(JsonWriter& out, const StartGroupRow& row, double) {
  out.begin_object();
  out.key("tasks");
  out.begin_array();
  for (const StartGroupRow::Member& member : row.members) {
    out.begin_object();
    out.member("id", member.id);
    out.member("name", member.name);
    out.key("process");
    process_name(out, member.process);
    out.end_object();
  }
  out.end_array();
  out.member("times", row.times);
  out.member("spread_seconds", row.spread_seconds);
  out.member("wait_ratio_then", row.wait_ratio_then);
  out.member("wait_ratio_else", row.wait_ratio_else);
  out.end_object();
}

}  // namespace culprit::json_parts
