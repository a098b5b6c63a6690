// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "util/fd.h"

namespace culprit {

/// A file in memory without a name that holds `bytes`, for readers of files; empty when there
/// is no memory for it.
Fd file_of(std::string_view bytes);

}  // namespace culprit
