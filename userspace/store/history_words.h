// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "store/history_tick.h"

namespace culprit {

// What a tick says of the host; absent where it does not. Shares are 0…1.
std::optional<double> cpu_ratio(const HistoryTick& tick);
/// Time that threads waited for a CPU, per second.
std::optional<double> wait_ratio(const HistoryTick& tick);
std::optional<double> memory_ratio(const HistoryTick& tick);
/// Of its busiest disk.
std::optional<double> disk_ratio(const HistoryTick& tick);
std::optional<double> host_score(const HistoryTick& tick);
/// An amount of the host, per second.
std::optional<double> host_rate(const HistoryTick& tick, std::string_view id);

/// A name on one line: "python3 worker.py (api.service)", "GET /orders/{id} of web".
std::string history_title(const HistoryName& name);
/// The process that used the most CPU time, with its share of a CPU; "" none is known.
std::string leader_text(const HistoryTick& tick);
/// The row of a kind that has the most of a number; null: none has any.
const HistoryRow* leader(const HistoryTick& tick, HistoryKind kind, std::string_view id);

}  // namespace culprit
