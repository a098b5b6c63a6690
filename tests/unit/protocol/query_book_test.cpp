// SPDX-License-Identifier: Apache-2.0
#include "protocol/query_book.h"

#include <set>

#include "catch.h"

namespace culprit {

TEST_CASE("an id depends on protocol and text alone, and is never the same after a change") {
  const QueryId id = query_id(Protocol::kPostgresql, "SELECT ?");
  CHECK(id == query_id(Protocol::kPostgresql, "SELECT ?"));
  CHECK(id == 0x0e3b0a4d01c99090);  // recordings and other hosts have it, too
  CHECK(id != query_id(Protocol::kMysql, "SELECT ?"));
  CHECK(id != query_id(Protocol::kPostgresql, "SELECT ? "));
  std::set<QueryId> ids;
  for (int i = 0; i < 10000; i++)
    ids.insert(query_id(Protocol::kRedis, "GET a" + std::to_string(i)));
  CHECK(ids.size() == 10000);
  CHECK(ids.count(0) == 0);
}

TEST_CASE("a text is remembered once and told once") {
  QueryBook book;
  const QueryId a = book.intern(Protocol::kPostgresql, "SELECT", "SELECT ?");
  const QueryId b = book.intern(Protocol::kPostgresql, "INSERT", "INSERT INTO t", true);
  CHECK(book.intern(Protocol::kPostgresql, "SELECT", "SELECT ?") == a);
  CHECK(book.size() == 2);
  REQUIRE(book.find(b));
  CHECK(*book.find(b) == QueryText{b, Protocol::kPostgresql, "INSERT", "INSERT INTO t", true});
  CHECK(book.find(0) == nullptr);
  const std::vector<QueryText> texts = book.take_new();
  REQUIRE(texts.size() == 2);
  CHECK(texts[0].id == a);
  CHECK(texts[1].id == b);
  book.intern(Protocol::kPostgresql, "SELECT", "SELECT ?");
  CHECK(book.take_new().empty());
}

TEST_CASE("texts that find no room share one entry a protocol") {
  QueryBook book(2);
  const QueryId known = book.intern(Protocol::kRedis, "GET", "GET a");
  book.intern(Protocol::kRedis, "GET", "GET b");
  const QueryId other = book.intern(Protocol::kRedis, "GET", "GET c");
  CHECK(book.find(other)->text == "(other)");
  CHECK(book.find(other)->operation == "(other)");
  CHECK(book.intern(Protocol::kRedis, "SET", "SET d") == other);
  const QueryId mysql = book.intern(Protocol::kMysql, "SELECT", "SELECT ?");
  CHECK(mysql != other);
  CHECK(book.find(mysql)->protocol == Protocol::kMysql);
  CHECK(book.intern(Protocol::kRedis, "GET", "GET a") == known);
  CHECK(book.overflowed() == 3);
  CHECK(book.size() == 4);
  CHECK(book.take_new().size() == 4);
}

}  // namespace culprit
