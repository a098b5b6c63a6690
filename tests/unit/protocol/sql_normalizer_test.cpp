// SPDX-License-Identifier: Apache-2.0
#include "protocol/sql_normalizer.h"

#include <string>
#include <string_view>
#include <vector>

#include "catch.h"

using namespace culprit;

namespace {

std::string postgresql(std::string_view sql) {
  return std::string(SqlNormalizer().normalize(sql, SqlDialect::kPostgresql).text);
}

std::string mysql(std::string_view sql) {
  return std::string(SqlNormalizer().normalize(sql, SqlDialect::kMysql).text);
}

std::string operation(std::string_view sql) {
  return std::string(SqlNormalizer().normalize(sql, SqlDialect::kPostgresql).operation);
}

}  // namespace

TEST_CASE("sql: white space, comments, case of keywords and the last semicolon go") {
  const std::string text = "SELECT abalance FROM pgbench_accounts WHERE aid = ?";
  for (const char* sql : {
           "SELECT abalance FROM pgbench_accounts WHERE aid = 12345;",
           "select abalance from pgbench_accounts where aid=7",
           "  SELECT\n\tabalance  FROM pgbench_accounts\r\nWHERE aid = -- which\n 1 ; ;",
           "/*traceparent='00-5bd66ef5095369c7b0d1f8f4bd33716a-c532cb4098ac3dd2-01'*/ SELECT "
           "abalance FROM pgbench_accounts /* a /* nested */ one */ WHERE aid = $1",
       })
    CHECK(postgresql(sql) == text);
}

TEST_CASE("sql: parameters of all styles and literals in place give the same text") {
  const std::string text = "SELECT a FROM t WHERE b = ? AND c > ? LIMIT ?";
  for (const char* sql : {
           "SELECT a FROM t WHERE b = 'x' AND c > 1.5 LIMIT 10",
           "SELECT a FROM t WHERE b = $1 AND c > $2 LIMIT $3",
           "SELECT a FROM t WHERE b = ? AND c > ? LIMIT ?",
           "SELECT a FROM t WHERE b = :b AND c > :c_1 LIMIT :limit",
           "SELECT a FROM t WHERE b = %s AND c > %(c)s LIMIT %s",
           "SELECT a FROM t WHERE b=%s AND c>%(c)s LIMIT %s",
       }) {
    CHECK(postgresql(sql) == text);
    CHECK(mysql(sql) == text);
  }
  CHECK(postgresql("SELECT a % s FROM t") == "SELECT a % s FROM t");
  CHECK(postgresql("SELECT a %s FROM t") == "SELECT a % s FROM t");
}

TEST_CASE("sql: lists of literals fold, whatever their length") {
  for (const char* sql :
       {"SELECT a FROM t WHERE b IN (1)", "SELECT a FROM t WHERE b IN (1,2)",
        "SELECT a FROM t WHERE b IN ( 1, -2 ,3)", "SELECT a FROM t WHERE b IN ($1,$2)",
        "SELECT a FROM t WHERE b in ('a', NULL, 'c')"})
    CHECK(postgresql(sql) == "SELECT a FROM t WHERE b IN (?)");
  CHECK(postgresql("x IN ($1::INTEGER, $2::INTEGER)") == "x IN (?::INTEGER)");
  CHECK(postgresql("(a, b) IN ((1, 2), (3, 4), (5, 6))") == "(a, b) IN ((?))");
  CHECK(postgresql("x = ANY (ARRAY[1,2,3])") == "x = ANY (ARRAY[?])");
  CHECK(postgresql("SELECT ARRAY[[1,2],[3,4]], a[1], a[1:2]") ==
        "SELECT ARRAY[[?]], a[?], a[? : ?]");
  CHECK(postgresql("IN (a, 1, 2, b, 3)") == "IN (a, ?, b, ?)");
  CHECK(postgresql("IN (1 + a, 1 + a)") == "IN (? + a, ? + a)");
  // Arguments are not a list: how many there are tells functions apart.
  CHECK(postgresql("SELECT left(x, 1), round(1.5, 2), LEFT('a', 1)") ==
        "SELECT LEFT(x, ?), round(?, ?), LEFT(?, ?)");
}

