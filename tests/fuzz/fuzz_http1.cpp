// SPDX-License-Identifier: Apache-2.0
// Recognition and the HTTP/1 decoder. The first byte says how the connection began; then a
// piece each: a byte of direction and kind of gap, a byte of length, the bytes.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

#include "protocol/http1.h"

namespace {

void recognise_bytes(std::string_view bytes) {
  std::array<__u8, RECOGNITION_BYTES> first{};
  std::array<__u8, RECOGNITION_LAST> last{};
  const std::size_t captured = std::min(bytes.size(), first.size());
  const std::size_t tail = std::min(bytes.size(), last.size());
  if (captured > 0) std::memcpy(first.data(), bytes.data(), captured);
  if (tail > 0) std::memcpy(last.data() + last.size() - tail, bytes.end() - tail, tail);
  if (recognise(first.data(), static_cast<__u32>(captured), static_cast<__u32>(bytes.size()),
                last.data())
          .protocol > PROTOCOL_TLS)
    std::abort();
}

void check(const std::vector<culprit::Call>& done) {
  for (const culprit::Call& call : done) {
    if (call.query == 0 || call.start_ns == 0 || call.end_ns < call.start_ns) std::abort();
    if (call.outcome != culprit::Outcome::kAborted && call.first_read_ns == 0) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace culprit;
  std::string_view input(reinterpret_cast<const char*>(data), size);
  recognise_bytes(input);
  if (input.empty()) return 0;
  static DecoderBooks books;
  DecoderScope scope;
  scope.from_start = input[0] & 1;
  input.remove_prefix(1);
  const auto decoder = make_http1_decoder(scope, books);
  std::vector<Call> done;
  std::uint64_t now = 1;
  while (input.size() >= 2) {
    const auto kind = static_cast<std::uint8_t>(input[0]);
    const std::size_t length =
        std::min<std::size_t>(static_cast<std::uint8_t>(input[1]), input.size() - 2);
    Piece piece;
    piece.bytes = input.substr(2, length);
    piece.time_ns = now++;
    if (kind & 2) piece.missing_before = std::uint64_t{1} << (kind >> 2);
    if (kind & 1)
      decoder->reply(piece, done);
    else
      decoder->request(piece, done);
    if (decoder->pending() > 512) std::abort();
    input.remove_prefix(2 + length);
  }
  decoder->close(now, done);
  if (decoder->pending() > 0 || decoder->busy_since()) std::abort();
  check(done);
  return 0;
}
