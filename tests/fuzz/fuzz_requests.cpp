// SPDX-License-Identifier: Apache-2.0
// What clients write on the daemon's socket: cut into lines wherever the pieces end, each line is
// a request or is refused in one line that names a place.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "serve/line_buffer.h"
#include "serve/socket_request.h"

namespace {

using namespace culprit;

void require(bool holds) {
  if (!holds) std::abort();
}

void parse(const std::string& line) {
  require(line.size() <= LineBuffer::kMostBytes);
  require(line.find('\n') == std::string::npos);
  const auto request = parse_socket_request(line);
  if (request) return;
  const std::string& message = request.error().message;
  require(message.starts_with("request: /"));
  require(message.find('\n') == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece = 1 + data[0] * 16u;  // as recv(2) may give it
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  LineBuffer buffer;
  for (std::size_t at = 0; at < text.size() && !buffer.too_long(); at += piece) {
    buffer.add(std::string_view(text).substr(at, piece));
    while (const auto line = buffer.next()) parse(*line);
  }
  return 0;
}
