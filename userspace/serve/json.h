// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "model/snapshot.h"
#include "serve/json_writer.h"

namespace culprit {

/// The document `culprit.snapshot/1` (DESIGN §6, rules/schema/) as text, without a line
/// break at its end. Top-level keys that a later version fills are there and empty.
std::string json_text(const Snapshot& snapshot, JsonStyle style = JsonStyle::kLine);

/// The same document as a tree, for those who look into it; several times slower.
nlohmann::ordered_json to_json(const Snapshot& snapshot);

}  // namespace culprit
