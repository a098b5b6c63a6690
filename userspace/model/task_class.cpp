// SPDX-License-Identifier: Apache-2.0
#include "model/task_class.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>
#include <utility>

#include "model/counter.h"

namespace culprit {
namespace {

/// What was answered counts for so long.
constexpr std::uint64_t kAnswerMemoryNs = 120'000'000'000;
/// Who works and answers nothing for so long has a clock of its own.
constexpr std::uint64_t kQuietNs = 5'000'000'000;
/// From there on it gets surer, until this.
constexpr double kSureSeconds = 60;
constexpr double kRuleConfidence = 0.95;

double seconds_since(std::uint64_t before_ns, std::uint64_t now_ns) {
  return seconds_between(before_ns, now_ns);
}

std::string seconds_text(double seconds) {
  char text[32];
  if (seconds < 1)
    std::snprintf(text, sizeof text, "%.0f ms", seconds * 1000);
  else
    std::snprintf(text, sizeof text, seconds < 10 ? "%.1f s" : "%.0f s", seconds);
  return text;
}

}  // namespace

void ClassTrack::note(const ClassEvidence& evidence, std::uint64_t begin_ns, std::uint64_t end_ns) {
  if (begun_ns_ == 0) begun_ns_ = begin_ns;
  // What is not noted did nothing; answers would have been seen then, too.
  if (evidence.counted) counted_ns_ += increase(now_ns_ ? now_ns_ : begin_ns, end_ns);
  now_ns_ = end_ns;
  if (increase(answered_ns_, end_ns) > kAnswerMemoryNs) answered_ = 0;
  if (evidence.answered > 0) {
    answered_ += evidence.answered;
    answered_ns_ = end_ns;
  }
  if (increase(on_path_ns_, end_ns) > kAnswerMemoryNs) on_path_.clear();
  worked_intervals_ += evidence.cpu_seconds > 0 || evidence.calls > 0;
  is_job_ |= evidence.is_job;
  is_regular_ |= evidence.is_regular;
  if (evidence.period_seconds) period_seconds_ = evidence.period_seconds;
}

void ClassTrack::note_on_path(std::string because, std::uint64_t now_ns) {
  on_path_ = std::move(because);
  on_path_ns_ = now_ns;
}

std::string ClassTrack::rhythm_text() const {
  return period_seconds_ ? "runs every " + seconds_text(*period_seconds_) : "runs at even steps";
}

std::optional<ClassVerdict> ClassTrack::verdict() const {
  // The more it answered the surer; a single one may have been a health check.
  const auto answers = static_cast<double>(answered_);
  if (!on_path_.empty()) return ClassVerdict{Class::kForeground, 0.9, on_path_};
  if (answered_ > 0)
    return ClassVerdict{Class::kForeground, std::min(0.6 + 0.05 * answers, 0.99),
                        "answered " + std::to_string(answered_) +
                            (answered_ == 1 ? " request" : " requests") +
                            " that came in over a socket"};
  if (worked_intervals_ == 0) return std::nullopt;
  const double quiet = seconds_since(0, counted_ns_);
  if (is_regular_ && counted_ns_ > 0)
    return ClassVerdict{Class::kBackground, 0.95, rhythm_text() + " and answers no requests"};
  if (counted_ns_ >= kQuietNs) {
    const double grown = std::min(quiet / kSureSeconds, 1.0);
    return ClassVerdict{
        Class::kBackground, 0.6 + 0.3 * grown,
        "worked and answered no request for " +
            seconds_text(seconds_since(std::max(answered_ns_, begun_ns_), now_ns_))};
  }
  if (is_job_)
    return ClassVerdict{Class::kBackground, 0.7, "a job: it is started, works, and ends"};
  if (is_regular_) return ClassVerdict{Class::kBackground, 0.6, rhythm_text()};
  return std::nullopt;
}

bool runs_shell(const ProcessRow& process) {
  static constexpr std::array<std::string_view, 7> kShells = {"bash", "sh",  "dash", "zsh",
                                                              "fish", "ksh", "tcsh"};
  return std::find(kShells.begin(), kShells.end(), process.name) != kShells.end();
}

std::optional<std::string> system_reason(const ProcessRow& process, std::uint32_t self) {
  if (process.kernel_thread) return "a kernel thread";
  if (process.id.pid == 1) return "the first process of the host";
  if (process.id.pid == self) return "culprit itself";
  if (!runs_shell(process)) return std::nullopt;
  // A word that is no option is a script, or a command after -c.
  const std::string command = process.command.value_or("");
  for (std::size_t at = command.find(' '); at != std::string::npos; at = command.find(' ', at + 1))
    if (at + 1 < command.size() && command[at + 1] != '-' && command[at + 1] != ' ')
      return std::nullopt;
  return "a shell";
}

ClassVerdict class_by_rule(Class value, const std::string& rule) {
  return {value, kRuleConfidence, "rule " + rule};
}

}  // namespace culprit
