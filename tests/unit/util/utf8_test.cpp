// SPDX-License-Identifier: Apache-2.0
#include "util/utf8.h"

#include "catch.h"

namespace culprit {

TEST_CASE("text is cut between characters") {
  CHECK(shortened("abc", 3) == "abc");
  CHECK(shortened("abcd", 3) == "abc…");
  CHECK(shortened("aä€", 2) == "a…");
  CHECK(shortened("aä€", 3) == "aä…");
  CHECK(shortened("aä€", 5) == "aä…");
  CHECK(shortened("aä€", 6) == "aä€");
  CHECK(shortened("ä", 0) == "…");
  CHECK(shortened("", 0) == "");
}

}  // namespace culprit
