// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace culprit {

/// Views into the line.
struct Http1RequestLine {
  std::string_view method, target;
};

/// `cut`: the line is only the beginning of one.
std::optional<Http1RequestLine> parse_http1_request_line(std::string_view line, bool cut);

/// A target that by its name asks for what may come later: /poll, ?watch=true.
bool polls_http1(std::string_view target);

/// Status code, 100 to 999.
std::optional<std::uint16_t> parse_http1_status_line(std::string_view line);

/// A request begins here: a method and what may be its target.
bool begins_http1_request(std::string_view bytes);
/// A response begins here.
bool begins_http1_response(std::string_view bytes);
/// These bytes end as a chunked body without trailers ends.
bool ends_http1_chunks(std::string_view bytes);

}  // namespace culprit
