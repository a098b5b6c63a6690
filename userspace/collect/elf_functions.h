// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace culprit {

/// Offsets in the file of functions, by their place in `names`; absent for those that the
/// file does not define, and all absent when it is no ELF file of 64 bits. Both symbol tables
/// are looked at. The file is hostile: nothing in it is trusted, and what is read is bounded.
std::vector<std::optional<std::uint64_t>> find_functions(
    int file, const std::vector<std::string_view>& names);

}  // namespace culprit
