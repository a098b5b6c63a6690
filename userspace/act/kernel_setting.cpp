// SPDX-License-Identifier: Apache-2.0
#include "act/kernel_setting.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "act/cgroup_actuator.h"
#include "collect/text_file.h"
#include "collect/text_scan.h"

namespace culprit {
namespace {

constexpr std::string_view kDirty = "vm.dirty", kDirtyBackground = "vm.dirty_background";
constexpr std::string_view kBytes = "bytes ", kRatio = "ratio ";

/// A setting that is written, and what is taken for it. Outside of these bounds a host is hard to
/// reach, or the kernel refuses.
struct Row {
  std::string_view name;
  std::uint64_t least, most;
};

constexpr std::uint64_t kMiB = 1 << 20;
constexpr std::array kRows = std::to_array<Row>({
    {"fs.file-max", 65'536, 1ull << 40},
    {"fs.inotify.max_user_instances", 128, 65'536},
    {"fs.inotify.max_user_watches", 8'192, 4'194'304},
    {"kernel.pid_max", 32'768, 4'194'304},
    {"net.core.netdev_max_backlog", 300, 100'000},
    {"net.core.somaxconn", 128, 65'535},
    {"net.ipv4.ip_local_port_range", 1'024, 65'535},
    {"net.ipv4.tcp_fin_timeout", 10, 120},
    {"net.ipv4.tcp_max_syn_backlog", 128, 262'144},
    {"net.ipv4.tcp_tw_reuse", 0, 2},
    {"net.netfilter.nf_conntrack_max", 16'384, 4'194'304},
    {"vm.dirty_background_bytes", kMiB, 16'384 * kMiB},
    {"vm.dirty_background_ratio", 1, 50},
    {"vm.dirty_bytes", 2 * kMiB, 32'768 * kMiB},
    {"vm.dirty_ratio", 2, 60},
    {"vm.max_map_count", 65'530, 16'777'216},
    {"vm.swappiness", 0, 100},
});
constexpr std::string_view kPortRange = "net.ipv4.ip_local_port_range";
constexpr std::uint64_t kLeastPorts = 4'096;

const Row* find_row(std::string_view name) {
  const auto row =
      std::find_if(kRows.begin(), kRows.end(), [&](const Row& one) { return one.name == name; });
  return row == kRows.end() ? nullptr : &*row;
}

bool is_pair(std::string_view name) {
  return name == kDirty || name == kDirtyBackground;
}

std::string file_of(const Place& place, std::string_view name) {
  std::string path(name);
  std::replace(path.begin(), path.end(), '.', '/');
  return place.directory + "/" + path;
}

/// The kernel parts numbers by tabs; by one blank they can be compared with what was asked for.
std::string one_line(std::string_view text) {
  std::string line;
  while (true) {
    const std::string_view word = next_word(text);
    if (word.empty()) return line;
    line += (line.empty() ? "" : " ") + std::string(word);
  }
}

Result<std::string> read_file(const std::string& path) {
  TextReader reader(4096);
  const auto text = reader.read(path);
  if (!text) return fail(path + ": cannot be read");
  return one_line(trimmed(*text));
}

tl::unexpected<Error> out_of_bounds(const Row& row, std::string_view value) {
  return misuse("--setting " + std::string(row.name) + ": '" + printable(value, 40) +
                "' is not from " + std::to_string(row.least) + " to " + std::to_string(row.most));
}

Result<std::string> check_ports(const Row& row, std::string_view value) {
  std::string_view words = value;
  const auto low = next_number<std::uint64_t>(words), high = next_number<std::uint64_t>(words);
  if (!low || !high || !next_word(words).empty() || *low < row.least || *high > row.most ||
      *high < *low + kLeastPorts)
    return misuse("--setting " + std::string(row.name) + ": '" + printable(value, 40) +
                  "' is not two ports from 1024 to 65535, 4096 apart or more: '16384 60999'");
  return std::to_string(*low) + " " + std::to_string(*high);
}

Result<std::string> check_value(const Row& row, std::string_view value) {
  if (row.name == kPortRange) return check_ports(row, value);
  const auto number = to_number<std::uint64_t>(value);
  if (!number || *number < row.least || *number > row.most) return out_of_bounds(row, value);
  return std::to_string(*number);
}

/// Where a setting is, and its value there.
struct Written {
  std::string file, value;
};

Written written_of(std::string_view name, const std::string& value) {
  for (const std::string_view pair : {kDirtyBackground, kDirty})
    for (const auto& [ending, word] : {std::pair{"_bytes", kBytes}, {"_ratio", kRatio}})
      if (name == std::string(pair) + ending) return {std::string(pair), std::string(word) + value};
  return {std::string(name), value};
}

}  // namespace

Presence KernelSettingActuator::presence(const Place& place) {
  const bool known = find_row(place.file) || is_pair(place.file);
  if (!known || place.directory != (root_ / "proc/sys").string()) return Presence::kGone;
  std::error_code error;
  const std::string name = place.file + (is_pair(place.file) ? "_ratio" : "");
  return std::filesystem::exists(file_of(place, name), error) ? Presence::kThere : Presence::kGone;
}

Result<std::string> KernelSettingActuator::read(const Place& place) {
  if (presence(place) != Presence::kThere) return fail(place_text(place) + ": is not there");
  if (!is_pair(place.file)) return read_file(file_of(place, place.file));
  const auto bytes = read_file(file_of(place, place.file + "_bytes"));
  if (!bytes || *bytes != "0") return bytes ? std::string(kBytes) + *bytes : bytes;
  const auto ratio = read_file(file_of(place, place.file + "_ratio"));
  return ratio ? std::string(kRatio) + *ratio : ratio;
}

Status KernelSettingActuator::write(const Place& place, const std::string& value) {
  if (presence(place) != Presence::kThere) return fail(place_text(place) + ": is not there");
  if (!is_pair(place.file)) return write_kernel_file(file_of(place, place.file), value);
  // Of the two the kernel itself sets the other one to 0.
  for (const auto& [word, ending] : {std::pair{kBytes, "_bytes"}, {kRatio, "_ratio"}})
    if (value.starts_with(word))
      return write_kernel_file(file_of(place, place.file + ending), value.substr(word.size()));
  return fail(place_text(place) + ": '" + value + "' is no value of it");
}

std::vector<std::string_view> kernel_setting_names() {
  std::vector<std::string_view> names;
  for (const Row& row : kRows) names.push_back(row.name);
  return names;
}

Result<Setting> parse_kernel_setting(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos)
    return misuse("--setting '" + printable(text, 60) + "' is not NAME=VALUE");
  const std::string_view name = trimmed(text.substr(0, equals));
  const Row* const row = find_row(name);
  if (!row) {
    std::string names;
    for (const std::string_view known : kernel_setting_names()) names += " " + std::string(known);
    return misuse("--setting " + printable(name, 60) + ": culprit writes only" + names);
  }
  const auto value = check_value(*row, trimmed(text.substr(equals + 1)));
  if (!value) return tl::unexpected<Error>(value.error());
  Setting setting{Knob::kKernelSetting};
  setting.word = std::string(name) + "=" + *value;
  return setting;
}

Result<ThrottlePlan> plan_kernel_setting(const Setting& setting, const KnobHost& host) {
  const std::size_t equals = setting.word.find('=');
  const std::string name = setting.word.substr(0, equals);
  const Written written = written_of(name, setting.word.substr(equals + 1));
  Place place;
  place.kind = PlaceKind::kKernelSetting;
  place.directory = (host.root / "proc/sys").string();
  place.file = written.file;
  KernelSettingActuator actuator(host.root);
  if (actuator.presence(place) != Presence::kThere)
    return unsupported(name + ": this kernel has no such setting");
  const auto present = actuator.read(place);
  if (!present) return tl::unexpected<Error>(present.error());
  if (*present == written.value) return fail("nothing to do: " + name + " is so already");
  ThrottlePlan plan;
  plan.old_text = place.file + " " + *present;
  plan.new_text = place.file + " " + written.value;
  plan.changes.push_back({place, written.value, false});
  return plan;
}

}  // namespace culprit
