// SPDX-License-Identifier: Apache-2.0
#include "config/daemon_config.h"

#include "catch.h"

using namespace culprit;

namespace {

DaemonConfig compiled(const std::string& text) {
  const auto config = compile_daemon_config("c.json", text);
  INFO((config ? "" : config.error().message));
  REQUIRE(config);
  return *config;
}

}  // namespace

TEST_CASE("A configuration that says nothing has every default", "[config]") {
  const DaemonConfig config = compiled("{ /* nothing */ }");
  CHECK(config.interval == std::chrono::seconds(1));
  CHECK(config.without.empty());
  CHECK_FALSE(config.hide_commands);
  CHECK(config.rules == "/etc/culprit/rules.d");
  CHECK(config.log_level == "info");
  CHECK(config.cpu_budget_ratio == 0.02);
  CHECK(config.socket == SocketConfig{});
  CHECK(config.history.enabled);
  CHECK(config.history.path == "/var/lib/culprit/history.db");
  CHECK(config.act.mode == Mode::kDryRun);
  CHECK(config.act.lease == std::chrono::minutes(5));
}

TEST_CASE("A configuration is taken over, whole", "[config]") {
  const DaemonConfig config = compiled(R"({
    // comments are welcome
    "interval": "2s", "without": ["tls", "python,asyncio"], "hide_commands": true,
    "rules": "/srv/rules", "log_level": "warn", "budget": {"cpu_ratio": 0.1},
    "history": {"enabled": false, "path": "/srv/h.db", "budget_bytes": 5000000},
    "act": {"mode": "auto", "lease": "2m", "state": "/srv/state",
            "schedule": "/srv/s.json",
            "modes": {"cpu.fork_storm": "approve"},
            "windows": {"allow": ["22:00-06:00"], "forbid": ["Sun 00:00-24:00"]}},
    "socket": {"path": "/srv/c.sock", "group": "adm", "max_clients": 3}})");
  CHECK(config.interval == std::chrono::seconds(2));
  CHECK(config.without == std::set<std::string>{"asyncio", "python", "tls"});
  CHECK(config.hide_commands);
  CHECK(config.rules == "/srv/rules");
  CHECK(config.log_level == "warn");
  CHECK(config.cpu_budget_ratio == 0.1);
  CHECK(config.socket == SocketConfig{"/srv/c.sock", "adm", 3});
  CHECK_FALSE(config.history.enabled);
  CHECK(config.history.path == "/srv/h.db");
  CHECK(config.history.options.budget_bytes == 5'000'000);
  CHECK(config.act.mode == Mode::kAuto);
  CHECK(config.act.lease == std::chrono::minutes(2));
  CHECK(config.act.state == "/srv/state");
  CHECK(config.act.schedule == "/srv/s.json");
  CHECK(config.act.modes == std::map<std::string, Mode>{{"cpu.fork_storm", Mode::kApprove}});
  CHECK(config.act.windows.allow.at(0).text == "22:00-06:00");
  CHECK_FALSE(config.act.windows.allows({6, 23 * 60}));
}

TEST_CASE("Without a word on it, an interval that does not allow to act turns acting off",
          "[config]") {
  CHECK(compiled(R"({"interval": "10s"})").act.mode == Mode::kOff);
  CHECK(compiled(R"({"interval": "10s", "act": {"lease": "2m"}})").act.mode == Mode::kOff);
  CHECK(compiled(R"({"interval": "2s"})").act.mode == Mode::kDryRun);
}

