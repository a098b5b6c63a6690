// SPDX-License-Identifier: Apache-2.0
#include "view/text_tasks.h"

#include "model/field.h"
#include "model/task_rules.h"
#include "view/format.h"
#include "view/task_words.h"
#include "view/text_line.h"

namespace culprit {
namespace {

constexpr std::size_t kRowsShown = 15;

std::string percent(std::optional<double> part, double whole) {
  return part && whole > 0 ? format_percent(*part / whole * 100) : "-";
}

}  // namespace

void write_task_text(std::string& out, const Snapshot& snapshot) {
  if (snapshot.tasks.empty()) return;
  out += "\n  CPU%  ±    RUNQ% CLASS      KIND      PROCESS              TASK\n";
  std::size_t shown = 0;
  for (const TaskRow& row : snapshot.tasks) {
    if (shown == kRowsShown) break;
    if (row.cpu_seconds == 0 && !row.rhythm.period_seconds) continue;
    ++shown;
    const auto rhythm = rhythm_text(row.rhythm);
    line(out, "%6s %4s %6s %-10s %-9s %-20.20s %.200s%s%s",
         percent(row.cpu_seconds, snapshot.seconds).c_str(),
         percent(row.cpu_share_error, 1).c_str(),
         percent(row.run_queue_seconds, snapshot.seconds).c_str(),
         std::string(class_name(row.verdict.value)).c_str(),
         std::string(kind_name(row.kind)).c_str(),
         (row.process.name + " " + std::to_string(row.process.id.pid)).c_str(), row.name.c_str(),
         rhythm ? "; " : "", rhythm ? rhythm->c_str() : "");
  }
}

}  // namespace culprit