TEST_CASE("sql: rows of VALUES fold to one, whatever is in them") {
  const std::string text = "INSERT INTO t (a, b) VALUES (?)";
  for (const char* sql : {
           "INSERT INTO t (a, b) VALUES (1, 'x')",
           "INSERT INTO t(a,b) VALUES ($1, $2), ($3, $4)",
           "insert into t (a, b) values (1, NULL), (2, f(')', (3))), (DEFAULT, true)",
           "INSERT INTO t (a, b) VALUES (1, 'x'), (2, 'the text ends he",
       })
    CHECK(postgresql(sql) == text);
  CHECK(postgresql("INSERT INTO s.t (a) VALUES (1, now()), (2, now()) ON CONFLICT (a) DO "
                   "NOTHING RETURNING a") ==
        "INSERT INTO s.t (a) VALUES (?, now()) ON CONFLICT (a) DO NOTHING RETURNING a");
  CHECK(postgresql("SELECT * FROM (VALUES (1,2),(3,4)) AS v(a, b), u") ==
        "SELECT * FROM (VALUES (?)) AS v(a, b), u");
  CHECK(mysql("INSERT INTO t VALUES (1),(2) ON DUPLICATE KEY UPDATE a = VALUES(a), b = (1)") ==
        "INSERT INTO t VALUES (?) ON DUPLICATE KEY UPDATE a = VALUES (a), b = (?)");
}

TEST_CASE("sql: numbers and their signs") {
  for (const char* number : {"1", "1.5", ".5", "1.", "1e-3", "1E+10", "0x1F", "0xfe", "1_000", "-5",
                             "- 5", "+5", "- - 5", "-.5", "-$1", "-'5'"}) {
    CHECK(postgresql("a = " + std::string(number)) == "a = ?");
    CHECK(postgresql("f(" + std::string(number) + ")") == "f(?)");
    CHECK(mysql("a=" + std::string(number) + ",b") == "a = ?, b");
  }
  CHECK(postgresql("a - 5, a -5, a-5, 1-1") == "a - ?, a - ?, a - ?, ? - ?");
  CHECK(postgresql("-a, - (5), b = -c") == "-a, -(?), b = -c");
  CHECK(postgresql("LIMIT -1") == "LIMIT ?");
  CHECK(postgresql("0xe-3") == "? - ?");
  CHECK(postgresql("a1b2 = t1.c3") == "a1b2 = t1.c3");
  CHECK(mysql("a = 5--5") == "a = ? - ?");
}

TEST_CASE("sql: signs upon signs") {
  CHECK(postgresql("a =-+-b") == "a = - + -b");
  CHECK(postgresql("a@-+-b") == "a @-+- b");
  CHECK(postgresql("a +-+/*c*/-+1") == "a + ?");
  CHECK(mysql("a@-+-b") == "a @ - + -b");
  std::string signs;
  for (int index = 0; index < 1000; index++) signs += "-+";
  CHECK(postgresql("a " + signs + "1") == "a - ?");
}

TEST_CASE("sql: strings of PostgreSQL") {
  for (const char* literal :
       {"'x'", "''", "'it''s'", "'a\\'", "E'it\\'s'", "e'\\\\'", "U&'d\\0061t'", "B'101'", "X'1F'",
        "N'x'", "$$it's$$", "$tag$a $$ $tagg$ b$tag$", "'two' 'halves'", "'/* no comment */'",
        "'-- neither'"})
    CHECK(postgresql("SELECT " + std::string(literal) + ", b") == "SELECT ?, b");
  CHECK(postgresql("SELECT \"It's \"\"My\"\" Table\".\"x\" FROM Foo") ==
        "SELECT \"It's \"\"My\"\" Table\".\"x\" FROM Foo");
  CHECK(postgresql("SELECT U&\"d\\0061t\" FROM a$b$c") == "SELECT U&\"d\\0061t\" FROM a$b$c");
  CHECK(postgresql("SELECT date '2020-01-01', '1'::int, ('a' || $1)::text") ==
        "SELECT date ?, ?::int, (? || ?)::text");
}

