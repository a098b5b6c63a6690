// SPDX-License-Identifier: Apache-2.0
#include "collect/lookup_tracker.h"

#include <cstring>
#include <string>

#include "catch.h"

using namespace culprit;
using namespace std::string_literals;

namespace {

constexpr std::uint64_t kMs = 1'000'000, kSecond = 1000 * kMs;

std::string message(std::uint16_t id, std::uint16_t flags, const std::string& name = "db") {
  return std::string{static_cast<char>(id >> 8),
                     static_cast<char>(id),
                     static_cast<char>(flags >> 8),
                     static_cast<char>(flags),
                     0,
                     1,
                     0,
                     0,
                     0,
                     0,
                     0,
                     0} +
         static_cast<char>(name.size()) + name + "\0\0\1\0\1"s;
}

lookup_record record(std::uint64_t time_ns, bool sent, const std::string& bytes,
                     std::uint64_t socket = 1) {
  lookup_record made{};
  made.header = {RECORD_LOOKUP, static_cast<__u16>(sent ? LOOKUP_SENT : 0), sizeof(made), time_ns};
  made.socket = socket;
  made.pid = 7;
  made.process_start_time_ns = 70;
  made.length = static_cast<__u32>(bytes.size());
  made.captured = static_cast<__u32>(std::min<std::size_t>(bytes.size(), LOOKUP_BYTES));
  std::memcpy(made.bytes, bytes.data(), made.captured);
  made.server[10] = made.server[11] = 0xff;
  made.server[12] = 127;
  made.server[15] = 53;
  return made;
}

constexpr std::uint16_t kOk = 0x8180, kServfail = 0x8182, kNxdomain = 0x8183;

}  // namespace

TEST_CASE("a question and its answer are one lookup", "[lookup]") {
  LookupTracker tracker;
  tracker.take(record(10 * kMs, true, message(1, 0x100)));
  CHECK(tracker.take_ended(20 * kMs).empty());
  tracker.take(record(60 * kMs, false, message(1, kOk)));
  const auto ended = tracker.take_ended(100 * kMs);
  REQUIRE(ended.size() == 1);
  CHECK(ended[0].name == "db");
  CHECK(ended[0].server == "127.0.0.53:53");
  CHECK(ended[0].pid == 7);
  CHECK(ended[0].type == 1);
  CHECK(ended[0].outcome == LookupOutcome::kAnswered);
  CHECK(ended[0].end_ns - ended[0].start_ns == 50 * kMs);
  CHECK(tracker.take_ended(kSecond).empty());
}

TEST_CASE("how lookups end", "[lookup]") {
  LookupTracker tracker;
  tracker.take(record(1, true, message(1, 0x100)));
  tracker.take(record(2, true, message(2, 0x100)));
  tracker.take(record(3, true, message(3, 0x100)));
  tracker.take(record(4, false, message(1, kServfail)));
  tracker.take(record(5, false, message(2, kNxdomain)));
  auto ended = tracker.take_ended(kSecond);
  REQUIRE(ended.size() == 2);
  CHECK(ended[0].outcome == LookupOutcome::kFailed);
  CHECK(ended[1].outcome == LookupOutcome::kNotFound);
  ended = tracker.take_ended(6 * kSecond);
  REQUIRE(ended.size() == 1);
  CHECK(ended[0].outcome == LookupOutcome::kUnanswered);
  CHECK(ended[0].end_ns - ended[0].start_ns == LookupTracker::kPatienceNs);
}

TEST_CASE("several servers asked at once are one lookup; strangers and garbage are none",
          "[lookup]") {
  LookupTracker tracker;
  tracker.take(record(1, true, message(1, 0x100)));
  tracker.take(record(2, true, message(1, 0x100)));
  tracker.take(record(3, false, message(9, kOk)));           // never asked
  tracker.take(record(4, false, message(1, kOk, "other")));  // another name
  tracker.take(record(5, false, message(1, kOk), 2));        // another socket
  tracker.take(record(6, false, "\xff\xff"));
  tracker.take(record(7, true, message(1, kOk)));  // a reply that is sent
  tracker.take(record(8, false, message(1, kOk)));
  tracker.take(record(9, false, message(1, kOk)));  // the second server's
  const auto ended = tracker.take_ended(kSecond);
  REQUIRE(ended.size() == 1);
  CHECK(ended[0].start_ns == 1);
  CHECK(ended[0].end_ns == 8);
}

TEST_CASE("over TCP a message may come in pieces", "[lookup]") {
  LookupTracker tracker;
  const auto stream = [&](std::uint64_t time_ns, bool sent, const std::string& bytes) {
    lookup_record piece = record(time_ns, sent, bytes);
    piece.header.flags |= LOOKUP_STREAM;
    tracker.take(piece);
  };
  const std::string question = message(1, 0x100), answer = message(1, kOk);
  stream(1, true, std::string{0, static_cast<char>(question.size())} + question);
  stream(2, false, std::string{0, static_cast<char>(answer.size())});
  stream(3, false, answer.substr(0, 5));
  stream(4, false, answer.substr(5));
  const auto ended = tracker.take_ended(kSecond);
  REQUIRE(ended.size() == 1);
  CHECK(ended[0].end_ns == 4);
}

TEST_CASE("a record may hold anything", "[lookup]") {
  LookupTracker tracker;
  lookup_record odd = record(1, true, message(1, 0x100));
  odd.captured = 1'000'000;
  odd.length = 3;
  tracker.take(odd);
  odd.header.flags = LOOKUP_STREAM;
  for (int i = 0; i < 1000; i++) tracker.take(odd);
  CHECK(tracker.take_ended(10 * kSecond).size() <= 1);
}
