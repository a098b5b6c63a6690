// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "util/result.h"

namespace culprit {

/// The text of a file that holds JSON, of at most 512 MiB; absent of one that does not begin so:
/// it may be a recording.
Result<std::optional<std::string>> read_analysis_text(const std::string& file);

}  // namespace culprit
