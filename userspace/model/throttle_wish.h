// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "model/row_parts.h"

namespace culprit {

/// A person's wish to slow a process or a task that was seen in a Snapshot.
struct ThrottleWish {
  ProcessId process;  ///< pid 0: the task
  std::string task;   ///< its id; "" the process
  int step = 0;       ///< of the ladder of knobs
  std::string knob;   ///< that was offered there: what is used meanwhile changes the ladder; "" any
  std::chrono::nanoseconds duration = std::chrono::seconds(300);
  bool force = false;  ///< lifts what a person's word can lift
  bool operator==(const ThrottleWish&) const = default;
};

/// What speaks against it.
struct Objection {
  std::string name, reason;
  bool absolute = false;  ///< a person's word does not lift it
};

/// What would be done to fulfil a wish.
struct ThrottleOffer {
  int step = 0, steps = 0;         ///< which of how many of the ladder
  std::string who, knob;           ///< "process batch", "cpu weight"
  std::string old_text, new_text;  ///< of the knob; old "" not known
  std::string impossible;          ///< why this step would have no effect; "": it can be done
  std::vector<Objection> objections;
};

}  // namespace culprit
