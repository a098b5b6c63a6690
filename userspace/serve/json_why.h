// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "model/snapshot.h"
#include "model/subject.h"

namespace culprit {

/// The document `culprit.why/1`: the subject, who delayed it, and the rows of the snapshot that
/// have to do with it (its tasks among them), as text without a line break at its end. Rows are as
/// in `culprit.snapshot/1`, in order of the subject's own time; `process` or `unit` is null.
std::string why_json(const Snapshot& snapshot, const Subject& subject);

}  // namespace culprit
