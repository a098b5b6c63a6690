// SPDX-License-Identifier: Apache-2.0
#include "act/io_limit.h"

#include <algorithm>

#include "act/cgroup_actuator.h"
#include "act/disks.h"
#include "collect/text_scan.h"

namespace culprit {

std::string io_max_line(std::string_view text, std::string_view device) {
  std::string_view line;
  while (next_line(text, line)) {
    std::string_view words = line;
    if (next_word(words) == device) return std::string(trimmed(line));
  }
  return std::string(device) + " rbps=max wbps=max riops=max wiops=max";
}

std::string with_bytes_limit(std::string_view line, std::int64_t bytes_per_second) {
  std::string limited(next_word(line));
  while (true) {
    const std::string_view word = next_word(line);
    if (word.empty()) return limited;
    const std::size_t equals = word.find('=');
    const std::string_view key = word.substr(0, equals);
    limited += " ";
    if (equals == std::string_view::npos || (key != "rbps" && key != "wbps")) {
      limited += word;
      continue;
    }
    const auto present = to_number<std::int64_t>(word.substr(equals + 1));
    const std::int64_t bytes = std::min(present.value_or(bytes_per_second), bytes_per_second);
    limited += std::string(key) + "=" + std::to_string(bytes);
  }
}

Result<ThrottlePlan> plan_io_max(const Home& home, const Setting& setting, const KnobHost& host) {
  ThrottlePlan plan;
  CgroupFileActuator actuator;
  for (const std::string& device : disk_numbers(host.root)) {
    const Place place = cgroup_file(home.directory, (std::string(kIoMaxFile) + device).c_str());
    const auto present = actuator.read(place);
    if (!present) return tl::unexpected<Error>(present.error());
    const std::string wanted = with_bytes_limit(*present, setting.number);
    if (wanted == *present) continue;
    plan.old_text += (plan.old_text.empty() ? "io.max " : "; ") + *present;
    plan.new_text += (plan.new_text.empty() ? "io.max " : "; ") + wanted;
    plan.changes.push_back({place, wanted, false});
  }
  if (plan.changes.empty())
    return fail("nothing to do: this host has no disk that is not limited so already");
  return plan;
}

Result<Setting> parse_io_max(std::string_view text) {
  std::string_view size = text;
  constexpr std::string_view kPerSecond = "/s";
  if (size.ends_with(kPerSecond)) size.remove_suffix(kPerSecond.size());
  const auto bytes = parse_bytes(size);
  constexpr std::int64_t kLeast = 64 << 10;
  if (!bytes || *bytes < kLeast)
    return misuse("--io-max '" + printable(text, 40) + "' is not a size a second from 64K on: 10M");
  Setting setting{Knob::kIoMax};
  setting.number = *bytes;
  return setting;
}

}  // namespace culprit
