// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "model/snapshot.h"
#include "serve/json_writer.h"

namespace culprit {

/// The document `culprit.snapshot/1` (DESIGN §6, rules/schema/) as text, without a line
/// break at its end.
std::string json_text(const Snapshot& snapshot, JsonStyle style = JsonStyle::kLine);

/// The document `culprit.recommendations/1`: interval and recommendations of a judged snapshot.
std::string recommendations_json(const Snapshot& snapshot);

/// The document `culprit.findings/1`: those of that id, and what to do about them.
std::string finding_json(const Snapshot& snapshot, const std::string& id);

/// The document of json_text() as a tree, for those who look into it; several times slower.
nlohmann::ordered_json to_json(const Snapshot& snapshot);

}  // namespace culprit
