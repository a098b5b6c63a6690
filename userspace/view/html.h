// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "view/document.h"

namespace culprit {

/// One page that asks nothing of anybody: no script, no request, charts as SVG within it. It
/// reads on a wide screen, on a phone, on paper, by light and by dark. Ends with a line break.
std::string html_page(const document::Document& document);

}  // namespace culprit
