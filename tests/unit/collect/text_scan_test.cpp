// SPDX-License-Identifier: Apache-2.0
#include "collect/text_scan.h"

#include "catch.h"

using namespace culprit;

TEST_CASE("lines end at newlines and at the end") {
  std::string_view text = "a\n\nb", line;
  REQUIRE(next_line(text, line));
  CHECK(line == "a");
  REQUIRE(next_line(text, line));
  CHECK(line.empty());
  REQUIRE(next_line(text, line));
  CHECK(line == "b");
  CHECK_FALSE(next_line(text, line));
}

TEST_CASE("words are parted by blanks and tabs") {
  std::string_view line = "  one\ttwo  ";
  CHECK(next_word(line) == "one");
  CHECK(next_word(line) == "two");
  CHECK(next_word(line).empty());
  CHECK(next_word(line).empty());
}

TEST_CASE("a number is the whole word and fits, else it is absent") {
  CHECK(to_number<std::uint64_t>("18446744073709551615") == UINT64_MAX);
  CHECK_FALSE(to_number<std::uint64_t>("18446744073709551616"));
  CHECK_FALSE(to_number<std::uint64_t>("-1"));
  CHECK_FALSE(to_number<std::uint64_t>("+1"));
  CHECK_FALSE(to_number<std::uint64_t>("12x"));
  CHECK_FALSE(to_number<std::uint64_t>(""));
  CHECK_FALSE(to_number<std::uint64_t>(" 1"));
  CHECK(to_number<std::int32_t>("-20") == -20);
  CHECK_FALSE(to_number<std::uint32_t>("4294967296"));
  CHECK(to_fraction("0.25") == 0.25);
  CHECK_FALSE(to_fraction("nan"));
  CHECK_FALSE(to_fraction("inf"));
  CHECK_FALSE(to_fraction("1e5"));
}

TEST_CASE("arithmetic that overflows is absent") {
  CHECK(scaled(3, 1024) == 3072u);
  CHECK_FALSE(scaled(UINT64_MAX, 2));
  CHECK_FALSE(scaled(std::nullopt, 2));
}

TEST_CASE("lists of ids are counted") {
  CHECK(count_ids("0") == 1u);
  CHECK(count_ids("0-3") == 4u);
  CHECK(count_ids("0-3,8,10-11") == 7u);
  for (const char* bad : {"", ",", "-", "3-1", "0-", "a", "0-4294967295", "0--1"})
    CHECK_FALSE(count_ids(bad));
}

TEST_CASE("what is shown is printable") {
  CHECK(printable("plain text", 100) == "plain text");
  CHECK(printable("naïve 日本 🎉", 100) == "naïve 日本 🎉");
  CHECK(printable("a\x1b[31m\n\tb\x7f", 100) == "a?[31m??b?");
  CHECK(printable("\xc2\x9b", 100) == "?");        // CSI as one C1 character
  CHECK(printable("\xff\xc0\xaf", 100) == "???");  // not UTF-8, overlong
  CHECK(printable("\xed\xa0\x80", 100) == "???");  // a surrogate
  CHECK(printable("\xf4\x90\x80\x80", 100) == "????");
  CHECK(printable("\xe2\x82", 100) == "??");  // cut short
  CHECK(printable("abcdef", 3) == "abc…");
  CHECK(printable("abc", 3) == "abc");
  CHECK(printable("ab日", 3) == "ab…");
}
