// SPDX-License-Identifier: Apache-2.0
#include "model/task_rules.h"

#include "catch.h"

using namespace culprit;

namespace {

std::string error_of(const std::string& rules) {
  const std::string text = R"({"schema": "culprit.tasks/1", "rules": [)" + rules + "]}";
  const RuleText file{"t.json", text};
  const auto compiled = TaskRules::compile({&file, 1});
  return compiled ? "" : compiled.error().message;
}

bool starts_with(const std::string& text, std::string_view begin) {
  INFO(text);
  return text.starts_with(begin);
}

/// "RULE: NAME" of the shipped rule that a process falls under.
std::string shipped(std::string_view executable, std::string_view arguments,
                    std::string_view thread = "") {
  TaskFacts facts;
  facts.executable = executable;
  facts.arguments = arguments;
  facts.thread = thread;
  MatchedParts parts;
  const TaskRule* rule = TaskRules::shipped().find(facts, !thread.empty(), parts);
  return rule ? rule->id + ": " + rule->name_of(facts, parts) : "";
}

}  // namespace

TEST_CASE("shipped rules compile", "[task_rules]") {
  const auto compiled = TaskRules::compile(shipped_task_rules());
  INFO((compiled ? "" : compiled.error().message));
  REQUIRE(compiled);
  CHECK(compiled->all().size() > 50);
  CHECK(TaskRules::shipped().all().size() == compiled->all().size());
}

TEST_CASE("shipped rules name common software", "[task_rules]") {
  const char* postgres = "/usr/lib/postgresql/15/bin/postgres";
  CHECK(shipped(postgres, "postgres: checkpointer ") == "postgres.helper: postgres: checkpointer");
  CHECK(shipped(postgres, "postgres: 15/main: walwriter") ==
        "postgres.helper: postgres: walwriter");
  CHECK(shipped(postgres, "postgres: app orders 127.0.0.1(5432) idle") ==
        "postgres.backend: postgres: orders (app)");
  CHECK(shipped(postgres, "postgres: app orders [local] SELECT") ==
        "postgres.backend: postgres: orders (app)");
  CHECK(shipped(postgres, "postgres: autovacuum worker orders") ==
        "postgres.autovacuum: postgres: autovacuum worker");
  CHECK(shipped(postgres, "/usr/lib/postgresql/15/bin/postgres -D /data") == "postgres: postgres");
  CHECK(shipped("/usr/sbin/nginx", "nginx: worker process") == "nginx.role: nginx worker");
  CHECK(shipped("/usr/bin/redis-check-rdb", "/usr/bin/redis-server 127.0.0.1:6379") ==
        "redis: redis-check-rdb 127.0.0.1:6379");
  CHECK(shipped("/usr/bin/python3.11", "python3 -m celery -A app worker -Q mail -c 4") ==
        "celery.queue: celery worker (mail)");
  CHECK(shipped("/usr/bin/python3.11", "[celeryd: w1@host:MainProcess] -active- (worker)") ==
        "celery.title: celery worker (w1)");
  CHECK(shipped("/usr/bin/python3.11", "/venv/bin/python /venv/bin/gunicorn -w 4 app.main:app") ==
        "gunicorn: gunicorn app.main:app");
  CHECK(shipped("/usr/bin/python3.11", "gunicorn: worker [app]") ==
        "gunicorn.role: gunicorn worker (app)");
  CHECK(shipped("/usr/bin/python3.11", "python -m uvicorn --workers 2 app:app") ==
        "uvicorn: uvicorn app:app");
  CHECK(shipped("/usr/bin/java", "java -Xmx1g -jar /srv/shop.jar --x") ==
        "java.jar: java shop.jar");
  CHECK(shipped("/usr/bin/java", "java -jar a.jar", "GC Thread#*") ==
        "java.gc: java: garbage collection");
  CHECK(shipped("/usr/bin/amazon-ssm-agent", "amazon-ssm-agent") == "cloud: amazon-ssm-agent");
  CHECK(shipped("/usr/bin/node_exporter", "node_exporter") == "metrics: node_exporter");
  CHECK(shipped("/usr/bin/dpkg", "dpkg --unpack x.deb") == "packages: dpkg");
  CHECK(shipped("/usr/lib/gcc/x86_64-linux-gnu/12/cc1plus", "cc1plus x.cc") ==
        "compilers: cc1plus");
  CHECK(shipped("/usr/sbin/cron", "/usr/sbin/cron -f") == "cron: cron");
  CHECK(shipped("/usr/bin/myapp", "myapp --serve") == "");
}

