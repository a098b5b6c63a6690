// SPDX-License-Identifier: Apache-2.0
#include "config/daemon_config.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <vector>

#include "analyze/json_place.h"
#include "bpf/load_plan.h"
#include "util/unix_socket.h"

namespace culprit {
namespace {

constexpr std::size_t kMostBytes = 1 << 20;
constexpr double kShortestInterval = 0.1, kLongestInterval = 60;
constexpr double kMostClients = 1000;
constexpr double kMostHistoryBytes = 1e12;
constexpr std::chrono::milliseconds kShortestToAct(500), kLongestToAct(2000);
constexpr double kShortestLease = 60, kLongestLeaseSeconds = 1800;

/// Reads the keys of one object in turn; the first error stays.
class Keys {
 public:
  Keys(JsonPlace place, std::initializer_list<std::string_view> known) : place_(place) {
    status_ = place.keys(known);
  }

  /// Gives the key's value to `take`, which returns a Status, when it is there.
  void read(const char* key, const auto& take) {
    if (status_ && place_.has(key)) status_ = take(place_[key]);
  }
  void text(const char* key, auto& value) {
    read(key, [&](const JsonPlace& place) -> Status {
      auto text = place.text();
      if (!text) return tl::unexpected<Error>(text.error());
      value = std::move(*text);
      return {};
    });
  }
  void flag(const char* key, bool& value) {
    read(key, [&](const JsonPlace& place) -> Status {
      if (!place.json().is_boolean()) return place.wrong("true or false was expected");
      value = place.json().get<bool>();
      return {};
    });
  }
  Status status() const { return status_; }

