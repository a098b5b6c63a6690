// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "model/snapshot.h"

namespace culprit {

/// The part of text_report() about databases, queries, endpoints and services; nothing for
/// those of which there are none.
void write_call_text(std::string& out, const Snapshot& snapshot);

}  // namespace culprit
