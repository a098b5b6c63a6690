// SPDX-License-Identifier: Apache-2.0
#include "collect/socket_address.h"

#include <sys/socket.h>

#include "catch.h"
#include "unit/collect/call_records.h"

namespace culprit {

using namespace call_records;

namespace {

struct Ends {
  std::string local, remote;
};

Ends ends_of(const connection_record& record) {
  Ends ends{"stale", "stale"};
  name_ends(record, ends.local, ends.remote);
  return ends;
}

connection_record unix_connection(std::string_view path, bool from_peer) {
  connection_record record{};
  record.family = AF_UNIX;
  record.path_size = static_cast<__u8>(path.size());
  record.path_from_peer = from_peer;
  std::memcpy(record.path, path.data(), std::min(path.size(), sizeof(record.path)));
  return record;
}

}  // namespace

TEST_CASE("internet addresses are text with a port, IPv4 without its mapping") {
  std::uint8_t address[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  CHECK(internet_address(address, 80) == "[2001:db8::1]:80");
  set_address(address, 7);
  CHECK(internet_address(address, 65535) == "10.0.0.7:65535");
  const std::uint8_t loopback[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  CHECK(internet_address(loopback, 0) == "[::1]:0");
  const std::uint8_t longest[16] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
  CHECK(internet_address(longest, 65535) == "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535");
}

TEST_CASE("both ends of an internet connection are named") {
  const Ends ends = ends_of(connection(1));
  CHECK(ends.local == "10.0.0.1:40001");
  CHECK(ends.remote == "10.0.0.2:5432");
}

TEST_CASE("the path of a Unix socket names the server's end") {
  const Ends client = ends_of(unix_connection("/run/postgresql/.s.PGSQL.5432", true));
  CHECK(client.local == "");
  CHECK(client.remote == "/run/postgresql/.s.PGSQL.5432");
  const Ends server = ends_of(unix_connection("/run/redis.sock", false));
  CHECK(server.local == "/run/redis.sock");
  CHECK(server.remote == "");
  const Ends pair = ends_of(unix_connection("", false));
  CHECK(pair.local == "");
  CHECK(pair.remote == "");
}

TEST_CASE("a path ends with its NUL, an abstract one with its size") {
  CHECK(ends_of(unix_connection("/a\0b"s, true)).remote == "/a");
  CHECK(ends_of(unix_connection("\0name\0x"s, true)).remote == "@name?x");
  CHECK(ends_of(unix_connection("\0"s, true)).remote == "@");
  CHECK(ends_of(unix_connection("/a\n\x1b[31m\x7f", true)).remote == "/a??[31m?");
}

TEST_CASE("a path is never longer than a path can be") {
  const std::string longest(UNIX_PATH_SIZE, 'p');
  CHECK(ends_of(unix_connection(longest, true)).remote == longest);
  connection_record record = unix_connection(longest, true);
  record.path_size = 255;
  CHECK(ends_of(record).remote == longest);
}

TEST_CASE("a connection within the host is told from its addresses") {
  CHECK(is_within_host(unix_connection("/run/a.sock", true)));
  connection_record record = connection(1);
  CHECK_FALSE(is_within_host(record));
  set_address(record.remote_address, 1);
  CHECK(is_within_host(record));  // the host's own address
  set_address(record.remote_address, 2);
  record.remote_address[12] = 127;
  CHECK(is_within_host(record));
  record.remote_address[10] = 0;  // IPv6, of which only one address is loopback
  CHECK_FALSE(is_within_host(record));
}

}  // namespace culprit