TEST_CASE("sql: operators of PostgreSQL") {
  CHECK(postgresql("a->>'k' = 'v' AND b @> '{}' AND c #>> '{a}' <> 1") ==
        "a ->> ? = ? AND b @> ? AND c #>> ? <> ?");
  CHECK(postgresql("a ?| array['k'] AND b ?& $1") == "a ?| ARRAY[?] AND b ?& ?");
  CHECK(postgresql("a ? 'k'") == "a ? ?");
  CHECK(postgresql("a=?||?") == "a = ? || ?");
  CHECK(postgresql("a=-1 AND b*-2 AND c<>-3 AND d<-e") == "a = ? AND b * ? AND c <> ? AND d < -e");
  CHECK(postgresql("f(a := 1, b => 2)") == "f(a := ?, b => ?)");
  CHECK(postgresql("count(*), t.*, x::numeric(10,2)") == "count(*), t.*, x::numeric(?, ?)");
}

TEST_CASE("sql: NULL, TRUE and FALSE stay where they are no list's members") {
  CHECK(postgresql("a is null and b is not true or c = false") ==
        "a IS NULL AND b IS NOT TRUE OR c = FALSE");
  CHECK(postgresql("set a = null - 1") == "SET a = NULL - ?");
}

TEST_CASE("sql: MySQL's strings, names and comments") {
  for (const char* literal :
       {"'x'", "\"x\"", "'it\\'s'", "\"say \\\"no\\\"\"", "'it''s'", "'\\\\'", "0x1F", "x'1F'",
        "b'01'", "N'x'", "_utf8'x'", "_utf8mb4 'x'", "_binary \"x\"", "'a' \"b\""})
    CHECK(mysql("SELECT " + std::string(literal) + ", b") == "SELECT ?, b");
  CHECK(mysql("SELECT `my ``col` FROM `db`.`t` # comment\nWHERE a = 1 -- another\n AND b") ==
        "SELECT `my ``col` FROM `db`.`t` WHERE a = ? AND b");
  CHECK(mysql("SELECT /*! SQL_NO_CACHE */ /*+ BKA(t1) */ a /* /* not nested */ FROM t") ==
        "SELECT a FROM t");
  CHECK(mysql("SELECT a--1, {d '2020-01-01'}, a FROM t") == "SELECT a - ?, {d ?}, a FROM t");
  CHECK(mysql("SET @a = 1, @@session.sql_mode = 'x'") == "SET @a = ?, @@session.sql_mode = ?");
  CHECK(mysql("SELECT a&-1, a<=>-1, !b, j->'$.x', j->>'$.y'") ==
        "SELECT a & ?, a <=> ?, ! b, j -> ?, j ->> ?");
}

TEST_CASE("sql: what is cut shows nothing of an open literal") {
  for (const char* cut :
       {"SELECT 'secret", "SELECT E'secret\\'", "SELECT $$secret", "SELECT $tag$secret$ta",
        "SELECT $tag", "SELECT \"secret", "SELECT U&'secret", "SELECT 12345", "SELECT -1"})
    CHECK(postgresql(cut) == "SELECT ?");
  for (const char* cut : {"SELECT 'secret", "SELECT \"secret\\\"", "SELECT `secret",
                          "SELECT _utf8'secret", "SELECT 'secret'' and"})
    CHECK(mysql(cut) == "SELECT ?");
  CHECK(postgresql("SELECT /* secret") == "SELECT");
  CHECK(postgresql("SELECT -- secret") == "SELECT");
  CHECK(mysql("SELECT # secret") == "SELECT");
  CHECK(postgresql("SELECT a FROM t WHERE b IN (1, 2, 3") == "SELECT a FROM t WHERE b IN (?");
}

TEST_CASE("sql: a server that reads backslashes otherwise turns no literal inside out") {
  // standard_conforming_strings = off: one literal, it's secret.
  CHECK(postgresql("SELECT 'it\\'s secret', a") == "SELECT ?");
  // NO_BACKSLASH_ESCAPES: 'C:\' and 'secret'.
  CHECK(mysql("SELECT 'C:\\', 'secret'") == "SELECT ?");
}

TEST_CASE("sql: passwords are literals as any") {
  CHECK(postgresql("ALTER USER Bob WITH PASSWORD 'y'") == "ALTER USER Bob WITH PASSWORD ?");
  CHECK(postgresql("set password = 'x'") == "SET password = ?");
  CHECK(mysql("CREATE USER 'bob'@'%' IDENTIFIED BY \"y\"") == "CREATE USER ? @ ? IDENTIFIED BY ?");
  CHECK(postgresql("SET search_path = foo, Bar") == "SET search_path = foo, Bar");
}

