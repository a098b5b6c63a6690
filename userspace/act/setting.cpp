// SPDX-License-Identifier: Apache-2.0
#include "act/setting.h"

#include <array>
#include <cmath>
#include <cstdio>

#include "act/io_limit.h"
#include "act/network_limit.h"
#include "collect/text_scan.h"

namespace culprit {
namespace {

constexpr std::array<std::string_view, 15> kNames = {"cpu quota",
                                                     "cpu weight",
                                                     "io weight",
                                                     "io max",
                                                     "memory high",
                                                     "tasks max",
                                                     "nice",
                                                     "cpu policy",
                                                     "io class",
                                                     "open files",
                                                     "connections to one address",
                                                     "new connections",
                                                     "egress",
                                                     "kernel setting",
                                                     "freeze"};

tl::unexpected<Error> wrong(const char* option, std::string_view text, const char* expected) {
  return misuse(std::string(option) + " '" + printable(text, 40) + "' is not " + expected);
}

std::string bytes_text(std::int64_t bytes) {
  for (const auto& [unit, shift] : {std::pair{'G', 30}, {'M', 20}, {'K', 10}})
    if (bytes >> shift > 0 && (bytes & ((std::int64_t{1} << shift) - 1)) == 0)
      return std::to_string(bytes >> shift) + unit;
  return std::to_string(bytes);
}

}  // namespace

std::string_view knob_name(Knob knob) {
  return kNames[static_cast<std::size_t>(knob)];
}

std::string setting_text(const Setting& setting) {
  std::array<char, 48> text{};
  switch (setting.knob) {
    case Knob::kCpuQuota:
      std::snprintf(text.data(), text.size(), "%.4g %% of one CPU", setting.cpus * 100);
      return text.data();
    case Knob::kCpuWeight:
    case Knob::kIoWeight:
      return "weight " + std::to_string(setting.number);
    case Knob::kMemoryHigh:
      return bytes_text(setting.number);
    case Knob::kTasksMax:
    case Knob::kNice:
      return std::to_string(setting.number);
    case Knob::kPolicy:
    case Knob::kIoClass:
    case Knob::kKernelSetting:
      return setting.word;
    case Knob::kFreeze:
      return "for " + std::to_string(setting.number / 1'000'000) + " ms";
    case Knob::kDenyConnect:
      return "none to " + setting.word;
    case Knob::kConnectRate:
      return std::to_string(setting.number) + " a second";
    case Knob::kEgress:
    case Knob::kIoMax:
      return bytes_text(setting.number) + " a second";
    case Knob::kOpenFiles:
      return setting.number == 0 ? "as many as may be" : std::to_string(setting.number);
  }
  return "";
}

Result<Setting> parse_cpu_quota(std::string_view text) {
  std::string_view number = text;
  const bool percent = number.ends_with('%');
  if (percent) number.remove_suffix(1);
  const auto value = to_fraction(number);
  const double cpus = value.value_or(0) / (percent ? 100 : 1);
  // The kernel takes no quota below a millisecond, which is 1 % of its longest usual period.
  if (!value || cpus < 0.01 || cpus > 10'000)
    return wrong("--cpu", text, "a share of one CPU from 1% on: 20%, 150%, 1.5");
  Setting setting{Knob::kCpuQuota};
  setting.cpus = cpus;
  return setting;
}

Result<Setting> parse_weight(Knob knob, std::string_view text) {
  const auto number = to_number<std::int64_t>(text);
  if (!number || *number < 1 || *number > 10'000)
    return wrong(knob == Knob::kCpuWeight ? "--weight" : "--io-weight", text,
                 "a weight of 1 to 10000; 100 is what everybody has");
  Setting setting{knob};
  setting.number = *number;
  return setting;
}

Result<Setting> parse_nice(std::string_view text) {
  const auto number = to_number<std::int64_t>(text);
  if (!number || *number < 1 || *number > 19) return wrong("--nice", text, "1 to 19");
  Setting setting{Knob::kNice};
  setting.number = *number;
  return setting;
}

Result<Setting> parse_tasks_max(std::string_view text) {
  const auto number = to_number<std::int64_t>(text);
  constexpr std::int64_t kMost = 4'194'304;  // pids of a host
  if (!number || *number < 1 || *number > kMost)
    return wrong("--tasks-max", text, "a number of processes and threads");
  Setting setting{Knob::kTasksMax};
  setting.number = *number;
  return setting;
}

Result<Setting> parse_policy(std::string_view text) {
  if (text != "idle" && text != "batch") return wrong("--policy", text, "idle or batch");
  Setting setting{Knob::kPolicy};
  setting.word = text;
  return setting;
}

Result<Setting> parse_io_class(std::string_view text) {
  Setting setting{Knob::kIoClass};
  constexpr std::string_view kEffort = "best-effort/";
  const auto level = text.starts_with(kEffort) ? to_number<int>(text.substr(kEffort.size()))
                                               : std::optional<int>();
  if (text == "idle")
    setting.word = "idle/7";
  else if (level && *level >= 0 && *level <= 7)
    setting.word = text;
  else
    return wrong("--io", text, "idle or best-effort/0 to best-effort/7");
  return setting;
}

std::optional<std::int64_t> parse_bytes(std::string_view text) {
  int shift = 0;
  constexpr std::string_view kUnits = "KMGT";
  if (!text.empty())
    if (const std::size_t unit = kUnits.find(text.back()); unit != std::string_view::npos) {
      shift = 10 * (static_cast<int>(unit) + 1);
      text.remove_suffix(1);
    }
  const auto value = to_number<std::int64_t>(text);
  if (!value || *value <= 0 || *value > (std::int64_t{1} << 50) >> shift) return std::nullopt;
  return *value << shift;
}

Result<Setting> parse_memory_high(std::string_view text) {
  constexpr std::int64_t kLeast = 1 << 20;
  const auto value = parse_bytes(text);
  if (!value || *value < kLeast)
    return wrong("--memory-high", text, "a size of 1M or more: 512M, 2G");
  Setting setting{Knob::kMemoryHigh};
  // The kernel counts pages; what it does not round can be compared.
  constexpr std::int64_t kPage = 4096;
  setting.number = *value / kPage * kPage;
  return setting;
}

Result<Setting> parse_open_files(std::string_view text) {
  Setting setting{Knob::kOpenFiles};
  if (text == "max") return setting;
  const auto number = to_number<std::int64_t>(text);
  if (!number || *number < 1) return wrong("--open-files", text, "a number or max");
  setting.number = *number;
  return setting;
}

std::span<const KnobOption> knob_options() {
  static constexpr KnobOption kOptions[] = {
      {"cpu", "use at most so much: 20%, 150%, 1.5; 100% is one CPU", parse_cpu_quota},
      {"weight", "share of busy CPUs: 1 to 10000, others have 100",
       [](std::string_view text) { return parse_weight(Knob::kCpuWeight, text); }},
      {"nice", "nice value of its threads, 1 to 19", parse_nice},
      {"policy", "of its threads: idle or batch", parse_policy},
      {"io", "I/O class of its threads: idle, best-effort/7", parse_io_class},
      {"io-weight", "share of busy disks: 1 to 10000 (cgroup v2)",
       [](std::string_view text) { return parse_weight(Knob::kIoWeight, text); }},
      {"io-max", "read and write no more bytes a second of each disk: 10M (cgroup v2)",
       parse_io_max},
      {"memory-high", "reclaim memory above this: 2G (cgroup v2)", parse_memory_high},
      {"tasks-max", "start no more processes and threads (cgroup v2)", parse_tasks_max},
      {"open-files", "soft limit of open files: a number, or max", parse_open_files},
      {"deny-connect", "refuse new TCP connections to ADDRESS:PORT (cgroup v2)",
       parse_deny_connect},
      {"connects", "refuse more new TCP connections: 5/s (cgroup v2)", parse_connect_rate},
      {"egress", "send no more bytes a second: 1M (cgroup v2)", parse_egress}};
  return kOptions;
}

Result<Setting> parse_setting(std::string_view option, std::string_view text) {
  for (const KnobOption& known : knob_options())
    if (option == known.name) return known.parse(text);
  return misuse("'" + std::string(option) + "' is no knob");
}

}  // namespace culprit
