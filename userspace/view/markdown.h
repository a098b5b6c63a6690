// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "view/document.h"

namespace culprit {

/// GitHub's Markdown, which reads as plain text, too. Ends with a line break.
std::string markdown_text(const document::Document& document);

/// Any bytes as text of Markdown that means nothing but itself, within a line or a cell.
std::string markdown_escaped(std::string_view bytes);

}  // namespace culprit
