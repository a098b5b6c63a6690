// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <charconv>
#include <map>
#include <string>

#include "act/cgroup_actuator.h"
#include "act/thread_actuator.h"
#include "unit/collect/fixture.h"

namespace culprit {

/// A tree of files that stands for cgroups, with what the kernel makes of what is written:
/// shares have a least and a most, memory.high is in whole pages, weights have bounds. Values of
/// threads are kept in a map.
class FakeActuators : public Actuator {
 public:
  Presence presence(const Place& place) override {
    if (!is_of_thread(place.kind)) return of(place).presence(place);
    const auto found = started.find(place.thread.tid);
    if (found == started.end()) return Presence::kGone;
    return found->second == place.thread.start_ticks ? Presence::kThere : Presence::kAnother;
  }
  Result<std::string> read(const Place& place) override {
    if (!is_of_thread(place.kind)) return of(place).read(place);
    return values[place_text(place)];
  }
  Status write(const Place& place, const std::string& value) override {
    ++writes;
    if (fail_at == writes) return fail(place_text(place) + ": the kernel refuses");
    if (is_of_thread(place.kind)) {
      values[place_text(place)] = value;
      return {};
    }
    if (place.kind == PlaceKind::kCgroupFile) return file_.write(place, normalised(place, value));
    if (value == kPresent) {
      if (Status made = own_.write(place, value); !made) return made;
      return fill(place.directory + "/" + place.file);
    }
    // The kernel's files go with the directory; these do not.
    std::filesystem::remove_all(place.directory + "/" + place.file);
    return {};
  }

  std::map<std::uint32_t, std::uint64_t> started;  ///< ticks, by thread
  std::map<std::string, std::string> values;       ///< by place_text()
  int writes = 0, fail_at = 0;

 private:
  Actuator& of(const Place& place) {
    if (place.kind == PlaceKind::kOwnCgroup) return own_;
    return file_;
  }
  static std::string normalised(const Place& place, const std::string& value) {
    long number = 0;
    const auto [rest, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc{} || *rest != '\0') return value;
    if (place.file == "cpu.shares") number = std::clamp(number, 2l, 262'144l);
    if (place.file == "memory.high") number = number / 4096 * 4096;
    return std::to_string(number) + "\n";
  }
  static Status fill(const std::string& directory) {
    for (const auto& [file, text] :
         std::map<std::string, std::string>{{"cpu.shares", "1024\n"},
                                            {"cpu.cfs_quota_us", "-1\n"},
                                            {"cpu.cfs_period_us", "100000\n"},
                                            {"cpu.cfs_burst_us", "0\n"},
                                            {"cgroup.procs", ""}})
      std::ofstream(directory + "/" + file) << text;
    return {};
  }

  CgroupFileActuator file_;
  OwnCgroupActuator own_;
};

/// A clock that stands still until it is moved, and keepers that live until they are not.
struct FakeClock {
  std::uint64_t boot_ns = 1'000'000'000'000;
  bool alive = true;
  LeaseClock lease_clock() {
    return {[this] { return boot_ns; }, [this] { return static_cast<std::int64_t>(boot_ns); },
            [this](const Keeper&) { return alive; }};
  }
};

}  // namespace culprit
