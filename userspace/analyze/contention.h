// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "model/snapshot.h"

namespace culprit {

class Situation;

/// Processes that ran while others, which answer requests, waited for a CPU: those of one service
/// that answers nothing, those of one name in one unit, or one and the short ones that it starts.
struct ContentionRow {
  const ProcessRow* suspect = nullptr;  ///< the one that stands for them
  std::size_t processes = 0;
  double cpu_seconds = 0;                  ///< of all of them
  double delay_seconds = 0;                ///< of all victims together
  double victim_share = 0;                 ///< largest share that they are of one victim's wait
  double victim_wait_ratio = 0;            ///< of the interval: how long that victim waited in all
  std::vector<const ProcessRow*> victims;  ///< most delayed first
};

/// By suspect; those of whom nobody felt anything are left out.
std::vector<ContentionRow> find_contention(const Situation& situation);

}  // namespace culprit
