// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>
#include <utility>

#include "model/task_rules.h"

namespace culprit {
namespace {

using Json = nlohmann::json;

/// A value, and where it is, for errors.
struct Place {
  const Json& json;
  std::string_view file;
  std::string pointer;

  Place operator[](const std::string& key) const { return {json[key], file, pointer + "/" + key}; }
  Place operator[](std::size_t i) const {
    return {json[i], file, pointer + "/" + std::to_string(i)};
  }
  tl::unexpected<Error> wrong(const std::string& expected) const {
    return misuse(std::string(file) + ": " + (pointer.empty() ? "/" : pointer) + ": " + expected);
  }
};

Status check_keys(const Place& place, std::initializer_list<std::string_view> known) {
  if (!place.json.is_object()) return place.wrong("an object was expected");
  for (const auto& [key, value] : place.json.items()) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    std::string list;
    for (const std::string_view name : known)
      list += (list.empty() ? "" : ", ") + std::string(name);
    return Place{value, place.file, place.pointer + "/" + key}.wrong("unknown key; known are " +
                                                                     list);
  }
  return {};
}

Result<std::string> text_at(const Place& place) {
  if (!place.json.is_string() || place.json.get_ref<const std::string&>().empty())
    return place.wrong("a text that is not empty was expected");
  return place.json.get<std::string>();
}

/// One of a few names, as the value that stands at the same place.
template <typename T, std::size_t count>
Result<T> named_at(const Place& place,
                   const std::array<std::pair<std::string_view, T>, count>& names) {
  const auto text = text_at(place);
  if (!text) return tl::unexpected<Error>(text.error());
  std::string list;
  for (const auto& [name, value] : names) {
    if (name == *text) return value;
    list += (list.empty() ? "" : ", ") + std::string(name);
  }
  return place.wrong("'" + *text + "' is none of " + list);
}

Result<TextPattern> pattern_at(const Place& place) {
  if (!place.json.is_object()) {
    const auto text = text_at(place);
    if (!text) return place.wrong("a glob, or an object with the key regex, was expected");
    return TextPattern::glob(*text);
  }
  if (auto known = check_keys(place, {"regex"}); !known)
    return tl::unexpected<Error>(known.error());
  if (!place.json.contains("regex")) return place.wrong("the key regex is missing");
  const Place at = place["regex"];
  const auto text = text_at(at);
  if (!text) return tl::unexpected<Error>(text.error());
  auto pattern = TextPattern::regex(*text);
  if (!pattern) return at.wrong(pattern.error().message);
  return std::move(*pattern);
}

Status read_match(const Place& place, TaskRule::Match& match) {
  using Member = std::optional<TextPattern> TaskRule::Match::*;
  static constexpr std::pair<const char*, Member> kMembers[] = {
      {"executable", &TaskRule::Match::executable},
      {"arguments", &TaskRule::Match::arguments},
      {"unit", &TaskRule::Match::unit},
      {"user", &TaskRule::Match::user},
      {"cgroup", &TaskRule::Match::cgroup},
      {"process", &TaskRule::Match::process},
      {"thread", &TaskRule::Match::thread},
      {"file", &TaskRule::Match::file},
      {"function", &TaskRule::Match::function}};
  if (auto known = check_keys(place, {"executable", "arguments", "unit", "user", "cgroup",
                                      "process", "thread", "file", "function"});
      !known)
    return known;
  if (place.json.empty()) return place.wrong("at least one condition was expected");
  for (const auto& [key, member] : kMembers) {
    if (!place.json.contains(key)) continue;
    auto pattern = pattern_at(place[key]);
    if (!pattern) return tl::unexpected<Error>(pattern.error());
    match.*member = std::move(*pattern);
  }
  return {};
}

/// A `$` is followed by a digit other than 0, or by the name of a fact in braces.
Status check_template(const Place& place, const std::string& text) {
  static constexpr std::array<std::string_view, 5> kFacts = {"unit", "user", "process", "thread",
                                                             "executable"};
  for (std::size_t at = text.find('$'); at != std::string::npos; at = text.find('$', at + 1)) {
    const char next = at + 1 < text.size() ? text[at + 1] : '\0';
    if (next >= '1' && next <= '9') continue;
    const std::size_t end = text.find('}', at);
    const bool braced = next == '{' && end != std::string::npos;
    if (!braced ||
        std::find(kFacts.begin(), kFacts.end(), text.substr(at + 2, end - at - 2)) == kFacts.end())
      return place.wrong(
          "after $ comes 1 to 9, {unit}, {user}, {process}, {thread} or {executable}");
  }
  return {};
}

Status read_name(const Place& place, TaskRule& rule) {
  const auto text = text_at(place);
  if (!text) return tl::unexpected<Error>(text.error());
  rule.name = *text;
  return check_template(place, *text);
}

Status read_verdict(const Place& place, TaskRule& rule) {
  static constexpr std::array<std::pair<std::string_view, Class>, 3> kClasses = {
      {{"foreground", Class::kForeground},
       {"background", Class::kBackground},
       {"system", Class::kSystem}}};
  static constexpr std::array<std::pair<std::string_view, TaskRowKind>, 6> kKinds = {
      {{"coroutine", TaskRowKind::kCoroutine},
       {"thread", TaskRowKind::kThread},
       {"callback", TaskRowKind::kCallback},
       {"job", TaskRowKind::kJob},
       {"unit", TaskRowKind::kUnit},
       {"process", TaskRowKind::kProcess}}};
  if (place.json.contains("class")) {
    const auto value = named_at(place["class"], kClasses);
    if (!value) return tl::unexpected<Error>(value.error());
    rule.task_class = *value;
  }
  if (place.json.contains("kind")) {
    const auto value = named_at(place["kind"], kKinds);
    if (!value) return tl::unexpected<Error>(value.error());
    rule.kind = *value;
  }
  if (place.json.contains("group")) {
    const auto value = text_at(place["group"]);
    if (!value) return tl::unexpected<Error>(value.error());
    rule.group = *value;
  }
  if (!place.json.contains("starts_jobs")) return {};
  const Place jobs = place["starts_jobs"];
  if (!jobs.json.is_boolean()) return jobs.wrong("true or false was expected");
  rule.starts_jobs = jobs.json.get<bool>();
  return {};
}

Result<TaskRule> rule_at(const Place& place) {
  TaskRule rule;
  Status done = check_keys(place, {"id", "match", "name", "group", "class", "kind", "starts_jobs"});
  for (const char* key : {"id", "match"})
    if (done && !place.json.contains(key))
      done = place.wrong("the key " + std::string(key) + " is missing");
  if (done && place.json.size() == 2)
    done = place.wrong("a rule gives a name, group, class, kind, or starts_jobs");
  if (!done) return tl::unexpected<Error>(done.error());
  const auto id = text_at(place["id"]);
  if (!id) return tl::unexpected<Error>(id.error());
  rule.id = *id;
  done = read_match(place["match"], rule.match);
  if (done && place.json.contains("name")) done = read_name(place["name"], rule);
  if (done) done = read_verdict(place, rule);
  if (done && rule.is_within() && rule.starts_jobs)
    done = place.wrong("only a rule about processes can have starts_jobs");
  if (!done) return tl::unexpected<Error>(done.error());
  return rule;
}

Result<std::vector<TaskRule>> rules_of(const RuleText& file) {
  Json json;
  try {
    json = Json::parse(file.text.begin(), file.text.end(), nullptr, true, true);
  } catch (const Json::parse_error& error) {
    return misuse(std::string(file.name) + ": not JSON: " + error.what());
  }
  const Place place{json, file.name, ""};
  Status done = check_keys(place, {"schema", "rules"});
  if (done && json.value("schema", Json()) != Json("culprit.tasks/1"))
    done = place.wrong("\"schema\": \"culprit.tasks/1\" was expected");
  if (done && (!json.contains("rules") || !json["rules"].is_array()))
    done = place.wrong("\"rules\", a list, was expected");
  if (!done) return tl::unexpected<Error>(done.error());
  std::vector<TaskRule> rules;
  const Place list = place["rules"];
  for (std::size_t i = 0; i < list.json.size(); ++i) {
    auto rule = rule_at(list[i]);
    if (!rule) return tl::unexpected<Error>(rule.error());
    for (const TaskRule& other : rules)
      if (other.id == rule->id) return list[i]["id"].wrong("another rule is called " + rule->id);
    rules.push_back(std::move(*rule));
  }
  return rules;
}

}  // namespace

Result<TaskRules> TaskRules::compile(std::span<const RuleText> files) {
  TaskRules all;
  for (const RuleText& file : files) {
    auto rules = rules_of(file);
    if (!rules) return tl::unexpected<Error>(rules.error());
    for (TaskRule& older : all.rules_) {
      const bool replaced = std::any_of(rules->begin(), rules->end(),
                                        [&](const TaskRule& rule) { return rule.id == older.id; });
      if (!replaced) rules->push_back(std::move(older));
    }
    all.rules_ = std::move(*rules);
  }
  return all;
}

}  // namespace culprit
