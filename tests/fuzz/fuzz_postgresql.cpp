// SPDX-License-Identifier: Apache-2.0
// The PostgreSQL decoder. The first byte says how the connection began; then a piece each: a
// byte of direction and kind of gap, a byte of length, the bytes. A kind with the bit 64 set
// is a message instead: the next byte is its type, and its length is put before it.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/postgresql.h"
#include "protocol/postgresql_queue.h"

namespace {

using namespace culprit;

void check(const std::vector<Call>& done) {
  for (const Call& call : done) {
    if (call.start_ns == 0 || call.request_end_ns < call.start_ns) std::abort();
    if (call.end_ns < call.start_ns) std::abort();
    if (call.outcome != Outcome::kAborted && call.first_read_ns == 0) std::abort();
    if (call.first_read_ns &&
        (call.first_read_ns < call.start_ns || call.first_read_ns > call.end_ns))
      std::abort();
    if (call.error.back() != '\0') std::abort();
  }
}

std::string message(std::string_view bytes) {
  std::string all = {bytes[0], 0, 0, 0, static_cast<char>(bytes.size() + 3)};
  return all.append(bytes.substr(1));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  if (input.empty()) return 0;
  DecoderBooks books;
  DecoderScope scope;
  scope.from_start = input[0] & 1;
  input.remove_prefix(1);
  const auto decoder = make_postgresql_decoder(scope, books);
  std::vector<Call> done;
  std::uint64_t now = 1, passed = 0;
  while (input.size() >= 2) {
    const auto kind = static_cast<std::uint8_t>(input[0]);
    const std::size_t length =
        std::min<std::size_t>(static_cast<std::uint8_t>(input[1]), input.size() - 2);
    std::string bytes(input.substr(2, length));
    if (kind & 64 && !bytes.empty() && bytes.size() < 120) bytes = message(bytes);
    Piece piece;
    piece.bytes = bytes;
    piece.time_ns = piece.arrived_ns = now++;
    if (kind & 2) piece.missing_before = std::uint64_t{1} << (kind >> 2 & 15);
    passed += piece.bytes.size() + piece.missing_before;
    if (kind & 1)
      decoder->reply(piece, done);
    else
      decoder->request(piece, done);
    if (decoder->pending() > PostgresqlQueue::kMostKept) std::abort();
    if (decoder->busy_since().has_value() != (decoder->pending() > 0)) std::abort();
    input.remove_prefix(2 + length);
  }
  decoder->close(now, done);
  if (decoder->pending() > 0 || decoder->busy_since()) std::abort();
  check(done);
  std::uint64_t told = 0;
  for (const Call& call : done) told += call.request_bytes + call.reply_bytes;
  if (told > passed) std::abort();
  return 0;
}
