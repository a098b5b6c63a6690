// SPDX-License-Identifier: Apache-2.0
// A connection of PostgreSQL out of the fuzzer's bytes: messages, cut anywhere, with bytes
// missing anywhere, in any order of the two sides.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "protocol/postgresql.h"

namespace {

using namespace culprit;

constexpr std::size_t kMostPending = 1024;

void require(bool holds) {
  if (!holds) std::abort();
}

class Input {
 public:
  explicit Input(std::string_view bytes) : bytes_(bytes) {}
  bool empty() const { return bytes_.empty(); }
  std::uint8_t byte() {
    const std::string_view one = take(1);
    return one.empty() ? 0 : static_cast<std::uint8_t>(one[0]);
  }
  std::string_view take(std::size_t size) {
    const std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(taken.size());
    return taken;
  }

 private:
  std::string_view bytes_;
};

// Bytes as they are, or as the body of a message so that the fuzzer need not find lengths.
void append(Input& input, std::uint8_t kind, std::string& stream) {
  const std::string_view body = input.take(input.byte());
  if (kind & 1) {
    const std::size_t length = body.size() + 4;
    stream += static_cast<char>(input.byte());
    stream += {'\0', '\0', static_cast<char>(length >> 8), static_cast<char>(length & 0xff)};
  }
  stream += body;
}

void check(const Decoder& decoder, const std::vector<Call>& done, std::uint64_t now) {
  require(decoder.pending() <= kMostPending);
  require(decoder.busy_since().has_value() == (decoder.pending() > 0));
  require(!decoder.busy_since() || *decoder.busy_since() <= now);
  require(decoder.database().size() <= 63);
  for (const Call& call : done) {
    require(call.start_ns <= call.request_end_ns && call.start_ns <= call.end_ns);
    require(call.first_read_ns == 0 || call.first_read_ns <= call.end_ns);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static DecoderBooks books;
  Input input({reinterpret_cast<const char*>(data), size});
  const auto decoder = make_postgresql_decoder({1, (input.byte() & 1) != 0}, books);
  std::vector<Call> done;
  std::string streams[2];
  std::uint64_t now = 1000, requested = 0, calls = 0;
  while (!input.empty()) {
    const std::uint8_t action = input.byte();
    std::string& stream = streams[action & 1];
    append(input, action >> 1, stream);
    if (action & 4) continue;  // into the same piece as what follows
    now += action;
    Piece piece;
    piece.missing_before = action & 8 ? input.byte() : 0;
    piece.time_ns = now;
    const std::size_t most = action & 16 ? input.byte() : stream.size();
    piece.bytes = std::string_view(stream).substr(0, most);
    if (action & 1) {
      decoder->reply(piece, done);
    } else {
      requested += piece.bytes.size() + piece.missing_before;
      decoder->request(piece, done);
    }
    stream.erase(0, piece.bytes.size());
    check(*decoder, done, now);
    calls += done.size();
    done.clear();
  }
  decoder->close(now + 1, done);
  check(*decoder, done, now + 1);
  require(decoder->pending() == 0);
  // The shortest call is an Execute of ten bytes, or a Query of six.
  require((calls + done.size()) * 6 <= requested);
  return 0;
}
