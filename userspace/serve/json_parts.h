// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <optional>
#include <span>

#include "model/latency.h"
#include "model/snapshot.h"
#include "serve/json_writer.h"

/// The parts that serve/json.cpp and serve/json_why.cpp put together; nobody else includes
/// this. Each writes one value, or the members of an object.
namespace culprit::json_parts {

/// LATENCY of DESIGN §6, or null.
void latency(JsonWriter& out, const std::optional<Latency>& latency);
void interval(JsonWriter& out, const Snapshot& snapshot);
/// `calls` of DESIGN §6, or null.
void calls(JsonWriter& out, const std::optional<CallTotals>& totals);
/// The longest of them; thousands of short processes may have delayed one.
inline std::span<const DelayedBy> longest(const std::vector<DelayedBy>& delays) {
  constexpr std::size_t kWritten = 16;
  return std::span(delays).first(std::min(kWritten, delays.size()));
}
void delayed_by(JsonWriter& out, const std::vector<DelayedBy>& suspects);
void process_name(JsonWriter& out, const ProcessName& process);
void pool_members(JsonWriter& out, const PoolRow& pool);
void system(JsonWriter& out, const SystemRow& row, double seconds);
void process(JsonWriter& out, const ProcessRow& row, double seconds);
void unit(JsonWriter& out, const UnitRow& row, double seconds);
void task(JsonWriter& out, const TaskRow& row, double seconds);
void database(JsonWriter& out, const DatabaseRow& row, double seconds);
void query(JsonWriter& out, const QueryRow& row, double seconds);
void endpoint(JsonWriter& out, const EndpointRow& row, double seconds);
void service(JsonWriter& out, const ServiceRow& row, double seconds);
void lookup(JsonWriter& out, const LookupRow& row, double seconds);
void start_group(JsonWriter& out, const StartGroupRow& row, double seconds);
/// The members findings and recommendations.
void findings(JsonWriter& out, const std::vector<Finding>& list);
void recommendations(JsonWriter& out, const std::vector<Recommendation>& list);
/// The members findings, recommendations and score; of what nobody judged empty, and null.
void judgement(JsonWriter& out, const std::optional<Judgement>& held);

}  // namespace culprit::json_parts
