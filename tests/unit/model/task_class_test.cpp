// SPDX-License-Identifier: Apache-2.0
#include "model/task_class.h"

#include "catch.h"

using namespace culprit;

namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;

/// Notes one second of evidence after another.
struct Watch {
  ClassTrack track;
  std::uint64_t now_ns = 100 * kSecond;

  void pass(int seconds, std::uint64_t answered = 0, double cpu = 0.1, bool counted = true,
            std::optional<double> period = {}) {
    for (int i = 0; i < seconds; ++i) {
      ClassEvidence evidence;
      evidence.counted = counted;
      evidence.answered = answered;
      evidence.cpu_seconds = cpu;
      evidence.period_seconds = period;
      evidence.is_regular = period.has_value();
      track.note(evidence, now_ns, now_ns + kSecond);
      now_ns += kSecond;
    }
  }
  Class value() const { return track.verdict().value_or(ClassVerdict{}).value; }
  double confidence() const { return track.verdict().value_or(ClassVerdict{}).confidence; }
  std::string because() const { return track.verdict().value_or(ClassVerdict{}).because; }
};

ProcessRow shell(const std::string& command) {
  ProcessRow row;
  row.id = {50, 1};
  row.name = "bash";
  row.command = command;
  return row;
}

}  // namespace

TEST_CASE("who answers requests is foreground, and stays so for a while", "[task_class]") {
  Watch watch;
  watch.pass(1, 3);
  CHECK(watch.value() == Class::kForeground);
  CHECK(watch.because() == "answered 3 requests that came in over a socket");
  const double first = watch.confidence();
  watch.pass(5, 3);
  CHECK(watch.confidence() > first);
  watch.pass(100);
  CHECK(watch.value() == Class::kForeground);
  watch.pass(30);
  CHECK(watch.value() == Class::kBackground);
}

TEST_CASE("who works and answers nothing is background after a while", "[task_class]") {
  Watch watch;
  watch.pass(4);
  CHECK(watch.value() == Class::kUnknown);
  watch.pass(1);
  CHECK(watch.value() == Class::kBackground);
  CHECK(watch.because() == "worked and answered no request for 5.0 s");
  const double first = watch.confidence();
  watch.pass(60);
  CHECK(watch.confidence() > first);
  watch.pass(1, 1);
  CHECK(watch.value() == Class::kForeground);
}

TEST_CASE("who did nothing, or whose answers cannot be seen, is not known", "[task_class]") {
  Watch idle;
  idle.pass(100, 0, 0);
  CHECK(idle.value() == Class::kUnknown);
  Watch unseen;
  unseen.pass(100, 0, 0.1, false);
  CHECK(unseen.value() == Class::kUnknown);
  unseen.pass(1, 0, 0.1, false, 2.0);
  CHECK(unseen.value() == Class::kBackground);
  CHECK(unseen.confidence() < 0.7);
}

TEST_CASE("a period makes it surer", "[task_class]") {
  Watch watch;
  watch.pass(6, 0, 0.1, true, 2.0);
  CHECK(watch.because() == "runs every 2.0 s and answers no requests");
  CHECK(watch.confidence() > 0.9);
}

TEST_CASE("even steps are enough where the period is not known", "[task_class]") {
  Watch watch;
  ClassEvidence evidence;
  evidence.counted = evidence.is_regular = true;
  evidence.cpu_seconds = 0.1;
  watch.track.note(evidence, watch.now_ns, watch.now_ns + kSecond);
  CHECK(watch.value() == Class::kBackground);
  CHECK(watch.because() == "runs at even steps and answers no requests");
}

TEST_CASE("on the path of requests is foreground", "[task_class]") {
  Watch watch;
  watch.pass(60);
  watch.track.note_on_path("answers calls of web, which is foreground", watch.now_ns);
  CHECK(watch.value() == Class::kForeground);
  CHECK(watch.because() == "answers calls of web, which is foreground");
  watch.pass(130);
  CHECK(watch.value() == Class::kBackground);
}

TEST_CASE("a shell is of the system unless it runs a script", "[task_class]") {
  CHECK(system_reason(shell("-bash"), 1));
  CHECK(system_reason(shell("/bin/bash --login"), 1));
  CHECK_FALSE(system_reason(shell("/bin/bash /opt/backup.sh"), 1));
  CHECK_FALSE(system_reason(shell("bash -c backup"), 1));
  CHECK(system_reason(shell("x"), 50) == "culprit itself");
}
