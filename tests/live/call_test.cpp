// SPDX-License-Identifier: Apache-2.0
// Calls against the books of a client and a server that say what PostgreSQL and Redis say.
#include <algorithm>

#include "catch.h"
#include "talk.h"

using namespace culprit;
using namespace culprit::test;

namespace {

using Words = std::vector<std::string>;

Words operator+(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

std::string line(const Words& words) {
  std::string line;
  for (const std::string& word : words) line += word + ' ';
  return line;
}

const Words kTcp = {"--family", "tcp"}, kUnix = {"--family", "unix"};

/// One after the other, all by the same Watch.
void check_each(Watch& watch, const std::vector<Words>& cases) {
  for (const Words& words : cases) {
    INFO("dbtalk " << line(words));
    check_talk(talk(watch, words));
  }
}

}  // namespace

TEST_CASE("every way of writing and of reading is counted exactly", "[live][call]") {
  Watch watch;
  const std::vector<Words> ways = {
      {"--io", "write", "--read", "read"},
      {"--io", "writev", "--pieces", "1", "--read", "recv"},
      {"--io", "writev", "--pieces", "2", "--read", "recvmsg"},
      {"--io", "writev", "--pieces", "40", "--read", "readv"},
      {"--io", "send", "--read", "recvmmsg"},
      {"--io", "sendmsg", "--pieces", "3", "--read", "byte"},
      {"--io", "sendmmsg", "--pieces", "3", "--read", "peek"},
      {"--nonblocking", "--io", "sendmmsg", "--pieces", "2", "--read", "recvmmsg"},
      {"--nonblocking", "--server-ms", "2", "--read", "read"},
  };
  for (const Words& way : ways)
    for (const Words& family : {kTcp, kUnix})
      for (const char* mode : {"simple", "extended"})
        check_each(watch, {way + family + Words{"--mode", mode, "--calls", "30"}});
}

TEST_CASE("what was peeked at is not counted twice, nor is what was not there yet",
          "[live][call]") {
  Watch watch;
  const Talk peeking = talk(watch, {"--read", "peek", "--calls", "50"});
  CHECK(peeking.told("peeks") >= 50);
  check_talk(peeking);
  const Talk polling = talk(watch, {"--nonblocking", "--server-ms", "5", "--calls", "20"});
  CHECK(polling.told("would_block") >= 20);
  check_talk(polling);
}

TEST_CASE("bytes that were in no memory of the process are counted unseen", "[live][call]") {
  Watch watch;
  for (const Words& family : {kTcp, kUnix}) {
    INFO(line(family));
    const Talk one = talk(watch, family + Words{"--sendfile", "--text-bytes", "3000"});
    check_talk(one);
    CHECK(one.query().text_truncated);
  }
}

TEST_CASE("every family of addresses and every protocol", "[live][call]") {
  Watch watch;
  for (const char* family : {"tcp", "tcp6", "unix", "abstract"})
    for (const char* mode : {"simple", "extended", "redis"}) {
      INFO(family << ' ' << mode);
      const Talk one =
          talk(watch, {"--family", family, "--mode", mode, "--calls", "200", "--connections", "4"});
      check_talk(one);
      CHECK(one.query().protocol ==
            (mode == std::string("redis") ? Protocol::kRedis : Protocol::kPostgresql));
      if (mode != std::string("redis")) CHECK(one.query().database == "shop");
      CHECK(one.pool().opened == 4);
      CHECK(one.pool().closed == 4);
      CHECK(one.pool().open == 0);
      CHECK(one.pool().busy_peak == 1);
    }
}

// Also where the machine is emulated: nothing in it is a time.
TEST_CASE("each way to see calls counts them", "[live][call][emulated]") {
  for (const CallPlan& plan : call_plans()) {
    Watch watch(plan.without);
    for (const Words& talkers :
         {kTcp + Words{"--mode", "extended"}, kUnix + Words{"--mode", "redis"}}) {
      INFO(plan.name << ' ' << line(talkers));
      const Talk one = talk(watch, talkers + Words{"--calls", "50", "--connections", "2"});
      check_plan(one.snapshot, plan);
      check_counts(one);
      CHECK(one.pool().opened == 2);
    }
  }
}

TEST_CASE("time is the server's, or that of the process that reads late", "[live][call]") {
  for (const CallPlan& plan : call_plans()) {
    Watch watch(plan.without);
    for (const Words& family : {kTcp, kUnix}) {
      INFO(plan.name << ' ' << line(family));
      const Talk late =
          talk(watch, family + Words{"--calls", "5", "--server-ms", "50", "--late-ms", "200"});
      check_plan(late.snapshot, plan);
      check_talk(late);
      const QueryRow& row = late.query();
      check_sleeps(row.seconds, row.calls, 250);
      CHECK(row.seconds <= late.truth.at("call_seconds").get<double>() + 0.001);
      REQUIRE(row.server);
      check_sleeps(row.server->seconds, row.server->calls, 50);
      CHECK(row.server->cpu_seconds <= 0.2 * row.server->seconds);
      REQUIRE(row.parts);
      check_sleeps(row.parts->server_seconds, row.calls, 50);
      check_sleeps(row.parts->pickup_seconds, row.calls, 200);
      CHECK(row.parts->server_seconds + row.parts->pickup_seconds + row.parts->stream_seconds ==
            Approx(row.seconds).margin(0.001 * static_cast<double>(row.calls)));
    }
  }
}

TEST_CASE("pipelines, large results and long statements", "[live][call]") {
  Watch watch;
  for (const Words& family : {kTcp, kUnix}) {
    check_each(watch,
               {family + Words{"--pipeline", "50", "--calls", "1000"},
                family + Words{"--pipeline", "50", "--calls", "1000", "--mode", "extended"},
                family + Words{"--pipeline", "100", "--calls", "1000", "--mode", "redis"},
                family + Words{"--rows", "10000", "--calls", "20"},
                family + Words{"--rows", "10000", "--calls", "20", "--mode", "extended"},
                family + Words{"--rows", "100000", "--calls", "20", "--mode", "redis"},
                family + Words{"--text-bytes", "1500", "--calls", "20"},
                family + Words{"--text-bytes", "9000", "--calls", "20", "--mode", "extended"},
                family + Words{"--text-bytes", "40000", "--calls", "20"},
                family + Words{"--text-bytes", "2000000", "--calls", "10"},
                family + Words{"--text-bytes", "2000000", "--calls", "10", "--mode", "extended",
                               "--rows", "1000"}});
  }
}

TEST_CASE("the other ways of attaching count the same", "[live][call]") {
  const std::vector<CallPlan> plans = call_plans();
  for (std::size_t i = 1; i < plans.size(); i++) {
    INFO(plans[i].name);
    Watch watch(plans[i].without);
    for (const Words& family : {kTcp, kUnix})
      check_each(
          watch,
          {family + Words{"--io", "write", "--calls", "200", "--connections", "3"},
           family + Words{"--io", "writev", "--pieces", "40", "--read", "readv", "--calls", "50"},
           family + Words{"--io", "sendmsg", "--pieces", "3", "--read", "recvmsg", "--mode",
                          "extended", "--calls", "50"},
           family +
               Words{"--io", "sendmmsg", "--pieces", "2", "--read", "recvmmsg", "--calls", "50"},
           family + Words{"--read", "peek", "--calls", "50"},
           family + Words{"--read", "byte", "--mode", "redis", "--calls", "50"},
           family + Words{"--pipeline", "50", "--calls", "1000", "--mode", "extended"},
           family + Words{"--rows", "10000", "--calls", "20"},
           family + Words{"--text-bytes", "40000", "--calls", "20"},
           family + Words{"--sendfile", "--text-bytes", "3000", "--calls", "20"}});
  }
}
