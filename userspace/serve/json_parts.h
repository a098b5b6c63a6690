// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "model/latency.h"
#include "model/snapshot.h"
#include "serve/json_writer.h"

/// The parts that serve/json.cpp puts together; nobody else includes this. Each writes
/// one value.
namespace culprit::json_parts {

/// LATENCY of DESIGN §6, or null.
void latency(JsonWriter& out, const std::optional<Latency>& latency);
void system(JsonWriter& out, const SystemRow& row, double seconds);
void process(JsonWriter& out, const ProcessRow& row, double seconds);
void unit(JsonWriter& out, const UnitRow& row, double seconds);
void database(JsonWriter& out, const DatabaseRow& row, double seconds);
void query(JsonWriter& out, const QueryRow& row, double seconds);
void endpoint(JsonWriter& out, const EndpointRow& row, double seconds);
void service(JsonWriter& out, const ServiceRow& row, double seconds);

}  // namespace culprit::json_parts
