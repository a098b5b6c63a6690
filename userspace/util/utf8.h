// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace culprit {

/// True when the bytes are well-formed UTF-8 (RFC 3629: no surrogates, no overlong form).
bool is_utf8(std::string_view bytes);

/// The same text with every byte that is not part of a well-formed character replaced by
/// U+FFFD. Names of processes, threads and mounts are any bytes but NUL.
std::string to_utf8(std::string_view bytes);

/// The same text as UTF-8 without control characters, which a terminal would obey: `stand_in` is
/// in their place.
std::string without_controls(std::string_view bytes, char stand_in);

/// On one line: control characters are blanks.
std::string one_line(std::string_view bytes);

/// At most the first `bytes` of UTF-8 text, cut between two characters; "…" then stands for
/// the rest.
std::string shortened(std::string_view text, std::size_t bytes);

}  // namespace culprit
