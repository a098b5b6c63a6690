// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <set>

#include "analyze/index_advice.h"
#include "catch.h"
#include "serve/json.h"
#include "unit/analyze/judged.h"
#include "unit/serve/busy_snapshot.h"

using namespace culprit;

namespace {

/// A rule about filesystems, with some members replaced.
std::string rule_text(const std::string& changes = "{}") {
  auto rule = nlohmann::json::parse(R"({
    "id": "disk.mine", "title": "Mine", "on": "filesystem",
    "when": {"field": "used_ratio", "above": 0.4},
    "summary": "{mount} is {used_ratio} full"
  })");
  rule.merge_patch(nlohmann::json::parse(changes));
  return R"({"rules": [)" + rule.dump() + "]}";
}

std::string error_of(const std::string& text) {
  const auto compiled = compile_rule_file({"mine.json", text});
  return compiled ? "none" : compiled.error().message;
}

}  // namespace

TEST_CASE("what is wrong with a rule is told with file, place and what was expected") {
  struct Case {
    const char *changes, *error;
  };
  const Case kCases[] = {
      {R"({"on": "galaxy"})", "/rules/0/on: one of host, disk, filesystem, process,"},
      {R"({"id": "mine"})", "/rules/0/id: an id such as \"disk.filling\" was expected"},
      {R"({"colour": 1})", "/rules/0/colour: unknown key; known are id, title,"},
      {R"({"title": null})", "/rules/0: the key title is missing"},
      {R"({"title": ""})", "/rules/0/title: a text that is not empty was expected"},
      {R"({"when": {"field": "size_bytes", "above": null}})",
       "/rules/0/when: one of above, below, between, rising,"},
      {R"({"when": {"above": null, "field": null, "all": []}})",
       "/rules/0/when/all: an array that is not empty was expected"},
      {R"({"when": {"field": "moon"}})", "/rules/0/when/field: no field 'moon' of filesystem;"},
      {R"({"when": {"field": "mount"}})",
       "/rules/0/when/field: a field that holds numbers was expected"},
      {R"({"when": {"field": "used_ratio/s"}})",
       "/rules/0/when/field: 'used_ratio' is no amount: it has no rate"},
      {R"({"when": {"above": "much"}})", "/rules/0/when/above: a number, or an object of info,"},
      {R"({"when": {"above": {"loud": 1}}})", "/rules/0/when/above/loud: unknown key;"},
      {R"({"when": {"above": {"warning": 2, "critical": 1}}})",
       "/rules/0/when/above/critical: a number that is no milder"},
      {R"({"when": {"above": {"warning": 2, "clear": 3}}})",
       "/rules/0/when/above/clear: a number that is milder"},
      {R"({"when": {"below": 1}})", "/rules/0/when: one comparison was expected, not two"},
      {R"({"when": {"above": null, "rising": 1}})", "/rules/0/when: the key over is missing"},
      {R"({"for": 10})", "/rules/0/for: a duration such as \"10s\" or \"5m\" was expected"},
      {R"({"minimum": {"moon": 1}})", "/rules/0/minimum/moon: no field of numbers 'moon'"},
      {R"({"target": "victims"})", "/rules/0/target: one of self was expected"},
      {R"({"summary": "{moon}"})", "/rules/0/summary: {moon}: no field 'moon' of filesystem;"},
      {R"({"summary": "{mount"})", "/rules/0/summary: a { without a }"},
      {R"({"confidence": 2})", "/rules/0/confidence: a number from 0 to 1 was expected"},
      {R"({"recommendation": {}})", "/rules/0/recommendation: the key type is missing"},
      {R"({"severity": "loud"})", "/rules/0/severity: one of info, warning, critical"},
  };
  CHECK(error_of(rule_text()) == "none");
  for (const Case& one : kCases) {
    INFO(one.changes);
    CHECK(error_of(rule_text(one.changes)).find("mine.json: " + std::string(one.error)) == 0);
  }
}

TEST_CASE("files that are no rules are refused in one line") {
  for (const char* text : {"", "[]", "{", "{}", "null", "{\"rules\": {}}", "{\"rules\": []}",
                           "{\"silence\": [1]}", "{\"rules\": 1, \"rules\": 2}", "\xff\xfe"}) {
    INFO(text);
    const std::string error = error_of(text);
    CHECK(error.find("mine.json: /") == 0);
    CHECK(error.find('\n') == std::string::npos);
  }
  CHECK(error_of("{\"silence\": [\"a.b\"], \"silence\": [\"c.d\"]}").find("twice") !=
        std::string::npos);
  CHECK(error_of(std::string(100'000, '[')).find("mine.json: /") == 0);
  CHECK(error_of(std::string((1 << 20) + 1, ' ')) == "mine.json: /: larger than 1 MiB");
}

TEST_CASE("later files replace rules by id, and silence them") {
  std::vector<RuleFile> files = shipped_rule_files();
  const std::size_t shipped = RuleSet::shipped().rules().size();
  files.push_back({"a.json", "// mine\n" + rule_text(R"({"id": "disk.filling"})")});
  files.push_back({"b.json", R"({"silence": ["cpu.steal"]})"});
  const auto set = RuleSet::compile(files);
  REQUIRE(set);
  CHECK(set->rules().size() == shipped - 1);
  REQUIRE(set->find("disk.filling"));
  CHECK(set->find("disk.filling")->title == "Mine");
  CHECK(set->find("disk.filling")->origin == "a.json");
  CHECK_FALSE(set->find("cpu.steal"));
  CHECK(set->silenced() == std::vector<std::string>{"cpu.steal"});
  files.push_back({"c.json", R"({"silence": ["no.such"]})"});
  CHECK(RuleSet::compile(files).error().message == "c.json: /silence: there is no rule 'no.such'");
}

TEST_CASE("ids of the shipped rules are distinct, and what they explain exists") {
  std::set<std::string> ids;
  for (const Rule& rule : RuleSet::shipped().rules()) CHECK(ids.insert(rule.id).second);
  CHECK(ids.size() >= 35);
  for (const Rule& rule : RuleSet::shipped().rules()) {
    INFO(rule.id);
    CHECK(rule.advice);
    for (const std::string& symptom : rule.explains) CHECK(ids.contains(symptom));
  }
}

TEST_CASE("every field of every table holds what it says, number or text") {
  const Snapshot snapshot = busy_snapshot(3);
  const Situation situation(snapshot);
  for (const Table* table : tables()) {
    std::set<std::string_view> ids;
    for (std::size_t field = 0; field < table->fields().size(); ++field) {
      const FieldInfo& info = table->fields()[field];
      INFO(table->name() << " " << info.id);
      CHECK(ids.insert(info.id).second);
      for (std::size_t row = 0; row < table->rows(situation); ++row) {
        const Value value = table->value(situation, row, field);
        if (std::holds_alternative<std::monostate>(value)) continue;
        CHECK(std::holds_alternative<std::string>(value) == info.is_text);
      }
    }
    for (std::size_t row = 0; row < table->rows(situation); ++row)
      CHECK(table->related(situation, row, 0).size() == 1);
  }
}

TEST_CASE("indexes: the columns of the filter, then a range or the order") {
  const auto columns = [](std::string_view sql) {
    const auto index = index_columns(sql);
    return index ? index_sql(*index).substr(16) : "none";
  };
  CHECK(columns("SELECT * FROM t WHERE a = ?") == "t (a)");
  CHECK(columns("SELECT * FROM s.t AS x WHERE x.a = ? AND x.b > ? ORDER BY x.c") == "s.t (a, b)");
  CHECK(columns("SELECT * FROM t WHERE a IN (?) AND b IS NULL ORDER BY c DESC") == "t (a, b, c)");
  CHECK(columns("SELECT * FROM t WHERE d BETWEEN ? AND ? AND a = ?") == "t (a, d)");
  CHECK(columns("UPDATE t SET b = ? WHERE a = ?") == "t (a)");
  CHECK(columns("DELETE FROM t WHERE a < ?") == "t (a)");
  CHECK(columns("SELECT * FROM `t` WHERE `a` = ?") == "`t` (`a`)");
  CHECK(columns("SELECT o.* FROM orders o JOIN users u ON u.id = o.user_id WHERE u.mail = ?") ==
        "users (mail)");
  for (const char* none :
       {"SELECT * FROM t", "SELECT ?", "INSERT INTO t VALUES (?)",
        "SELECT * FROM t WHERE a = ? OR b = ?", "SELECT * FROM t WHERE lower(a) = ?",
        "SELECT * FROM (SELECT ?) x WHERE a = ?", "", "SELECT * FROM", "SELECT * FROM t WHERE",
        "UPDATE", "SELECT * FROM f(?) WHERE a = ?"})
    CHECK(columns(none) == "none");
}

TEST_CASE("the judgement is in the document") {
  Snapshot snapshot = healthy_snapshot();
  snapshot.system.filesystems[0].used_ratio = 0.97;
  snapshot.judgement = judged(snapshot);
  const auto document = to_json(snapshot);
  REQUIRE(document["findings"].size() == 1);
  const auto& finding = document["findings"][0];
  CHECK(finding["id"] == "disk.filling");
  CHECK(finding["severity"] == "critical");
  CHECK(finding["target"]["kind"] == "filesystem");
  CHECK(finding["since"] == "2023-11-14T22:13:20.000Z");
  CHECK(finding["evidence"][0]["metric"] == "filesystem.used_ratio");
  CHECK(finding["evidence"][0]["value"] == 0.97);
  CHECK(finding["evidence"][0]["threshold"] == 0.95);
  CHECK(finding["evidence"][0]["unit"] == "ratio");
  CHECK(document["recommendations"][0]["type"] == "cleanup_storage");
  CHECK(document["score"]["value"] == 85);
}
