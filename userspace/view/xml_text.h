// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace culprit {

/// Any bytes as text or attribute of XML and HTML; control characters, of which XML knows none,
/// are question marks.
std::string xml_text(std::string_view bytes);

}  // namespace culprit
