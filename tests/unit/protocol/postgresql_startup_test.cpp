// SPDX-License-Identifier: Apache-2.0
// What comes before the first query: negotiation, authentication, cancelling.
#include "catch.h"
#include "unit/protocol/postgresql_connection.h"

using namespace culprit;
using namespace culprit::postgresql;

namespace {

const std::string kTlsRequest = packet(int32(0x04d2162f));
const std::string kGssRequest = packet(int32(0x04d21630));

std::string startup(std::uint32_t version = 0x00030000) {
  return packet(int32(version) + text("user") + text("alice") + text("database") + text("shop") +
                text("application_name") + text("pgbench") + '\0');
}

std::string authentication_done() {
  return message('R', int32(0)) + message('S', text("server_version") + text("16.1")) +
         message('K', int32(1) + int32(2)) + ready();
}

void check_query(Wire& wire) {
  CHECK(wire.done.empty());
  CHECK(wire.decoder->pending() == 0);
  wire.request(query("SELECT 1"));
  wire.reply(complete("SELECT 1") + ready());
  REQUIRE(wire.done.size() == 1);
  CHECK(wire.done[0].rows == 1);
  CHECK(wire.decoder->contradictions() == 0);
  CHECK(wire.decoder->lost_calls() == 0);
}

}  // namespace

TEST_CASE("PostgreSQL: start-up with SCRAM is no call", "[postgresql]") {
  Wire wire(true);
  CHECK(wire.decoder->database().empty());
  const std::string hello = startup();
  SECTION("whole") {
    wire.request(hello);
  }
  SECTION("byte by byte") {
    for (const char byte : hello) wire.request(std::string_view(&byte, 1));
  }
  SECTION("by protocol 3.2") {
    wire.request(startup(0x00030002));
  }
  SECTION("after a refusal of TLS") {
    wire.request(kTlsRequest);
    wire.reply("N");
    wire.request(hello);
  }
  SECTION("after refusals of GSS and TLS") {
    wire.request(kGssRequest);
    wire.reply("N");
    wire.request(kTlsRequest);
    wire.reply("N");
    wire.request(hello);
  }
  CHECK(wire.decoder->database() == "shop");
  wire.reply(message('R', int32(10) + text("SCRAM-SHA-256") + '\0'));
  wire.request(message('p', text("SCRAM-SHA-256") + int32(5) + "n,,n="));
  wire.reply(message('R', int32(11) + "r=x"));
  wire.request(message('p', "c=biws,r=x"));
  wire.reply(message('R', int32(12) + "v=y") + authentication_done());
  check_query(wire);
}

TEST_CASE("PostgreSQL: a server that has never heard of TLS", "[postgresql]") {
  Wire wire(true);
  wire.request(kTlsRequest);
  wire.reply(error("0A000"));
  wire.request(startup());
  wire.reply(authentication_done());
  check_query(wire);
}

TEST_CASE("PostgreSQL: TLS within the connection is not read", "[postgresql]") {
  Wire wire(true);
  wire.request(kTlsRequest);
  wire.reply("S");
  wire.request(std::string("\x16\x03\x01\x02\x00\x01\x00", 7));
  wire.reply(std::string("\x16\x03\x03\x00\x7a\x02\x00", 7));
  wire.request(std::string("\x17\x03\x03\x00\x7a\x51\x52", 7));
  wire.reply(std::string("\x17\x03\x03\x00\x7a\x51\x52", 7));
  CHECK(wire.decoder->contradictions() == 0);
  // What a TLS library hands out begins once more.
  wire.request(startup());
  CHECK(wire.decoder->database() == "shop");
  wire.reply(authentication_done());
  check_query(wire);
}

TEST_CASE("PostgreSQL: negotiation on a connection found late", "[postgresql]") {
  Wire wire;
  wire.request(kTlsRequest);
  wire.reply("N");
  wire.request(startup());
  CHECK(wire.decoder->database() == "shop");
  wire.reply(authentication_done());
  check_query(wire);
}

TEST_CASE("PostgreSQL: cancelling is no call", "[postgresql]") {
  Wire wire(true);
  wire.request(packet(int32(0x04d2162e) + int32(1) + int32(2)));
  wire.close();
  CHECK(wire.done.empty());
  CHECK(wire.decoder->pending() == 0);
  CHECK(wire.decoder->contradictions() == 0);
}

TEST_CASE("PostgreSQL: start-ups that are none, or are cut", "[postgresql]") {
  SECTION("a version that is unknown") {
    Wire wire(true);
    wire.request(startup(0x00020000));
    CHECK(wire.decoder->contradictions() == 1);
    CHECK(wire.decoder->database().empty());
  }
  SECTION("a length out of range") {
    Wire wire(true);
    wire.request("GET / HTTP/1.1\r\n");
    CHECK(wire.decoder->contradictions() == 1);
  }
  SECTION("parameters without an end") {
    for (const std::string& cut : {text("user"), text("user") + "ali", std::string("us")}) {
      Wire wire(true);
      wire.request(packet(int32(0x00030000) + cut));
      CHECK(wire.decoder->database().empty());
      CHECK(wire.decoder->contradictions() == 0);
    }
  }
}

TEST_CASE("PostgreSQL: the database is the user's when none is named", "[postgresql]") {
  using namespace std::string_literals;
  const auto database = [](const std::string& parameters) {
    Wire wire(true);
    wire.request(packet(int32(0x00030002) + parameters));
    return std::string(wire.decoder->database());
  };
  CHECK(database("user\0alice\0\0"s) == "alice");
  CHECK(database("database\0shop\0user\0alice\0\0"s) == "shop");
  CHECK(database("database\0\0user\0alice\0\0"s) == "alice");
  CHECK(database("user\0\0"s).empty());
  CHECK(database("options\0-c x\0\0"s).empty());
  CHECK(database("database\0"s + std::string(500, 'd') + '\0') == std::string(63, 'd'));
  CHECK(database("").empty());
}

TEST_CASE("PostgreSQL: a start-up packet with a gap in it", "[postgresql]") {
  Wire wire(true);
  const std::string hello = startup();
  wire.request(hello.substr(0, 12));
  wire.request(hello.substr(30), 18);
  wire.reply(authentication_done());
  CHECK(wire.decoder->database().empty());
  check_query(wire);
}

TEST_CASE("PostgreSQL: messages where a start-up was expected", "[postgresql]") {
  Wire wire(true);
  check_query(wire);
}

TEST_CASE("PostgreSQL: a log-in that fails is no call", "[postgresql]") {
  Wire wire(true);
  wire.request(startup());
  wire.reply(error("28P01"));
  wire.close();
  CHECK(wire.done.empty());
  CHECK(wire.decoder->pending() == 0);
}

TEST_CASE("PostgreSQL: replies that nobody asked for are ignored", "[postgresql]") {
  Wire wire(true);
  wire.request(startup());
  wire.reply(authentication_done());
  wire.reply(complete("SELECT 3") + ready() + ready() + complete("SELECT 1") + error("57P05"));
  wire.reply(notification().substr(0, 9));
  wire.request(query("SELECT 1"));
  wire.reply(notification().substr(9));
  CHECK(wire.done.empty());
  wire.reply(complete("SELECT 1") + notification() + ready());
  REQUIRE(wire.done.size() == 1);
  CHECK(wire.done[0].rows == 1);
}
