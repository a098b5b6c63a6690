// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "act/timetable.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/rein_options.h"
#include "config/daemon_config.h"
#include "store/daemon_client.h"
#include "util/clock.h"
#include "util/duration.h"
#include "util/rfc3339.h"
#include "util/when.h"

namespace culprit {
namespace po = boost::program_options;
namespace {

constexpr char kUsage[] =
    "schedule list | add TARGET --cpu 20% --at 02:00 --for 1h | allow WINDOW | forbid WINDOW | "
    "remove ID";
constexpr char kEpilogue[] =
    "\nThe daemon holds it, in mode approve or auto. A plan is looked at again when it is due: who "
    "is\n"
    "meant is looked for then, and the guards are asked then. WINDOW is 22:00-06:00 or\n"
    "\"Mon-Fri 09:00-17:00\", in the zone of the host: mode auto holds within those that allow it, "
    "if\n"
    "there are any, and not within those that forbid it; outside it is approve.\n";

constexpr std::int64_t kDayNs = 86'400ll * 1'000'000'000;

/// A time to come: 02:00 is the next one, 10m is in ten minutes.
Result<std::int64_t> parse_time_to_come(const std::string& text, std::int64_t now_ns) {
  if (const auto wait = parse_duration(text)) return now_ns + wait->count();
  const auto time = parse_when(text, now_ns);
  if (!time) return time;
  // An hour alone is read as the last time that it was.
  const bool only_hour = text.size() == 5 && text[2] == ':';
  if (only_hour && *time <= now_ns) return *time + kDayNs;
  if (*time <= now_ns) return misuse("--at " + text + " is not to come");
  return time;
}

Result<std::string> add_request(const po::variables_map& values, const std::string& target) {
  const auto knob = knob_asked(values);
  if (!knob) return tl::unexpected<Error>(knob.error());
  if (knob->first.empty() || target.empty() || !values.count("at"))
    return misuse("write culprit schedule add TARGET --cpu 20% --at 02:00 --for 1h");
  if (const auto setting = parse_setting(knob->first, knob->second); !setting)
    return tl::unexpected<Error>(setting.error());
  const auto at = parse_time_to_come(values["at"].as<std::string>(),
                                     static_cast<std::int64_t>(clock_ns(CLOCK_REALTIME)));
  if (!at) return tl::unexpected<Error>(at.error());
  const auto length = parse_duration(values["for"].as<std::string>());
  if (!length) return tl::unexpected<Error>(length.error());
  nlohmann::json plan = {{"target", target},
                         {knob->first, knob->second},
                         {"at", rfc3339(*at)},
                         {"for", values["for"].as<std::string>()},
                         {"force", values.count("force") > 0}};
  return nlohmann::json{{"schedule", {{"add", plan}}}}.dump(
      -1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void print(const Timetable& table) {
  for (const PlannedThrottle& plan : table.plans())
    std::cout << plan.id << "  " << plan_state_name(plan.state) << "  "
              << local_time(plan.at_wall_ns) << " to " << local_time(plan.end_wall_ns()) << "  "
              << plan.target << ": " << plan.knob << ' ' << plan.value
              << (plan.lease.empty() ? "" : "  " + plan.lease)
              << (plan.note.empty() ? "" : ": " + plan.note) << '\n';
  for (const WeekWindow& window : table.windows().allow)
    std::cout << "auto is allowed  " << window.text << '\n';
  for (const WeekWindow& window : table.windows().forbid)
    std::cout << "auto is forbidden  " << window.text << '\n';
}

Status list(DaemonClient& daemon, const po::variables_map& values) {
  const auto answer = daemon.ask(R"({"get":"schedule"})");
  if (!answer) return tl::unexpected<Error>(answer.error());
  if (values["format"].as<std::string>() == "json") {
    std::cout << *answer << '\n';
    return {};
  }
  const auto table = Timetable::parse(*answer);
  if (!table) return tl::unexpected<Error>(table.error());
  print(*table);
  if (table->plans().empty()) std::cerr << "culprit: nothing is planned\n";
  return {};
}

Result<std::string> request_for(const po::variables_map& values, const std::string& verb,
                                const std::string& subject) {
  if (verb == "add") return add_request(values, subject);
  if (subject.empty()) return misuse(std::string("write culprit ") + kUsage);
  if (verb != "remove")
    if (const auto window = parse_week_window(subject); !window)
      return tl::unexpected<Error>(window.error());
  return nlohmann::json{{"schedule", {{verb, subject}}}}.dump(
      -1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Status run(const po::variables_map& values) {
  const std::string verb = values.count("verb") ? values["verb"].as<std::string>() : "list";
  const std::string subject = values.count("subject") ? values["subject"].as<std::string>() : "";
  if (verb != "list" && verb != "add" && verb != "allow" && verb != "forbid" && verb != "remove")
    return misuse(std::string("write culprit ") + kUsage);
  const std::string format = values["format"].as<std::string>();
  if (format != "text" && format != "json")
    return misuse("--format is text or json, not '" + format + "'");
  const auto request =
      verb == "list" ? Result<std::string>("") : request_for(values, verb, subject);
  if (!request) return tl::unexpected<Error>(request.error());
  auto daemon = DaemonClient::connect(values["socket"].as<std::string>());
  if (!daemon) return tl::unexpected<Error>(daemon.error());
  if (verb == "list") return list(*daemon, values);
  const auto answer = daemon->ask(*request);
  if (!answer) return tl::unexpected<Error>(answer.error());
  const auto json = nlohmann::json::parse(*answer, nullptr, false);
  if (!json.is_object() || !json.contains("changed") || !json["changed"].is_string())
    return fail("the daemon's answer is none: " + *answer);
  std::cout << (verb == "remove" ? "removed " : "") << json["changed"].get<std::string>() << '\n';
  return {};
}

}  // namespace

int run_schedule(const std::vector<std::string>& arguments) {
  po::options_description options("options");
  options.add_options()("verb", po::value<std::string>(), "list, add, allow, forbid or remove")(
      "subject", po::value<std::string>(), "TARGET, WINDOW or ID")(
      "at", po::value<std::string>(), "when: 02:00, 10m, \"2026-11-27 02:00\"")(
      "for", po::value<std::string>()->default_value("30m"), "how long: 30m, 1h; at most 12h")(
      "force", "do it although something that can be lifted speaks against it then");
  add_knob_options(options);
  options.add_options()("format,f", po::value<std::string>()->default_value("text"),
                        "text or json")("socket",
                                        po::value<std::string>()->default_value(kSocketPath),
                                        "of the daemon that holds it");
  po::positional_options_description positional;
  positional.add("verb", 1).add("subject", 1);
  const auto parsed = parse_arguments(arguments, kUsage, options, positional, kEpilogue);
  if (!parsed) return report(parsed.error());
  if (parsed->help_shown) return kExitDone;
  const Status done = run(parsed->values);
  return done ? kExitDone : report(done.error());
}

}  // namespace culprit