TEST_CASE("A configuration that is wrong is told by file, pointer and what was expected",
          "[config]") {
  struct Case {
    const char *text, *message;
  };
  const std::string long_path = R"({"socket": {"path": "/)" + std::string(107, 'x') + "\"}}";
  const Case cases[] = {
      {"", "c.json: /: "},
      {"[]", "c.json: /: an object was expected, not an array"},
      {"{\"interval\": \"1s\"", "c.json: /: "},
      {R"({"intervall": "1s"})", "c.json: /intervall: unknown key; known are interval, without"},
      {R"({"interval": "1s", "interval": "2s"})", "c.json: /: has the key 'interval' twice"},
      {R"({"interval": 1})", "c.json: /interval: a duration such as"},
      {R"({"interval": "soon"})", "c.json: /interval: a duration such as"},
      {R"({"interval": "10ms"})", "c.json: /interval: a duration from 100ms to 60s was expected"},
      {R"({"interval": "2m"})", "c.json: /interval: a duration from 100ms to 60s was expected"},
      {R"({"without": "tls"})", "c.json: /without: an array of features was expected"},
      {R"({"without": ["tls", 3]})", "c.json: /without/1: a text that is not empty was expected"},
      {R"({"without": ["sunshine"]})", "c.json: /without/0: "},
      {R"({"hide_commands": 1})", "c.json: /hide_commands: true or false was expected"},
      {R"({"rules": ""})", "c.json: /rules: a text that is not empty was expected"},
      {R"({"rules": "rules.d"})", "c.json: /rules: an absolute path was expected"},
      {R"({"log_level": "loud"})", "c.json: /log_level: one of debug, info, warn, error"},
      {R"({"budget": 2})", "c.json: /budget: an object was expected, not a number"},
      {R"({"budget": {"cpu_ratio": 0}})", "c.json: /budget/cpu_ratio: a number from"},
      {R"({"budget": {"cpu_ratio": 2}})", "c.json: /budget/cpu_ratio: a number from"},
      {R"({"budget": {"memory": 2}})", "c.json: /budget/memory: unknown key; known are cpu_ratio"},
      {R"({"socket": {"path": "c.sock"}})", "c.json: /socket/path: an absolute path was expected"},
      {long_path.c_str(), "c.json: /socket/path: a path of at most 107 bytes was expected"},
      {R"({"socket": {"group": 7}})", "c.json: /socket/group: a text that is not empty"},
      {R"({"socket": {"max_clients": 0}})", "c.json: /socket/max_clients: a number from 1 to"},
      {R"({"socket": {"max_clients": 1.5}})", "c.json: /socket/max_clients: a whole number"},
      {R"({"history": false})", "c.json: /history: an object was expected"},
      {R"({"history": {"path": "h.db"}})", "c.json: /history/path: an absolute path was expected"},
      {R"({"history": {"budget_bytes": 1}})", "c.json: /history/budget_bytes: a number from"},
      {R"({"act": {"mode": "yes"}})", "c.json: /act/mode: off, observe, dry-run, approve or auto"},
      {R"({"act": {"lease": "2h"}})", "c.json: /act/lease: a duration from 1m to 30m was expected"},
      {R"({"act": {"modes": {"cpu.fork_storm": "on"}}})",
       "c.json: /act/modes/cpu.fork_storm: off, observe, dry-run, approve or auto"},
      {R"({"act": {"windows": {"allow": ["at night"]}}})",
       "c.json: /act/windows/allow/0: 'at night' is no window"},
      {R"({"act": {"mode": "auto"}, "interval": "10s"})",
       "c.json: /act/mode: off was expected, or an interval of 500ms to 2s"},
      {R"({"socket": {"mode": 438}})", "c.json: /socket/mode: unknown key"},
  };
  for (const Case& one : cases) {
    INFO(one.text);
    const auto config = compile_daemon_config("c.json", one.text);
    REQUIRE_FALSE(config);
    CHECK(config.error().kind == ErrorKind::kUsage);
    INFO(config.error().message);
    CHECK(config.error().message.starts_with(one.message));
    CHECK(config.error().message.find('\n') == std::string::npos);
  }
}

TEST_CASE("A configuration that is not there is an error only where it has to be", "[config]") {
  CHECK(read_daemon_config("/none/culprit.json", false));
  const auto config = read_daemon_config("/none/culprit.json", true);
  REQUIRE_FALSE(config);
  CHECK(config.error().message == "/none/culprit.json: cannot be read: No such file or directory");
  CHECK_FALSE(read_daemon_config("/", false));
}
