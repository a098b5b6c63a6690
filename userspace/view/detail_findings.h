// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/snapshot.h"
#include "view/page.h"

namespace culprit {

/// A finding explained, into an area: what holds and since when, who suffers, the numbers it
/// rests on, what to do.
void draw_finding(Canvas& canvas, Area area, const Snapshot& now, const Finding& finding);

/// How a severity stands out.
Style severity_style(Severity severity);

}  // namespace culprit
