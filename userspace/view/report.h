// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/snapshot.h"
#include "view/document.h"

namespace culprit {

/// The report that a person forwards: what is wrong, who causes it and who suffers, what to do
/// in which order and what that brings, then what was measured.
document::Document report_document(const Snapshot& snapshot);

}  // namespace culprit