TEST_CASE("sql: digits go from names of savepoints, cursors and prepared statements") {
  const std::vector<std::pair<const char*, const char*>> texts = {
      {"SAVEPOINT sa_savepoint_12", "SAVEPOINT sa_savepoint_?"},
      {"RELEASE SAVEPOINT \"s140_x2\"", "RELEASE SAVEPOINT \"s?_x?\""},
      {"ROLLBACK TO SAVEPOINT s_1_22b", "ROLLBACK TO SAVEPOINT s_?_?b"},
      {"FETCH 100 FROM \"django_curs_139_sync_1\"", "FETCH ? FROM \"django_curs_?_sync_?\""},
      {"FETCH FORWARD 10 FROM from_12", "FETCH FORWARD ? FROM from_?"},
      {"DEALLOCATE pdo_stmt_0001", "DEALLOCATE pdo_stmt_?"},
      {"DECLARE c_12 CURSOR FOR SELECT a1 FROM t2", "DECLARE c_? CURSOR FOR SELECT a1 FROM t2"},
      {"PREPARE p1 (int4) AS SELECT $1 + a1", "PREPARE p?(int4) AS SELECT ? + a1"},
      {"EXECUTE p1(1, 2)", "EXECUTE p?(?, ?)"},
      {"CLOSE c1; SELECT a1", "CLOSE c?; SELECT a1"},
      {"SELECT close1, t2 FROM fetch3", "SELECT close1, t2 FROM fetch3"},
  };
  for (const auto& [sql, text] : texts) {
    CHECK(postgresql(sql) == text);
    CHECK(postgresql(text) == text);
  }
}

TEST_CASE("sql: names keep their case, and words of statements are names elsewhere") {
  CHECK(postgresql("begin; select Start, u.select, t.Order from Users u; commit") ==
        "BEGIN; SELECT Start, u.select, t.Order FROM Users u; COMMIT");
  CHECK(postgresql("SELECT größe FROM日本") == "SELECT größe FROM日本");
}

TEST_CASE("sql: the operation is the first keyword, after WITH the verb") {
  const std::vector<std::pair<const char*, const char*>> operations = {
      {"select 1", "SELECT"},
      {"/* c */ -- d\n (SELECT 1) UNION (SELECT 2)", "SELECT"},
      {"WITH a AS (SELECT 1) INSERT INTO b SELECT * FROM a", "INSERT"},
      {"with recursive a as (insert into b values (1) returning *) select 1", "SELECT"},
      {"WITH a AS (SELECT", "WITH"},
      {"explain analyze select 1", "EXPLAIN"},
      {"begin; insert into t values (1)", "BEGIN"},
      {"COPY t FROM STDIN", "COPY"},
      {"do $$ begin end $$", "DO"},
      {"xyzzy 1", "OTHER"},
      {"", ""},
      {" ; -- nothing", ""},
  };
  for (const auto& [sql, verb] : operations) CHECK(operation(sql) == verb);
}

TEST_CASE("sql: the text is bounded, and ends with a whole word") {
  std::string sql = "SELECT a";
  for (int index = 0; index < 5000; index++) sql += ", column_" + std::to_string(index);
  const std::string text = postgresql(sql);
  CHECK(text.size() <= SqlNormalizer::kMost);
  CHECK(text.size() > SqlNormalizer::kMost - 20);
  CHECK(sql.compare(0, text.size(), text) == 0);
  CHECK(postgresql(text) == text);
  CHECK(postgresql(std::string(10000, 'a')).empty());
  CHECK(postgresql(std::string(10000, '(')).size() <= SqlNormalizer::kMost);
  // What folds may be longer than what is kept.
  std::string list = "SELECT a FROM t WHERE b IN (0";
  for (int index = 0; index < 5000; index++) list += ", " + std::to_string(index);
  CHECK(postgresql(list + ") ORDER BY c") == "SELECT a FROM t WHERE b IN (?) ORDER BY c");
}

TEST_CASE("sql: one normalizer serves all") {
  SqlNormalizer normalizer;
  CHECK(normalizer.normalize("SELECT 1, 'abc' FROM t", SqlDialect::kMysql).text ==
        "SELECT ?, ? FROM t");
  CHECK(normalizer.normalize("COMMIT", SqlDialect::kPostgresql).text == "COMMIT");
}
