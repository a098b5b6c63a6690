// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "util/result.h"

namespace culprit {

/// Writes a file whole or not at all: into a temporary one beside it, then renamed.
Status write_output_file(const std::string& path, const std::string& text);

}  // namespace culprit
