// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "analyze/situation.h"
#include "model/field.h"

namespace culprit {

/// Calls that took 1 s or longer; at least so many, by the percentiles.
std::uint64_t slow_calls(const QueryRow& row);
/// Share of the server's time in which its thread neither ran nor waited for a CPU or a disk:
/// another's lock, or a wish to sleep. Absent where the server is elsewhere.
Value server_held_ratio(const QueryRow& row, const Situation& situation);
Value transactions_open(const QueryRow& row, const Situation& situation);
/// "orders (user_id)", or the statement that makes that index.
Value index_text(const QueryRow& row, bool statement);
/// "GET /users of web (81) 340 calls, loader (90) 12 calls".
Value query_callers(const QueryRow& row, const Situation& situation);
Value frequent_error(const QueryRow& row, const Situation& situation);
/// Endpoints that ask for it, and processes where no endpoint is known.
std::vector<Target> caller_targets(const QueryRow& row, const Situation& situation);

/// Absent where the requests' time is not known; at most 1, whatever ran side by side.
Value request_time_share(const RequestQueryRow& row, const Situation& situation);
/// Seconds that one call a request in place of all of them would save.
double saved_by_batching(const RequestQueryRow& row);
/// "61 % in SELECT …, 3 % in GET …" of the requests' time.
Value endpoint_queries(const EndpointRow& row, const Situation& situation);

}  // namespace culprit
