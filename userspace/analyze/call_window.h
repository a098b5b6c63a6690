// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/snapshot.h"

namespace culprit {

/// The calls of the last intervals in one: what comes five times a second fails twice in one
/// interval of a second and not at all in the next, and only over some seconds can it be told how
/// much of it does.
class CallWindow {
 public:
  /// Snapshots come in order. Gives queries, endpoints, services, databases and lookups of 5 to 10
  /// s, this one included, and nothing else; nullptr where the snapshot itself is as long.
  const Snapshot* add(const Snapshot& snapshot);

 private:
  Snapshot present_;  ///< of the half that is not over
  Snapshot whole_;    ///< with the half before it
};

}  // namespace culprit
