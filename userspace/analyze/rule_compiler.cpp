// SPDX-License-Identifier: Apache-2.0
#include "analyze/rule_compiler.h"

#include <algorithm>
#include <utility>

namespace culprit {
namespace {

constexpr std::size_t kMostBytes = 1 << 20;  // of a file
constexpr std::size_t kMostRules = 1000;
constexpr double kMostNumber = 1e18;

/// Takes a value over, or hands the error on: `if (auto s = take(x, y); !s) return …`.
template <typename T, typename Into>
Status take(Result<T> result, Into& into) {
  if (!result) return tl::unexpected<Error>(result.error());
  into = std::move(*result);
  return {};
}

bool is_id(const std::string& id) {
  const std::size_t dot = id.find('.');
  if (dot == 0 || dot == std::string::npos || dot + 1 == id.size()) return false;
  return std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
  });
}

Result<std::string> compile_id(const JsonPlace& place) {
  auto id = place.text();
  if (id && !is_id(*id)) return place.wrong("an id such as \"disk.filling\" was expected");
  return id;
}

Result<std::vector<std::string>> compile_ids(const JsonPlace& place) {
  const auto elements = place.elements();
  if (!elements) return tl::unexpected<Error>(elements.error());
  std::vector<std::string> ids;
  for (const JsonPlace& element : *elements) {
    auto id = compile_id(element);
    if (!id) return tl::unexpected<Error>(id.error());
    ids.push_back(std::move(*id));
  }
  return ids;
}

Result<std::size_t> compile_relation(const JsonPlace& place, const Table& table) {
  const auto name = place.text();
  if (!name) return tl::unexpected<Error>(name.error());
  if (const auto relation = table.relation(*name)) return *relation;
  std::string list;
  for (const std::string_view known : table.relations())
    list += (list.empty() ? "" : ", ") + std::string(known);
  return place.wrong("one of " + list + " was expected");
}

Status compile_minimum(const JsonPlace& place, Rule& rule) {
  const auto members = place.members();
  if (!members) return tl::unexpected<Error>(members.error());
  for (const auto& [key, at] : *members) {
    const nlohmann::json name = key;
    const auto field = compile_number_field(JsonPlace(name, ""), *rule.table);
    if (!field) return at.wrong("no field of numbers '" + key + "'");
    const auto least = at.number(-kMostNumber, kMostNumber);
    if (!least) return tl::unexpected<Error>(least.error());
    rule.minimum.push_back({*field, *least});
  }
  return {};
}

Status compile_evidence(const JsonPlace& place, Rule& rule) {
  const auto elements = place.elements();
  if (!elements) return tl::unexpected<Error>(elements.error());
  for (const JsonPlace& element : *elements) {
    const auto field = compile_number_field(element, *rule.table);
    if (!field) return tl::unexpected<Error>(field.error());
    rule.evidence.push_back(*field);
  }
  return {};
}

Status compile_confidence(const JsonPlace& place, Rule& rule) {
  if (place.json().is_number()) return take(place.number(0, 1), rule.confidence);
  if (const Status known = place.keys({"value", "field"}, 2); !known) return known;
  if (auto done = take(place["value"].number(0, 1), rule.confidence); !done) return done;
  return take(compile_number_field(place["field"], *rule.table), rule.confidence_field);
}

Status compile_advice(const JsonPlace& place, const Table& table, Advice& advice) {
  if (const Status known = place.keys(
          {"type", "category", "description", "actions", "effort", "priority", "impact", "saves"},
          5);
      !known)
    return known;
  if (auto done = take(place.text("type"), advice.type); !done) return done;
  if (auto done = take(place.text("category"), advice.category); !done) return done;
  if (auto done = take(compile_template(place["description"], table), advice.description); !done)
    return done;
  const auto actions = place["actions"].elements();
  if (!actions) return tl::unexpected<Error>(actions.error());
  for (const JsonPlace& action : *actions)
    if (auto done = take(compile_template(action, table), advice.actions.emplace_back()); !done)
      return done;
  const auto effort = place["effort"].one_of({"low", "medium", "high"});
  if (!effort) return tl::unexpected<Error>(effort.error());
  advice.effort = static_cast<Effort>(*effort);
  if (place.has("priority")) {
    const auto priority = place["priority"].one_of({"low", "medium", "high", "critical"});
    if (!priority) return tl::unexpected<Error>(priority.error());
    advice.priority = static_cast<Priority>(*priority);
  }
  if (place.has("impact"))
    if (auto done = take(compile_template(place["impact"], table), advice.impact); !done)
      return done;
  if (!place.has("saves")) return {};
  if (auto done = take(compile_number_field(place["saves"], table), advice.saves); !done)
    return done;
  if (advice.saves->info().unit != Unit::kSeconds)
    return place["saves"].wrong("a field of seconds was expected");
  return {};
}

