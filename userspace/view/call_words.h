// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/snapshot.h"
#include "model/subject.h"
#include "view/page.h"

namespace culprit {

/// Why calls are not seen at all; absent when they are.
std::optional<std::string> why_calls_unseen(const CollectorRow& collector);

/// One sentence: what threads of the server did while they answered. Absent when that is not
/// known.
std::optional<std::string> backend_sentence(const std::optional<ServerView>& server);

/// One sentence when a part of the calls' time asks for one: replies that lay at the socket.
std::optional<std::string> pickup_sentence(const std::optional<CallParts>& parts);

std::string per_second(std::uint64_t amount, double seconds);  ///< "12/s"
std::string per_call(double amount_seconds, std::uint64_t calls);
std::string share_text(double part, double whole);  ///< "43 %"

// The same small tables in detail panes and in `culprit why`.
void write_queries(Page& page, const std::vector<QueryShare>& shares, double seconds);
void write_endpoints(Page& page, const std::vector<const EndpointRow*>& rows, double seconds);
void write_pools(Page& page, const std::vector<PoolShare>& pools, double seconds);

}  // namespace culprit
