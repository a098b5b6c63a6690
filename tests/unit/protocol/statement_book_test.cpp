// SPDX-License-Identifier: Apache-2.0
#include "protocol/statement_book.h"

#include "catch.h"

namespace culprit {

TEST_CASE("a statement's text is known by application and name") {
  StatementBook book;
  book.learn(1, "s1", 17);
  book.learn(1, "s1", 17);
  book.learn(2, "s1", 18);
  CHECK(book.look_up(1, "s1") == 17);
  CHECK(book.look_up(2, "s1") == 18);
  CHECK(book.look_up(3, "s1") == 0);
  CHECK(book.look_up(1, "s2") == 0);
}

TEST_CASE("a name that two texts bear tells nothing from then on") {
  StatementBook book;
  book.learn(1, "s1", 17);
  book.learn(1, "s1", 18);
  CHECK(book.look_up(1, "s1") == 0);
  book.learn(1, "s1", 17);
  CHECK(book.look_up(1, "s1") == 0);
}

TEST_CASE("no more statements are learned than there is room for") {
  StatementBook book(2);
  book.learn(1, "s1", 1);
  book.learn(1, "s2", 2);
  book.learn(1, "s3", 3);
  CHECK(book.look_up(1, "s1") == 1);
  CHECK(book.look_up(1, "s2") == 2);
  CHECK(book.look_up(1, "s3") == 0);
}

}  // namespace culprit
