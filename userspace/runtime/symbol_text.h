// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "runtime/symbol_table.h"

namespace culprit {

// Tables of functions that are written as text, which is hostile: lines that are none are
// passed over. Both seal the table.

/// /tmp/perf-PID.map of a just-in-time compiler: "START SIZE NAME", numbers hexadecimal. Of
/// code that was compiled to a place used before, the last line holds.
SymbolTable parse_perf_map(std::string_view text);

/// /proc/kallsyms, functions only. A module's function is "name [module]". Without the right
/// to see addresses all of them are 0, and the table is empty.
SymbolTable parse_kallsyms(std::string_view text);

}  // namespace culprit
