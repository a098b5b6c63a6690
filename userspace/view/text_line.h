// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace culprit {

/// Appends one line of a text report, at most 511 bytes and a line break.
__attribute__((format(printf, 2, 3))) void line(std::string& out, const char* format, ...);

}  // namespace culprit
