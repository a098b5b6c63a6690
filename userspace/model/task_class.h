// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "model/snapshot.h"

namespace culprit {

/// What one interval tells of a process or task.
struct ClassEvidence {
  bool counted = false;        ///< whether requests were answered is known at all
  std::uint64_t answered = 0;  ///< requests that came in over a socket
  double cpu_seconds = 0;
  std::uint64_t calls = 0;  ///< that it made
  bool is_job = false;      ///< it is started, ends, and is started again
  bool is_regular = false;  ///< it works at even steps
  std::optional<double> period_seconds;
};

/// Makes up its mind over intervals and stays with it: one request makes a process foreground
/// for two minutes; work without any answer makes it background only after a while. Pure.
class ClassTrack {
 public:
  void note(const ClassEvidence& evidence, std::uint64_t begin_ns, std::uint64_t end_ns);
  /// It is on the way of requests that others answer, as `because` says.
  void note_on_path(std::string because, std::uint64_t now_ns);
  /// Absent: nothing can be told yet.
  std::optional<ClassVerdict> verdict() const;

 private:
  std::string rhythm_text() const;

  std::uint64_t begun_ns_ = 0, now_ns_ = 0;
  std::uint64_t counted_ns_ = 0;  // how long answers would have been seen
  std::uint64_t answered_ = 0, answered_ns_ = 0;
  std::string on_path_;
  std::uint64_t on_path_ns_ = 0;
  std::uint64_t worked_intervals_ = 0;
  bool is_job_ = false, is_regular_ = false;
  std::optional<double> period_seconds_;
};

/// By its name; whether somebody sits at it, or a script runs in it, is another question.
bool runs_shell(const ProcessRow& process);

/// Why a process is there for the host itself: a kernel thread, init, a shell that runs no
/// script, ourselves (`self`). Absent: it is not.
std::optional<std::string> system_reason(const ProcessRow& process, std::uint32_t self);

/// What a rule decides: `rule` is its id.
ClassVerdict class_by_rule(Class value, const std::string& rule);

}  // namespace culprit
