// SPDX-License-Identifier: Apache-2.0
#include "model/transaction_track.h"

#include "catch.h"

using namespace culprit;

namespace {

Call call(std::uint64_t start_ns, std::uint64_t end_ns, Transaction after) {
  Call call;
  call.start_ns = start_ns;
  call.end_ns = end_ns;
  call.transaction = after;
  return call;
}

}  // namespace

TEST_CASE("a transaction begins, idles and ends with its calls", "[transactions]") {
  TransactionTrack track;
  TransactionSums ended;
  track.note(call(0, 5, Transaction::kNone), ended);
  CHECK_FALSE(track.open());
  track.note(call(10, 20, Transaction::kOpen), ended);
  track.note(call(50, 60, Transaction::kFailed), ended);
  CHECK(track.open());
  CHECK(track.start_ns() == 10);
  CHECK(track.used_ns() == 60);
  CHECK(ended.count == 0);
  track.note(call(65, 70, Transaction::kNone), ended);
  CHECK_FALSE(track.open());
  CHECK(ended.count == 1);
  CHECK(ended.statements == 3);
  CHECK(ended.total_ns == 60);
  CHECK(ended.longest_ns == 60);
  CHECK(ended.idle_ns == 35);
}

TEST_CASE("calls that overlap in a pipeline have no gap between them", "[transactions]") {
  TransactionTrack track;
  TransactionSums ended;
  track.note(call(10, 40, Transaction::kOpen), ended);
  track.note(call(11, 41, Transaction::kUnknown), ended);
  track.note(call(12, 42, Transaction::kNone), ended);
  CHECK(ended.count == 1);
  CHECK(ended.statements == 3);
  CHECK(ended.idle_ns == 0);
}

TEST_CASE("a connection's end ends its transaction", "[transactions]") {
  TransactionTrack track;
  TransactionSums ended;
  track.close(5, ended);
  CHECK(ended.count == 0);
  track.note(call(10, 20, Transaction::kOpen), ended);
  track.close(100, ended);
  CHECK(ended.count == 1);
  CHECK(ended.total_ns == 90);
  CHECK(ended.idle_ns == 80);
  CHECK_FALSE(track.open());
}

TEST_CASE("a protocol that never tells has no transactions", "[transactions]") {
  TransactionTrack track;
  TransactionSums ended;
  track.note(call(0, 5, Transaction::kUnknown), ended);
  CHECK_FALSE(track.tells());
  track.note(call(6, 7, Transaction::kNone), ended);
  CHECK(track.tells());
  CHECK(ended.count == 0);
}
