// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "act/place.h"
#include "util/result.h"

namespace culprit {

/// Whether a place is the one that was meant.
enum class Presence {
  kThere,
  kGone,     ///< the cgroup or thread is no more
  kAnother,  ///< there is one of that name, but it is not the same one
};

/// Reads and writes values of some kind of place. Values are text as the kernel gives it back,
/// so that what was read can be written and compared.
class Actuator {
 public:
  virtual ~Actuator() = default;
  virtual Presence presence(const Place& place) = 0;
  virtual Result<std::string> read(const Place& place) = 0;
  virtual Status write(const Place& place, const std::string& value) = 0;
  /// What the value that is there now has done so far, for a person; "" where nobody counts.
  virtual std::string account(const Place&) { return ""; }
};

}  // namespace culprit
