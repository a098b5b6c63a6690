// SPDX-License-Identifier: Apache-2.0
#include "runtime/xz.h"

#include <lzma.h>

#include <algorithm>
#include <cstdint>

namespace culprit {
namespace {

constexpr std::uint64_t kMostMemory = 64 << 20;
constexpr std::size_t kFirstBytes = 256 << 10;

}  // namespace

std::optional<std::string> unpack_xz(std::string_view packed, std::size_t most) {
  lzma_stream stream = LZMA_STREAM_INIT;
  if (lzma_stream_decoder(&stream, kMostMemory, 0) != LZMA_OK) return std::nullopt;
  std::string text(std::min(most, kFirstBytes), '\0');
  stream.next_in = reinterpret_cast<const std::uint8_t*>(packed.data());
  stream.avail_in = packed.size();
  lzma_ret state = LZMA_OK;
  while (state == LZMA_OK) {
    const std::size_t done = stream.total_out;
    if (done == text.size()) {
      if (text.size() >= most) break;
      text.resize(std::min(most, text.size() * 2));
    }
    stream.next_out = reinterpret_cast<std::uint8_t*>(text.data()) + done;
    stream.avail_out = text.size() - done;
    state = lzma_code(&stream, LZMA_FINISH);
  }
  text.resize(stream.total_out);
  lzma_end(&stream);
  if (state != LZMA_STREAM_END) return std::nullopt;
  return text;
}

}  // namespace culprit
