// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <vector>

#include "protocol/decoder.h"

namespace culprit {

/// Hands bytes to a decoder in pieces: each begins with one byte that says of which direction
/// it is, whether bytes are missing before it, and how long it is. Stops when a promise of
/// decoders is broken.
inline void fuzz_cache(std::unique_ptr<Decoder> (*factory)(const DecoderScope&, DecoderBooks&),
                       std::string_view bytes) {
  DecoderBooks books;
  const bool from_start = !bytes.empty() && (bytes.front() & 1);
  const auto decoder = factory({1, from_start}, books);
  std::vector<Call> done;
  std::uint64_t now = 1;
  if (!bytes.empty()) bytes.remove_prefix(1);
  while (!bytes.empty()) {
    const auto control = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    Piece piece;
    piece.bytes = bytes.substr(0, control >> 2);
    bytes.remove_prefix(piece.bytes.size());
    piece.time_ns = ++now;
    if (control & 2) piece.missing_before = static_cast<std::uint64_t>(control) * control;
    if (control & 1) {
      decoder->request(piece, done);
    } else {
      decoder->reply(piece, done);
    }
    if (decoder->pending() > 4096) std::abort();
    decoder->busy_since();
  }
  decoder->close(++now, done);
  if (decoder->pending() != 0) std::abort();
  for (const Call& call : done) {
    const QueryText* const text = books.queries.find(call.query);
    if (text == nullptr || text->text.empty() || text->text.size() > 160) std::abort();
    if (call.end_ns < call.start_ns || call.end_ns > now) std::abort();
    for (const char c : text->text) {
      if (c < 0x20 || c > 0x7e) std::abort();
    }
  }
}

}  // namespace culprit
