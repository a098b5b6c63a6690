// SPDX-License-Identifier: Apache-2.0
#include "catch.h"
#include "store/cbor.h"
#include "store/codec.h"
#include "unit/store/filled_sample.h"

namespace culprit {
namespace {

constexpr std::string_view kTailKeys[] = {"thread_record_bytes", "histogram_bytes"};

/// A header frame up to `host`, which the caller writes.
std::string header(auto&& write_host) {
  CborWriter out;
  out.map(5);
  out.text("recorded_by"), out.text("test");
  out.text("byte_order"), out.text("little");
  for (const std::string_view key : kTailKeys) out.text(key), out.unsigned_integer(1);
  out.text("host");
  write_host(out);
  return out.data();
}

std::string host_error(auto&& write_host) {
  const auto decoded = decode_header(header(write_host));
  return decoded ? "" : decoded.error().message;
}

}  // namespace

TEST_CASE("what is wrong in a document is named by its place") {
  CHECK(decode_header("").error().message == "expected a map, found the end of the data");
  CHECK(host_error([](CborWriter& out) { out.null(); }) == "/host: expected a map, found null");
  CHECK(host_error([](CborWriter& out) { out.map(0); }) ==
        "/host: expected the key 'hostname', found no more");
  CHECK(host_error([](CborWriter& out) { out.map(1), out.text("hostnam\xff"), out.text("x"); }) ==
        "/host: expected the key 'hostname', found 'hostnam\xef\xbf\xbd'");
  CHECK(host_error([](CborWriter& out) { out.map(1), out.text("hostname"), out.boolean(true); }) ==
        "/host/hostname: expected text, found a boolean");
  CHECK(host_error([](CborWriter& out) {
          out.map(1), out.unsigned_integer(1), out.boolean(true);
        }) == "/host: expected a key, found an unsigned integer");
}

namespace {

void write_host(CborWriter& out, std::uint64_t cpu_count, std::size_t keys) {
  out.map(keys);
  for (const char* key : {"hostname", "boot_id", "kernel", "architecture"})
    out.text(key), out.text("x");
  out.text("cpu_count"), out.unsigned_integer(cpu_count);
  out.text("memory_bytes"), out.unsigned_integer(1);
  out.text("cloud"), out.null();
}

}  // namespace

TEST_CASE("numbers have to fit and every key has to be known") {
  CHECK(host_error([](CborWriter& out) { write_host(out, 4294967295u, 7); }).empty());
  CHECK(host_error([](CborWriter& out) { write_host(out, 4294967296u, 7); }) ==
        "/host/cpu_count: expected at most 4294967295, found 4294967296");
  CHECK(host_error([](CborWriter& out) {
          write_host(out, 1, 8);
          out.text("mood"), out.null();
        }) == "/host: unknown key 'mood'");
}

TEST_CASE("a thread record that could lead the model astray is refused") {
  const auto error_of = [](auto&& change) {
    Sample sample = filled_sample();
    change(sample.threads[2]);
    const auto decoded = decode_sample(encode(sample));
    return decoded ? "" : decoded.error().message;
  };
  const std::string refused = "/threads: record 2 is not a thread's";
  CHECK(error_of([](thread_record&) {}).empty());
  CHECK(error_of([](thread_record& thread) { thread.reason = BLOCKED_REASONS; }) == refused);
  CHECK(error_of([](thread_record& thread) { thread.condition = 9; }) == refused);
  CHECK(error_of([](thread_record& thread) { memset(thread.name, 'x', COMM_SIZE); }) == refused);
}

TEST_CASE("a call whose outcome is none is refused") {
  const auto error_of = [](auto&& change) {
    Sample sample = filled_sample();
    change(sample.calls[1].call);
    const auto decoded = decode_sample(encode(sample));
    return decoded ? "" : decoded.error().message;
  };
  const std::string refused = "/calls: record 1 is not a call";
  CHECK(error_of([](Call& call) { call.outcome = Outcome::kAborted; }).empty());
  CHECK(error_of([](Call& call) { call.outcome = static_cast<Outcome>(3); }) == refused);
  CHECK(error_of([](Call& call) { call.transaction = static_cast<Transaction>(4); }) == refused);
}

TEST_CASE("an enum beyond its last value is refused") {
  const auto error_of = [](auto&& change) {
    Sample sample = filled_sample();
    change(sample.connections[2], sample.query_texts[0]);
    const auto decoded = decode_sample(encode(sample));
    return decoded ? "" : decoded.error().message;
  };
  using C = ConnectionReading;
  CHECK(error_of([](C& connection, QueryText&) { connection.protocol = Protocol::kTls; }).empty());
  CHECK(error_of([](C& connection, QueryText&) { connection.protocol = Protocol(7); }) ==
        "/connections/2/protocol: expected at most 6, found 7");
  CHECK(error_of([](C& connection, QueryText&) { connection.role = SocketRole(3); }) ==
        "/connections/2/role: expected at most 2, found 3");
  CHECK(error_of([](C& connection, QueryText&) { connection.end = SocketEnd(255); }) ==
        "/connections/2/end: expected at most 3, found 255");
  CHECK(error_of([](C&, QueryText& text) { text.protocol = Protocol(99); }) ==
        "/query_texts/0/protocol: expected at most 6, found 99");
}

TEST_CASE("calls of another layout are refused where there are any") {
  Sample sample;
  CHECK(decode_sample(encode(sample), 176));
  sample.calls.resize(2);
  const std::string ours = std::to_string(sizeof(CallReading));
  CHECK(decode_sample(encode(sample), 176).error().message ==
        "/calls: expected calls of " + ours +
            " bytes, found calls of 176; read it with the culprit that made it");
  // Their bytes are the last but those of the members behind them.
  std::string bytes = encode(sample);
  const std::string key =
      "\x65"
      "calls\x59";
  const std::size_t at = bytes.rfind(key) + key.size();
  REQUIRE(at < bytes.size());
  bytes[at + 1] = static_cast<char>(bytes[at + 1] - 1);
  CHECK(decode_sample(bytes).error().message ==
        "/calls: expected calls of " + ours + " bytes, found " +
            std::to_string(2 * sizeof(CallReading) - 1) + " bytes");
}

TEST_CASE("a number that is not finite is refused") {
  Sample sample;
  sample.host.load_average = {1, 2, 0.0 / 0.0};
  CHECK(decode_sample(encode(sample)).error().message ==
        "/host/load_average/2: expected a finite number");
}

}  // namespace culprit
