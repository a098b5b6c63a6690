// SPDX-License-Identifier: Apache-2.0
#include "serve/json_comparison.h"

#include "serve/json_writer.h"

namespace culprit {
namespace {

void analysis(JsonWriter& out, const ComparedAnalysis& row) {
  out.begin_object();
  out.member("file", row.file);
  out.member("hostname", row.hostname);
  out.member("kernel", row.kernel);
  out.member("cpu_count", row.cpu_count);
  out.member("start", row.start);
  out.member("end", row.end);
  out.member("seconds", row.seconds);
  out.member("intervals", row.intervals);
  out.member("score", row.score);
  out.end_object();
}

void number(JsonWriter& out, const Compared& row) {
  out.begin_object();
  out.member("kind", target_kind_name(row.kind));
  out.member("name", row.name);
  out.member("metric", row.metric);
  out.member("unit", row.unit);
  out.member("before", row.before);
  out.member("after", row.after);
  out.member("probability", row.probability);
  out.member("change", change_name(row.change));
  out.end_object();
}

void severity(JsonWriter& out, std::string_view key, std::optional<Severity> held) {
  out.key(key);
  if (held)
    out.value(severity_name(*held));
  else
    out.value(nullptr);
}

void finding(JsonWriter& out, const FindingChange& row) {
  out.begin_object();
  out.member("id", row.id);
  out.member("kind", target_kind_name(row.kind));
  out.member("name", row.name);
  out.member("summary", row.summary);
  severity(out, "before", row.before);
  severity(out, "after", row.after);
  out.member("change", change_name(row.change));
  out.end_object();
}

}  // namespace

std::string comparison_json(const BeforeAfter& comparison) {
  JsonWriter out(JsonStyle::kLine);
  out.begin_object();
  out.member("schema", "culprit.comparison/1");
  out.key("before");
  analysis(out, comparison.before);
  out.key("after");
  analysis(out, comparison.after);
  out.member("same", comparison.same());
  out.member("regressed", comparison.regressed());
  out.key("numbers");
  out.begin_array();
  for (const Compared& row : comparison.numbers) number(out, row);
  out.end_array();
  out.key("findings");
  out.begin_array();
  for (const FindingChange& row : comparison.findings) finding(out, row);
  out.end_array();
  out.end_object();
  return out.take();
}

}  // namespace culprit
