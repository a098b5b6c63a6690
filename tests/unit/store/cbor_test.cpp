// SPDX-License-Identifier: Apache-2.0
#include "store/cbor.h"

#include <limits>

#include "catch.h"

namespace culprit {
namespace {

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    text += kDigits[static_cast<unsigned char>(byte) >> 4];
    text += kDigits[static_cast<unsigned char>(byte) & 15];
  }
  return text;
}

std::string written(auto&& write) {
  CborWriter writer;
  write(writer);
  return hex(writer.data());
}

}  // namespace

TEST_CASE("CBOR is written as the examples of RFC 8949 have it") {
  const auto number = [](std::uint64_t value) {
    return written([=](CborWriter& out) { out.unsigned_integer(value); });
  };
  CHECK(number(0) == "00");
  CHECK(number(23) == "17");
  CHECK(number(24) == "1818");
  CHECK(number(1000) == "1903e8");
  CHECK(number(1000000) == "1a000f4240");
  CHECK(number(18446744073709551615u) == "1bffffffffffffffff");
  CHECK(written([](CborWriter& out) { out.integer(-1000); }) == "3903e7");
  CHECK(written([](CborWriter& out) { out.real(1.1); }) == "fb3ff199999999999a");
  CHECK(written([](CborWriter& out) { out.boolean(true), out.null(); }) == "f5f6");
  CHECK(written([](CborWriter& out) { out.text("IETF"); }) == "6449455446");
  CHECK(written([](CborWriter& out) { out.text("\xff"); }) == "41ff");
  CHECK(written([](CborWriter& out) { out.array(25), out.map(0); }) == "9819a0");
}

TEST_CASE("CBOR integers come back exactly at their limits") {
  using Limits = std::numeric_limits<std::int64_t>;
  for (const std::int64_t value : {Limits::min(), Limits::min() + 1, std::int64_t{-25},
                                   std::int64_t{-1}, std::int64_t{0}, Limits::max()}) {
    CborWriter writer;
    writer.integer(value);
    CborReader reader(writer.data());
    CHECK(reader.integer() == value);
    CHECK(reader.at_end());
  }
}

TEST_CASE("what is not the format is not read, and nothing is skipped") {
  const auto refuses = [](std::string_view bytes) {
    CborReader reader(bytes);
    const bool read = reader.unsigned_integer() || reader.integer() || reader.boolean() ||
                      reader.null() || reader.real() || reader.text() || reader.bytes() ||
                      reader.array() || reader.map();
    return !read && (bytes.empty() || !reader.at_end());
  };
  using namespace std::string_view_literals;
  CHECK(refuses(""));
  CHECK(refuses("\x18"));            // cut within an integer
  CHECK(refuses("\x18\x17"sv));      // not the shortest form
  CHECK(refuses("\x19\x00\xff"sv));  // nor this
  CHECK(refuses("\x5f"));            // indefinite length
  CHECK(refuses("\x7f\x7f\x7f"));    // nested
  CHECK(refuses("\xc1\x00"sv));      // a tag
  CHECK(refuses("\xf9\x3c\x00"sv));  // a half float
  CHECK(
      refuses("\x62"
              "a"));                                       // text cut
  CHECK(refuses("\x5b\xff\xff\xff\xff\xff\xff\xff\xff"));  // bytes beyond the end
  CHECK(refuses("\x9b\x7f\xff\xff\xff\xff\xff\xff\xff"));  // more elements than bytes
  CHECK(refuses("\xa1\x00"sv));                            // a pair needs two
  CHECK(refuses("\x3b\xff\xff\xff\xff\xff\xff\xff\xff"));  // below the least int64
}

}  // namespace culprit
