// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "act/actuator.h"

namespace culprit {

inline constexpr char kAbsent[] = "absent";
inline constexpr char kPresent[] = "present";

/// Values of a cgroup. "cpu.cfs" is read and written as cpu.max of version 2 is: "QUOTA PERIOD"
/// in microseconds, or "max PERIOD". The two files behind it are written in the order in which
/// the limit is never looser than the looser of both: quota first to shrink, period first to
/// grow.
class CgroupFileActuator : public Actuator {
 public:
  Presence presence(const Place& place) override;
  Result<std::string> read(const Place& place) override;
  Status write(const Place& place, const std::string& value) override;
};

/// A cgroup of our own. To make it absent, what is in it goes home and it is removed; where
/// somebody made cgroups below it, that fails and it stays.
class OwnCgroupActuator : public Actuator {
 public:
  Presence presence(const Place& place) override;
  Result<std::string> read(const Place& place) override;
  Status write(const Place& place, const std::string& value) override;
};

/// Writes all of `text` to an existing file, as the kernel's files want it: in one piece.
Status write_kernel_file(const std::string& path, const std::string& text);

}  // namespace culprit
