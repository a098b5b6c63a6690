// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace culprit {

/// Unpacks one .xz stream; absent when it is damaged, would be longer than `most` bytes, or
/// would take more than 64 MiB to unpack.
std::optional<std::string> unpack_xz(std::string_view packed, std::size_t most);

}  // namespace culprit
