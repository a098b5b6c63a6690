// SPDX-License-Identifier: Apache-2.0
#include "protocol/protocol.h"

#include "catch.h"
#include "protocol/recognise.h"

using namespace culprit;

TEST_CASE("protocols have the names of OpenTelemetry", "[protocol]") {
  const std::pair<Protocol, const char*> databases[] = {{Protocol::kPostgresql, "postgresql"},
                                                        {Protocol::kMysql, "mysql"},
                                                        {Protocol::kRedis, "redis"},
                                                        {Protocol::kMemcached, "memcached"}};
  for (const auto& [protocol, name] : databases) {
    CHECK(protocol_name(protocol) == name);
    CHECK(is_database(protocol));
  }
  const std::pair<Protocol, const char*> others[] = {
      {Protocol::kHttp1, "http"}, {Protocol::kTls, "tls"}, {Protocol::kUnknown, "unknown"}};
  for (const auto& [protocol, name] : others) {
    CHECK(protocol_name(protocol) == name);
    CHECK_FALSE(is_database(protocol));
  }
}

TEST_CASE("what a TLS library was given is recognised as the kernel would", "[protocol]") {
  const std::string get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  CHECK(recognise_bytes(get, static_cast<std::uint32_t>(get.size())).protocol == PROTOCOL_HTTP1);
  CHECK(recognise_bytes("", 0).protocol == PROTOCOL_UNKNOWN);
  CHECK(recognise_bytes("G", 1).protocol == PROTOCOL_UNKNOWN);
  // PostgreSQL's messages must reach to the end, which is not seen of a cut write.
  const std::string query("Q\0\0\0\x0dSELECT 1\0", 14);
  CHECK(recognise_bytes(query, 14).protocol == PROTOCOL_POSTGRESQL);
  CHECK(recognise_bytes(query.substr(0, 9), 14).protocol == PROTOCOL_POSTGRESQL);
}

TEST_CASE("TLS begins with a client's hello", "[protocol]") {
  std::string hello("\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03", 11);
  hello.resize(200, 'r');
  CHECK(starts_tls(hello));
  hello[5] = 2;  // a server's
  CHECK_FALSE(starts_tls(hello));
  CHECK_FALSE(starts_tls(hello.substr(0, 1)));
  CHECK_FALSE(starts_tls("GET / HTTP/1.1"));
}
