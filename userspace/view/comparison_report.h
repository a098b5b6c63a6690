// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "model/comparison.h"
#include "view/document.h"

namespace culprit {

/// What differs between two analyses, what does not, and what cannot be told.
document::Document comparison_document(const BeforeAfter& comparison);

/// The same in a few lines of plain text. Ends with a line break.
std::string comparison_text(const BeforeAfter& comparison);

}  // namespace culprit
