// SPDX-License-Identifier: Apache-2.0
// What a call costs in the decoders, and an SQL text in the normaliser. Bytes are those of real
// clients; literals differ from one request to the next, as they do in life.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/decoder.h"
#include "protocol/sql_normalizer.h"
#include "unit/protocol/mysql_wire.h"

namespace culprit {
namespace {

constexpr std::uint32_t kVariants = 4096;

struct Exchange {
  std::string request, reply;
};

std::string big_endian(std::size_t value, int size) {
  std::string bytes;
  for (int shift = 8 * (size - 1); shift >= 0; shift -= 8)
    bytes += static_cast<char>(value >> shift);
  return bytes;
}

std::string message(char kind, const std::string& body) {
  return kind + big_endian(body.size() + 4, 4) + body;
}

std::string text(std::string_view value) {
  return std::string(value) + '\0';
}

/// Literals of 1 to 7 digits.
std::string literal(std::uint32_t variant) {
  return std::to_string(variant * 2654435761u >> (variant % 4 * 4 + 8));
}

std::string one_row() {
  return message('T', big_endian(1, 2) + text("abalance") + big_endian(16397, 4) +
                          big_endian(3, 2) + big_endian(23, 4) + big_endian(4, 2) +
                          big_endian(0xffffffff, 4) + big_endian(0, 2)) +
         message('D', big_endian(1, 2) + big_endian(3, 4) + "-42") +
         message('C', text("SELECT 1")) + message('Z', "I");
}

Exchange postgresql_simple(std::uint32_t variant) {
  return {
      message('Q',
              text("SELECT abalance FROM pgbench_accounts WHERE aid = " + literal(variant) + ";")),
      one_row()};
}

Exchange postgresql_extended(std::uint32_t variant) {
  const std::string value = literal(variant);
  return {message('P', text("") + text("SELECT abalance FROM pgbench_accounts WHERE aid = $1") +
                           big_endian(0, 2)) +
              message('B', text("") + text("") + big_endian(0, 2) + big_endian(1, 2) +
                               big_endian(value.size(), 4) + value + big_endian(0, 2)) +
              message('D', "P" + text("")) + message('E', text("") + big_endian(0, 4)) +
              message('S', ""),
          message('1', "") + message('2', "") + one_row()};
}

Exchange mysql_query(std::uint32_t variant) {
  mysql_wire::ResultShape shape;
  shape.rows = 1;
  shape.eof_packets = false;
  return {mysql_wire::query("SELECT c FROM sbtest1 WHERE id=" + literal(variant)),
          mysql_wire::result(shape)};
}

Exchange redis_get(std::uint32_t variant) {
  const std::string key = "user:" + literal(variant);
  return {"*2\r\n$3\r\nGET\r\n$" + std::to_string(key.size()) + "\r\n" + key + "\r\n",
          "$3\r\nxxx\r\n"};
}

Exchange redis_pipeline(std::uint32_t variant) {
  Exchange pipeline;
  for (std::uint32_t i = 0; i < 16; i++) {
    const Exchange one = redis_get(variant * 16 + i);
    pipeline.request += one.request;
    pipeline.reply += one.reply;
  }
  return pipeline;
}

Exchange http_get(std::uint32_t variant) {
  return {"GET /items/" + literal(variant) +
              " HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n"
              "Accept: text/html,application/json\r\nAccept-Encoding: gzip, deflate\r\n"
              "Cookie: session=0123456789abcdef0123456789abcdef\r\n\r\n",
          "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Sat, 21 Nov 2026 10:00:00 GMT\r\n"
          "Content-Type: text/plain\r\nContent-Length: 600\r\nConnection: keep-alive\r\n\r\n" +
              std::string(600, 'x')};
}

void log_in(Decoder& decoder, std::vector<Call>& done) {
  decoder.reply({mysql_wire::greeting(), 0, 1, 1, 7}, done);
  decoder.request({mysql_wire::login(mysql_wire::kDeprecateEof, "shop"), 0, 2, 0, 7}, done);
  decoder.reply({mysql_wire::ok(2), 0, 3, 3, 7}, done);
  done.clear();
}

/// One item is one call.
void decode(benchmark::State& state, Protocol protocol, Exchange (*make)(std::uint32_t),
            std::size_t calls_each) {
  std::vector<Exchange> exchanges;
  for (std::uint32_t variant = 0; variant < kVariants; variant++)
    exchanges.push_back(make(variant));
  DecoderBooks books;
  const auto decoder = make_decoder(protocol, {1, protocol == Protocol::kMysql}, books);
  std::vector<Call> done;
  if (protocol == Protocol::kMysql) log_in(*decoder, done);
  std::uint64_t now = 1000;
  std::size_t calls = 0, rounds = 0;
  for (auto _ : state) {
    const Exchange& exchange = exchanges[rounds++ % kVariants];
    now += 100;
    decoder->request({exchange.request, 0, now, 0, 7}, done);
    decoder->reply({exchange.reply, 0, now + 50, now + 40, 7}, done);
    benchmark::DoNotOptimize(done.data());
    calls += done.size();
    done.clear();
  }
  if (calls != rounds * calls_each || decoder->contradictions() > 0 || decoder->lost_calls() > 0)
    state.SkipWithError("the decoder does not find the calls that are made");
  state.SetItemsProcessed(static_cast<std::int64_t>(calls));
  state.SetLabel("call");
}

std::string short_statement(std::uint32_t variant) {
  std::string sql = "SELECT abalance FROM pgbench_accounts WHERE aid = " + literal(variant);
  return sql.append(60 - sql.size(), ' ');
}

std::string long_statement(std::uint32_t variant) {
  std::string sql =
      "SELECT o.id, o.created_at, o.status, c.name, c.email, sum(l.quantity * l.price) AS total "
      "FROM orders o JOIN customers c ON c.id = o.customer_id LEFT JOIN lines l ON l.order_id = "
      "o.id WHERE o.status IN ('paid', 'sent', 'returned') AND o.created_at >= '2026-01-01' AND "
      "c.country = 'DE' AND o.customer_id = " +
      literal(variant) +
      " AND NOT EXISTS (SELECT 1 FROM refunds r WHERE r.order_id = o.id AND r.amount > 10.5) "
      "GROUP BY o.id, o.created_at, o.status, c.name, c.email HAVING sum(l.quantity) > 3 "
      "ORDER BY o.created_at DESC LIMIT 50 OFFSET ";
  while (sql.size() < 600) sql += '7';
  return sql;
}

/// Each byte is a token.
std::string dots(std::uint32_t variant) {
  std::string sql;
  while (sql.size() < 4000) sql += variant % 2 ? "a." : "b.";
  return sql;
}

/// What could be one operator until its end is seen.
std::string signs(std::uint32_t variant) {
  std::string sql;
  while (sql.size() < 4000) sql += variant % 2 ? "+-" : "-+";
  return sql;
}

/// One item is 100 bytes.
void normalize(benchmark::State& state, std::string (*make)(std::uint32_t)) {
  std::vector<std::string> statements;
  for (std::uint32_t variant = 0; variant < kVariants; variant++)
    statements.push_back(make(variant));
  SqlNormalizer normalizer;
  std::size_t bytes = 0, rounds = 0;
  for (auto _ : state) {
    const std::string& sql = statements[rounds++ % kVariants];
    bytes += sql.size();
    benchmark::DoNotOptimize(normalizer.normalize(sql, SqlDialect::kPostgresql).text.data());
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(bytes / 100));
  state.SetLabel("100 bytes");
}

BENCHMARK_CAPTURE(decode, postgresql_simple, Protocol::kPostgresql, postgresql_simple, 1)
    ->Name("PostgreSQL, simple query, one row");
BENCHMARK_CAPTURE(decode, postgresql_extended, Protocol::kPostgresql, postgresql_extended, 1)
    ->Name("PostgreSQL, Parse to Sync in one write, one row");
BENCHMARK_CAPTURE(decode, mysql, Protocol::kMysql, mysql_query, 1)->Name("MySQL, query, one row");
BENCHMARK_CAPTURE(decode, redis, Protocol::kRedis, redis_get, 1)->Name("Redis, GET");
BENCHMARK_CAPTURE(decode, redis_16, Protocol::kRedis, redis_pipeline, 16)
    ->Name("Redis, GET, 16 in a pipeline");
BENCHMARK_CAPTURE(decode, http, Protocol::kHttp1, http_get, 1)->Name("HTTP, GET, 600 bytes");
BENCHMARK_CAPTURE(normalize, 60, short_statement)->Name("SQL normaliser, 60 bytes");
BENCHMARK_CAPTURE(normalize, 600, long_statement)->Name("SQL normaliser, 600 bytes");
BENCHMARK_CAPTURE(normalize, dots, dots)->Name("SQL normaliser, names and dots");
BENCHMARK_CAPTURE(normalize, signs, signs)->Name("SQL normaliser, signs");

}  // namespace
}  // namespace culprit
