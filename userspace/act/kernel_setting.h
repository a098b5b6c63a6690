// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "act/actuator.h"
#include "act/setting.h"
#include "act/throttle_plan.h"

namespace culprit {

/// Settings of the kernel below /proc/sys: place.directory is that, place.file the dotted name of
/// one that is in the table. "vm.dirty" and "vm.dirty_background" stand for the two files of each
/// of which one counts: their values are "ratio 20" or "bytes 16777216".
class KernelSettingActuator : public Actuator {
 public:
  explicit KernelSettingActuator(const std::filesystem::path& root = "/") : root_(root) {}

  Presence presence(const Place& place) override;
  Result<std::string> read(const Place& place) override;
  Status write(const Place& place, const std::string& value) override;

 private:
  std::filesystem::path root_;
};

/// "NAME=VALUE" of a setting that culprit writes, within its bounds; what else there is, is told.
Result<Setting> parse_kernel_setting(std::string_view text);

/// The part of plan_throttle that is about a setting of the kernel.
Result<ThrottlePlan> plan_kernel_setting(const Setting& setting, const KnobHost& host);

/// The names that can be written, for help.
std::vector<std::string_view> kernel_setting_names();

}  // namespace culprit
