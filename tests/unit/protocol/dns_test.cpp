// SPDX-License-Identifier: Apache-2.0
#include "protocol/dns.h"

#include <vector>

#include "catch.h"

using namespace culprit;
using namespace std::string_literals;

namespace {

std::string header(std::uint16_t id, std::uint16_t flags, std::uint8_t questions = 1) {
  return {static_cast<char>(id >> 8),
          static_cast<char>(id),
          static_cast<char>(flags >> 8),
          static_cast<char>(flags),
          0,
          static_cast<char>(questions),
          0,
          0,
          0,
          0,
          0,
          0};
}

const std::string kName = "\3WWW\7example\3com\0"s;
const std::string kQuery = header(0x1234, 0x0100) + kName + "\0\x1c\0\1"s;

std::string framed(const std::string& message) {
  return std::string{static_cast<char>(message.size() >> 8), static_cast<char>(message.size())} +
         message;
}

}  // namespace

TEST_CASE("a question and its replies", "[dns]") {
  const auto query = parse_dns(kQuery);
  REQUIRE(query);
  CHECK(query->id == 0x1234);
  CHECK_FALSE(query->is_reply);
  CHECK(query->name == "www.example.com");
  CHECK(query->type == 28);
  const auto missing = parse_dns(header(0x1234, 0x8183) + kName + "\0\1\0\1\xc0\x0c"s);
  REQUIRE(missing);
  CHECK(missing->is_reply);
  CHECK(missing->code == DnsMessage::kNameError);
  CHECK(missing->name == "www.example.com");
  const auto refused = parse_dns(header(7, 0x8005, 0));
  REQUIRE(refused);
  CHECK(refused->code == 5);
  CHECK(refused->name.empty());
  CHECK(parse_dns(header(7, 0) + "\0\0\1\0\1"s)->name == ".");
}

TEST_CASE("what is no standard message is none, and a name that is odd is harmless", "[dns]") {
  for (std::size_t size = 0; size < 12; size++) CHECK_FALSE(parse_dns(kQuery.substr(0, size)));
  for (std::size_t size = 12; size < kQuery.size() - 4; size++)
    CHECK(parse_dns(kQuery.substr(0, size))->name.empty());
  CHECK_FALSE(parse_dns(header(1, 0x2800) + kName));           // an update
  CHECK_FALSE(parse_dns(header(1, 0, 2) + kName));             // two questions
  CHECK_FALSE(parse_dns(header(1, 0, 0)));                     // none
  CHECK(parse_dns(header(1, 0) + "\xc0\x0c"s)->name.empty());  // a pointer
  CHECK(parse_dns(header(1, 0) + "\4a.\n\xff\0\0\1\0\1"s)->name == "a???");
  std::string longest;
  for (int i = 0; i < 5; i++) longest += "\x3f" + std::string(63, 'x');
  CHECK(parse_dns(header(1, 0) + longest + "\0\0\1\0\1"s)->name.empty());
}

TEST_CASE("messages are cut out of a stream, however it comes", "[dns]") {
  const std::string both = framed(kQuery) + framed(header(9, 0x8180) + kName + "\0\1\0\1"s);
  for (std::size_t step = 1; step <= both.size(); step++) {
    DnsStream stream;
    std::vector<std::uint16_t> ids;
    for (std::size_t at = 0; at < both.size(); at += step) {
      const std::string piece = both.substr(at, step);
      stream.add(piece, piece.size());
      while (const auto message = stream.next()) ids.push_back(parse_dns(*message)->id);
    }
    CHECK(ids == std::vector<std::uint16_t>{0x1234, 9});
  }
}

TEST_CASE("of a long reply over a stream the beginning is enough", "[dns]") {
  const std::string reply = header(5, 0x8180) + kName + "\0\1\0\1"s + std::string(3000, 'r');
  DnsStream stream;
  stream.add(framed(reply).substr(0, 256), framed(reply).size());
  REQUIRE(stream.next());
  stream.add(framed(kQuery), framed(kQuery).size());
  REQUIRE(stream.next());
  // What was not captured hides where the next message begins: nothing is guessed.
  DnsStream lost;
  lost.add(framed(kQuery), framed(kQuery).size() + 100);
  lost.add(framed(kQuery), framed(kQuery).size());
  while (const auto message = lost.next()) CHECK(parse_dns(*message)->id == 0x1234);
}
