// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "view/canvas.h"
#include "view/top_state.h"

namespace culprit {

/// Rows that the header takes on a screen of that size.
int header_rows(const TopState& state);

/// How the host is, at a glance: from row 0 on.
void draw_header(Canvas& canvas, const TopState& state);

}  // namespace culprit