TEST_CASE("what is wrong in a file of rules is told with its place", "[task_rules]") {
  CHECK(error_of(R"({"id": "a", "match": {"unit": "x"}, "name": "y"} // comments are fine)"
                 "\n") == "");
  CHECK(starts_with(error_of(R"({"id": "a", "match": {"unit": "x"}, "nmae": "y"})"),
                    "t.json: /rules/0/nmae: unknown key"));
  CHECK(starts_with(error_of(R"({"match": {"unit": "x"}, "name": "y"})"),
                    "t.json: /rules/0: the key id is missing"));
  CHECK(starts_with(error_of(R"({"id": "a", "name": "y"})"),
                    "t.json: /rules/0: the key match is missing"));
  CHECK(
      starts_with(error_of(R"({"id": "a", "match": {"unit": "x"}})"), "t.json: /rules/0: a rule"));
  CHECK(starts_with(error_of(R"({"id": "a", "match": {}, "name": "y"})"),
                    "t.json: /rules/0/match: at least one"));
  CHECK(starts_with(error_of(R"({"id": "a", "match": {"unit": 3}, "name": "y"})"),
                    "t.json: /rules/0/match/unit: a glob"));
  CHECK(starts_with(error_of(R"({"id": "a", "match": {"unit": {"regex": "("}}, "name": "y"})"),
                    "t.json: /rules/0/match/unit/regex: "));
  CHECK(starts_with(error_of(R"({"id": "a", "match": {"unit": {"regex": "(a)\\1"}}, "name": "y"})"),
                    "t.json: /rules/0/match/unit/regex: back-references"));
  CHECK(starts_with(error_of(R"({"id": "a", "match": {"unit": "x"}, "class": "slow"})"),
                    "t.json: /rules/0/class: 'slow' is none of foreground, background, system"));
  CHECK(starts_with(error_of(R"({"id": "a", "match": {"unit": "x"}, "kind": 1})"),
                    "t.json: /rules/0/kind: a text"));
  CHECK(starts_with(error_of(R"({"id": "a", "match": {"unit": "x"}, "name": "${pid}"})"),
                    "t.json: /rules/0/name: after $"));
  CHECK(starts_with(error_of(R"({"id": "a", "match": {"unit": "x"}, "name": "$0"})"),
                    "t.json: /rules/0/name: after $"));
  CHECK(starts_with(error_of(R"({"id": "a", "match": {"unit": "x"}, "starts_jobs": 1})"),
                    "t.json: /rules/0/starts_jobs: true or false"));
  CHECK(starts_with(error_of(R"({"id": "a", "match": {"unit": "x"}, "name": "y"},
                                {"id": "a", "match": {"unit": "x"}, "name": "y"})"),
                    "t.json: /rules/1/id: another rule"));
  CHECK(starts_with(error_of("nonsense"), "t.json: not JSON: "));
  const RuleText empty{"t.json", "{}"};
  CHECK(TaskRules::compile({&empty, 1}).error().message ==
        "t.json: /: \"schema\": \"culprit.tasks/1\" was expected");
}

TEST_CASE("a later file comes first and replaces rules by id", "[task_rules]") {
  const RuleText files[] = {{"a.json", R"({"schema": "culprit.tasks/1", "rules": [
          {"id": "one", "match": {"executable": "x"}, "name": "old"},
          {"id": "two", "match": {"executable": "y"}, "name": "two"}]})"},
                            {"b.json", R"({"schema": "culprit.tasks/1", "rules": [
          {"id": "one", "match": {"executable": "?"}, "name": "new ${unit}"}]})"}};
  const auto rules = TaskRules::compile(files);
  REQUIRE(rules);
  REQUIRE(rules->all().size() == 2);
  TaskFacts facts;
  facts.executable = "/usr/bin/y (deleted)";
  facts.unit = "u.service";
  MatchedParts parts;
  const TaskRule* rule = rules->find(facts, false, parts);
  REQUIRE(rule);
  CHECK(rule->name_of(facts, parts) == "new u.service");
}

TEST_CASE("globs and expressions match the whole text", "[task_rules]") {
  CHECK(glob_matches("a*c", "abbc"));
  CHECK(glob_matches("*", ""));
  CHECK(glob_matches("a?c*", "abc"));
  CHECK_FALSE(glob_matches("a*c", "abcd"));
  CHECK_FALSE(glob_matches("", "a"));
  CHECK_FALSE(glob_matches("a*b*a*b*a*b*c", std::string(1000, 'a')));
  const auto regex = TextPattern::regex("a(b|c)?");
  REQUIRE(regex);
  MatchedParts parts;
  CHECK(regex->matches("ac", &parts));
  CHECK(parts[1] == "c");
  CHECK_FALSE(regex->matches("xac", &parts));
}
