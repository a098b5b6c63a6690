// SPDX-License-Identifier: Apache-2.0
// The MySQL decoder: pieces of both directions, whole packets or any bytes, with gaps.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/mysql.h"

namespace {

using namespace culprit;

constexpr std::size_t kMostPending = 513;
constexpr std::size_t kMostDatabaseName = 256;

void require(bool holds) {
  if (!holds) std::abort();
}

/// Bits of the byte before each piece; the next two are its length and what it lacks.
constexpr unsigned kReply = 1, kPacket = 2, kMissing = 4, kMuchMissing = 8, kZeroSequence = 16;

class Feeder {
 public:
  explicit Feeder(std::string_view input) : input_(input) {}

  bool empty() const { return input_.empty(); }
  unsigned byte() {
    if (input_.empty()) return 0;
    const auto value = static_cast<std::uint8_t>(input_[0]);
    input_.remove_prefix(1);
    return value;
  }
  std::string_view bytes(std::size_t size) {
    const std::string_view taken = input_.substr(0, size);
    input_.remove_prefix(taken.size());
    return taken;
  }

 private:
  std::string_view input_;
};

void check(const std::vector<Call>& calls, std::uint64_t now) {
  for (const Call& call : calls) {
    require(call.start_ns > 0 && call.start_ns <= call.request_end_ns);
    require(call.start_ns <= call.end_ns && call.end_ns <= now);
    require(call.request_end_ns <= now);
    if (call.outcome != Outcome::kAborted)
      require(call.first_read_ns >= call.start_ns && call.first_read_ns <= call.end_ns);
    require(call.error.back() == '\0');
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Feeder feeder(std::string_view(reinterpret_cast<const char*>(data), size));
  DecoderBooks books;
  const auto decoder = make_mysql_decoder(DecoderScope{1, (feeder.byte() & 1) != 0}, books);
  std::vector<Call> done;
  std::string bytes;
  std::uint64_t now = 1;
  unsigned sequence = 0;
  while (!feeder.empty()) {
    const unsigned kind = feeder.byte(), length = feeder.byte();
    std::uint64_t missing = 0;
    if (kind & kMissing) missing = feeder.byte();
    if (kind & kMuchMissing) missing = missing << 8 | feeder.byte();
    const std::string_view payload = feeder.bytes(length);
    bytes.clear();
    if (kind & kPacket) {
      sequence = kind & kZeroSequence ? 0 : sequence + 1;
      for (const std::size_t byte : {payload.size(), std::size_t{0}, std::size_t{0}})
        bytes += static_cast<char>(byte);
      bytes += static_cast<char>(sequence);
    }
    bytes += payload;
    const Piece piece{bytes, missing, ++now, now - 1, 1};
    done.clear();
    kind& kReply ? decoder->reply(piece, done) : decoder->request(piece, done);
    check(done, now);
    require(decoder->pending() <= kMostPending);
    require(decoder->database().size() <= kMostDatabaseName);
    if (const auto since = decoder->busy_since()) require(*since <= now);
  }
  done.clear();
  decoder->close(now, done);
  check(done, now);
  require(done.size() <= kMostPending && decoder->pending() == 0 && !decoder->busy_since());
  return 0;
}