 private:
  JsonPlace place_;
  Status status_;
};

Status read_interval(const JsonPlace& place, std::chrono::nanoseconds& interval) {
  const auto seconds = place.duration();
  if (!seconds) return tl::unexpected<Error>(seconds.error());
  if (*seconds < kShortestInterval || *seconds > kLongestInterval)
    return place.wrong("a duration from 100ms to 60s was expected");
  interval = std::chrono::nanoseconds(static_cast<std::int64_t>(*seconds * 1e9));
  return {};
}

Status read_without(const JsonPlace& place, std::set<std::string>& without) {
  if (!place.json().is_array()) return place.wrong("an array of features was expected");
  for (std::size_t index = 0; index < place.json().size(); ++index) {
    const auto name = place[index].text();
    if (!name) return tl::unexpected<Error>(name.error());
    const auto features = parse_features({*name});
    if (!features) return place[index].wrong(features.error().message);
    without.insert(features->begin(), features->end());
  }
  return {};
}

Status read_path(const JsonPlace& place, std::filesystem::path& path) {
  auto text = place.text();
  if (!text) return tl::unexpected<Error>(text.error());
  path = std::move(*text);
  if (!path.is_absolute()) return place.wrong("an absolute path was expected");
  return {};
}

Status read_socket_path(const JsonPlace& place, std::filesystem::path& path) {
  if (const Status read = read_path(place, path); !read) return read;
  if (!unix_address(path.native())) return place.wrong("a path of at most 107 bytes was expected");
  return {};
}

Status read_log_level(const JsonPlace& place, std::string& level) {
  const std::initializer_list<std::string_view> levels = {"debug", "info", "warn", "error"};
  const auto index = place.one_of(levels);
  if (!index) return tl::unexpected<Error>(index.error());
  level = levels.begin()[*index];
  return {};
}

Status read_socket(const JsonPlace& place, SocketConfig& socket) {
  Keys keys(place, {"path", "group", "max_clients"});
  keys.read("path", [&](const JsonPlace& at) { return read_socket_path(at, socket.path); });
  keys.text("group", socket.group);
  keys.read("max_clients", [&](const JsonPlace& at) -> Status {
    const auto most = at.number(1, kMostClients);
    if (!most) return tl::unexpected<Error>(most.error());
    if (!at.json().is_number_integer()) return at.wrong("a whole number was expected");
    socket.most_clients = static_cast<std::size_t>(*most);
    return {};
  });
  return keys.status();
}

Status read_history(const JsonPlace& place, HistoryConfig& history) {
  Keys keys(place, {"enabled", "path", "budget_bytes"});
  keys.flag("enabled", history.enabled);
  keys.read("path", [&](const JsonPlace& at) { return read_path(at, history.path); });
  keys.read("budget_bytes", [&](const JsonPlace& at) -> Status {
    const auto bytes = at.number(static_cast<double>(kLeastHistoryBytes), kMostHistoryBytes);
    if (!bytes) return tl::unexpected<Error>(bytes.error());
    history.options.budget_bytes = static_cast<std::uint64_t>(*bytes);
    return {};
  });
  return keys.status();
}

Status read_mode(const JsonPlace& place, Mode& mode) {
  const auto text = place.text();
  const auto read = text ? parse_mode(*text) : Result<Mode>(misuse(""));
  if (!read) return place.wrong("off, observe, dry-run, approve or auto was expected");
  mode = *read;
  return {};
}

Status read_modes(const JsonPlace& place, std::map<std::string, Mode>& modes) {
  if (place.json().is_object() && place.json().empty()) return {};
  const auto members = place.members();
  if (!members) return tl::unexpected<Error>(members.error());
  for (const auto& [rule, at] : *members)
    if (const Status read = read_mode(at, modes[rule]); !read) return read;
  return {};
}

Status read_window_list(const JsonPlace& place, std::vector<WeekWindow>& windows) {
  if (!place.json().is_array()) return place.wrong("an array of windows was expected");
  for (std::size_t index = 0; index < place.json().size(); ++index) {
    const auto text = place[index].text();
    if (!text) return tl::unexpected<Error>(text.error());
    auto window = parse_week_window(*text);
    if (!window) return place[index].wrong(window.error().message);
    windows.push_back(std::move(*window));
  }
  return {};
}

Status read_windows(const JsonPlace& place, AutoWindows& windows) {
  Keys keys(place, {"allow", "forbid"});
  keys.read("allow", [&](const JsonPlace& at) { return read_window_list(at, windows.allow); });
  keys.read("forbid", [&](const JsonPlace& at) { return read_window_list(at, windows.forbid); });
  return keys.status();
}

Status read_act(const JsonPlace& place, ActConfig& act) {
  Keys keys(place, {"mode", "modes", "windows", "lease", "state", "schedule"});
  keys.read("mode", [&](const JsonPlace& at) { return read_mode(at, act.mode); });
  keys.read("modes", [&](const JsonPlace& at) { return read_modes(at, act.modes); });
  keys.read("windows", [&](const JsonPlace& at) { return read_windows(at, act.windows); });
  keys.read("lease", [&](const JsonPlace& at) -> Status {
    const auto seconds = at.duration();
    if (!seconds) return tl::unexpected<Error>(seconds.error());
    if (*seconds < kShortestLease || *seconds > kLongestLeaseSeconds)
      return at.wrong("a duration from 1m to 30m was expected");
    act.lease = std::chrono::nanoseconds(static_cast<std::int64_t>(*seconds * 1e9));
    return {};
  });
  keys.read("state", [&](const JsonPlace& at) { return read_path(at, act.state); });
  keys.read("schedule", [&](const JsonPlace& at) { return read_path(at, act.schedule); });
  return keys.status();
}

bool allows_acting(const DaemonConfig& config) {
  return config.interval >= kShortestToAct && config.interval <= kLongestToAct;
}

Status read_budget(const JsonPlace& place, double& cpu_ratio) {
  Keys keys(place, {"cpu_ratio"});
  keys.read("cpu_ratio", [&](const JsonPlace& at) -> Status {
    const auto ratio = at.number(0.0001, 1);
    if (!ratio) return tl::unexpected<Error>(ratio.error());
    cpu_ratio = *ratio;
    return {};
  });
  return keys.status();
}

}  // namespace

Result<DaemonConfig> compile_daemon_config(std::string_view file, std::string_view text) {
  const auto json = parse_rules_json(file, text);
  if (!json) return tl::unexpected<Error>(json.error());
  DaemonConfig config;
  Keys keys(JsonPlace(*json, file), {"interval", "without", "hide_commands", "rules", "log_level",
                                     "budget", "socket", "history", "act"});
  keys.read("interval", [&](const JsonPlace& at) { return read_interval(at, config.interval); });
  keys.read("without", [&](const JsonPlace& at) { return read_without(at, config.without); });
  keys.flag("hide_commands", config.hide_commands);
  keys.read("rules", [&](const JsonPlace& at) { return read_path(at, config.rules); });
  keys.read("log_level", [&](const JsonPlace& at) { return read_log_level(at, config.log_level); });
  keys.read("budget",
            [&](const JsonPlace& at) { return read_budget(at, config.cpu_budget_ratio); });
  keys.read("socket", [&](const JsonPlace& at) { return read_socket(at, config.socket); });
  keys.read("history", [&](const JsonPlace& at) { return read_history(at, config.history); });
  keys.read("act", [&](const JsonPlace& at) { return read_act(at, config.act); });
  if (const Status status = keys.status(); !status) return tl::unexpected<Error>(status.error());
  const bool mode_is_told = json->contains("act") && (*json)["act"].contains("mode");
  if (!mode_is_told && !allows_acting(config)) config.act.mode = Mode::kOff;
  if (const Status fits = check_mode(config, file); !fits)
    return tl::unexpected<Error>(fits.error());
  return config;
}

Status check_mode(const DaemonConfig& config, std::string_view file) {
  if (config.act.mode == Mode::kOff || allows_acting(config)) return {};
  return misuse(std::string(file) +
                ": /act/mode: off was expected, or an interval of 500ms to 2s, " +
                "which deciding about throttles needs");
}

Result<DaemonConfig> read_daemon_config(const std::filesystem::path& file, bool has_to) {
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  if (!in && errno == ENOENT && !has_to) return DaemonConfig();
  if (!in) return misuse(file.string() + ": cannot be read: " + std::strerror(errno));
  std::string text(kMostBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (in.bad() || (text.empty() && !in.eof()))
    return misuse(file.string() + ": cannot be read: " + std::strerror(errno));
  if (text.size() > kMostBytes) return misuse(file.string() + ": larger than 1 MiB");
  return compile_daemon_config(file.string(), text);
}

}  // namespace culprit
