// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "model/snapshot.h"

namespace culprit {

/// The busiest tasks as a table of the text report; nothing where there are none.
void write_task_text(std::string& out, const Snapshot& snapshot);

}  // namespace culprit