/// Marks the severities that thresholds anywhere in the condition name.
void mark_severities(const Condition& condition, std::array<bool, 3>& severities) {
  for (const Condition& part : condition.parts) mark_severities(part, severities);
  if (condition.kind != Condition::Kind::kComparison) return;
  const Thresholds& thresholds = condition.comparison.thresholds;
  if (thresholds.for_any) return;
  for (std::size_t level = 0; level < severities.size(); ++level)
    severities[level] |= thresholds.by_severity[level].has_value();
}

Status compile_severities(const JsonPlace& place, Rule& rule) {
  mark_severities(rule.condition, rule.severities);
  if (place.has("severity")) {
    const auto severity = place["severity"].one_of({"info", "warning", "critical"});
    if (!severity) return tl::unexpected<Error>(severity.error());
    rule.severities[*severity] = true;
  }
  if (std::none_of(rule.severities.begin(), rule.severities.end(), [](bool has) { return has; }))
    rule.severities[static_cast<std::size_t>(Severity::kWarning)] = true;
  return {};
}

Status compile_parts(const JsonPlace& place, Rule& rule) {
  const Table& table = *rule.table;
  if (auto done = take(compile_condition(place["when"], table, rule.rising), rule.condition); !done)
    return done;
  rule.has_clear = rule.condition.has_clear();
  if (auto done = compile_severities(place, rule); !done) return done;
  if (auto done = take(compile_template(place["summary"], table), rule.summary); !done) return done;
  if (place.has("for"))
    if (auto done = take(place["for"].duration(), rule.for_seconds); !done) return done;
  if (place.has("minimum"))
    if (auto done = compile_minimum(place["minimum"], rule); !done) return done;
  if (place.has("target"))
    if (auto done = take(compile_relation(place["target"], table), rule.target); !done) return done;
  if (place.has("victims"))
    if (auto done = take(compile_relation(place["victims"], table), rule.victims); !done)
      return done;
  if (place.has("evidence"))
    if (auto done = compile_evidence(place["evidence"], rule); !done) return done;
  if (place.has("confidence"))
    if (auto done = compile_confidence(place["confidence"], rule); !done) return done;
  if (place.has("explains"))
    if (auto done = take(compile_ids(place["explains"]), rule.explains); !done) return done;
  if (!place.has("recommendation")) return {};
  return compile_advice(place["recommendation"], table, rule.advice.emplace());
}

Result<Rule> compile_rule(const JsonPlace& place) {
  if (const Status known =
          place.keys({"id", "title", "on", "when", "summary", "severity", "for", "minimum",
                      "target", "victims", "evidence", "confidence", "explains", "recommendation"},
                     5);
      !known)
    return tl::unexpected<Error>(known.error());
  Rule rule;
  if (auto done = take(compile_id(place["id"]), rule.id); !done)
    return tl::unexpected<Error>(done.error());
  rule.category = rule.id.substr(0, rule.id.find('.'));
  if (auto done = take(place.text("title"), rule.title); !done)
    return tl::unexpected<Error>(done.error());
  const auto on = place.text("on");
  if (!on) return tl::unexpected<Error>(on.error());
  rule.table = find_table(*on);
  if (!rule.table) {
    std::string list;
    for (const Table* table : tables())
      list += (list.empty() ? "" : ", ") + std::string(table->name());
    return place["on"].wrong("one of " + list + " was expected");
  }
  if (auto done = compile_parts(place, rule); !done) return tl::unexpected<Error>(done.error());
  return rule;
}

}  // namespace

Result<CompiledFile> compile_rule_file(const RuleFile& file) {
  if (file.text.size() > kMostBytes) return misuse(file.name + ": /: larger than 1 MiB");
  const auto json = parse_rules_json(file.name, file.text);
  if (!json) return tl::unexpected<Error>(json.error());
  const JsonPlace place(*json, file.name);
  CompiledFile compiled;
  if (is_threshold_file(*json)) {
    auto done = take(compile_thresholds(place), compiled.thresholds);
    if (!done) return tl::unexpected<Error>(done.error());
    return compiled;
  }
  if (const Status known = place.keys({"rules", "silence"}); !known)
    return tl::unexpected<Error>(known.error());
  if (place.has("silence"))
    if (auto done = take(compile_ids(place["silence"]), compiled.silenced); !done)
      return tl::unexpected<Error>(done.error());
  if (!place.has("rules")) {
    if (place.has("silence")) return compiled;
    return place.wrong("the key rules or silence is missing");
  }
  const auto rules = place["rules"].elements();
  if (!rules) return tl::unexpected<Error>(rules.error());
  if (rules->size() > kMostRules) return place["rules"].wrong("more than 1000 rules");
  for (const JsonPlace& at : *rules) {
    auto rule = compile_rule(at);
    if (!rule) return tl::unexpected<Error>(rule.error());
    const bool twice = std::any_of(compiled.rules.begin(), compiled.rules.end(),
                                   [&](const Rule& other) { return other.id == rule->id; });
    if (twice) return at["id"].wrong("the id " + rule->id + " comes twice in this file");
    rule->origin = file.name;
    compiled.rules.push_back(std::move(*rule));
  }
  return compiled;
}

}  // namespace culprit
