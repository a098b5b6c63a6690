// SPDX-License-Identifier: Apache-2.0
#include "view/task_words.h"

#include <array>
#include <cstdio>

#include "model/field.h"
#include "model/task_rules.h"
#include "view/call_words.h"
#include "view/column.h"
#include "view/format.h"

namespace culprit {
namespace {

/// A time as one says it: "42 s", "10 min", "1.5 h", "200 ms".
std::string spoken(double seconds) {
  constexpr std::pair<double, const char*> kUnits[] = {{86400, "d"}, {3600, "h"},  {60, "min"},
                                                       {1, "s"},     {1e-3, "ms"}, {0, "us"}};
  for (const auto& [unit, name] : kUnits) {
    // Ninety seconds are told as such.
    if (seconds < unit * (unit > 1 ? 2 : 1)) continue;
    const double amount = unit > 0 ? seconds / unit : seconds * 1e6;
    char text[32];
    std::snprintf(text, sizeof text, amount < 9.95 ? "%.1f" : "%.0f", amount);
    std::string number(text);
    if (number.ends_with(".0")) number.resize(number.size() - 2);
    return number + " " + name;
  }
  return "0 s";
}

std::string others(std::uint64_t count) {
  static constexpr std::array<const char*, 6> kWords = {"no",    "one",  "two",
                                                        "three", "four", "five"};
  return (count < kWords.size() ? kWords[count] : std::to_string(count)) +
         std::string(count == 1 ? " other" : " others");
}

std::string of_interval(double part, double seconds) {
  return format_latency(part) + " (" + share_text(part, seconds) + ")";
}

std::string who_text(const TaskRow& task) {
  std::string text = task.name + ": " + std::string(kind_name(task.kind)) + " of " +
                     task.process.name + " (" + std::to_string(task.process.id.pid) + ")";
  if (task.workers > 1) text += ", done by " + std::to_string(task.workers) + " processes";
  if (task.group) text += ", group " + *task.group;
  return text + ", id " + task.id;
}

std::string time_text(const TaskRow& task, double seconds) {
  std::string text = "On a CPU " + of_interval(task.cpu_seconds, seconds);
  if (task.cpu_share_error)
    text += ", sampled: its share of the process is right within " +
            format_percent(100 * *task.cpu_share_error) + " points";
  if (task.run_queue_seconds)
    text += "; ready to run while no CPU was free " + of_interval(*task.run_queue_seconds, seconds);
  if (task.memory_growth_bytes.value_or(0) != 0)
    text += "; while it ran the memory of its process changed by " +
            format_signed_bytes(static_cast<double>(*task.memory_growth_bytes));
  return text + ".";
}

std::string delays_text(const std::vector<DelayedBy>& delays, double seconds) {
  constexpr std::size_t kNamed = 5;
  std::string text = "While it ran others were ready and waited: ";
  for (std::size_t i = 0; i < delays.size() && i < kNamed; ++i) {
    if (i > 0) text += ", ";
    text += delays[i].name + " (" + std::to_string(delays[i].pid) + ") " +
            of_interval(delays[i].seconds, seconds);
  }
  return text + (delays.size() > kNamed ? ", and more." : ".");
}

}  // namespace

std::string delayer_task(const DelayedBy& delay) {
  return delay.task.empty() || delay.task == delay.name ? "" : ", " + delay.task;
}

std::string delayer_text(const DelayedBy& delay) {
  return delay.name + " (" + std::to_string(delay.pid) + ")" + delayer_task(delay);
}

std::optional<std::string> rhythm_text(const TaskRhythm& rhythm) {
  if (!rhythm.period_seconds) return std::nullopt;
  std::string text = "every " + spoken(*rhythm.period_seconds);
  if (rhythm.cpu_seconds_per_run) text += ", " + spoken(*rhythm.cpu_seconds_per_run) + " of CPU";
  if (rhythm.calls_per_run.value_or(0) >= 0.5)
    text += ", " + format_count(*rhythm.calls_per_run) + " calls";
  if (rhythm.overlaps.value_or(0) > 0) text += ", overlaps with " + others(*rhythm.overlaps);
  return text;
}

std::string class_text(Class value, double confidence, const std::string& because) {
  std::string text(class_name(value));
  if (because.empty()) return text;
  char percent[32];
  std::snprintf(percent, sizeof percent, " (%.0f %%): ", 100 * confidence);
  return text + percent + because;
}

void write_tasks(Page& page, const std::vector<const TaskRow*>& tasks, double seconds) {
  constexpr PageColumn kColumns[] = {{"CPU%", 6},  {"±", 5},    {"RUNQ%", 6},
                                     {"CLASS", 5}, {"KIND", 9}, {"TASK", 0}};
  std::vector<PageRow> rows;
  for (const TaskRow* task : tasks) {
    const Line line{.task = task};
    const auto text = [&](std::string_view id) {
      const Column* column = find_column(View::kTasks, id);
      return column ? column->text(line, seconds) : "-";
    };
    const auto rhythm = rhythm_text(task->rhythm);
    rows.push_back({text("cpu_cores"), text("cpu_share_error"), text("run_queue_seconds"),
                    text("class"), text("kind"), text("name") + (rhythm ? ", " + *rhythm : "")});
  }
  page.table(kColumns, rows);
}

std::vector<std::string> task_sentences(const TaskRow& task, double seconds) {
  std::vector<std::string> sentences = {who_text(task)};
  if (task.source)
    sentences.push_back("It runs " + task.source->function + " in " + task.source->file + ".");
  const ClassVerdict& verdict = task.verdict;
  sentences.push_back("Class: " + class_text(verdict.value, verdict.confidence, verdict.because) +
                      ".");
  sentences.push_back(time_text(task, seconds));
  if (!task.delays.empty()) sentences.push_back(delays_text(task.delays, seconds));
  if (const auto rhythm = rhythm_text(task.rhythm)) {
    std::string text = "It runs " + *rhythm;
    if (task.rhythm.period_jitter_seconds)
      text += "; the period varies by " + spoken(*task.rhythm.period_jitter_seconds);
    sentences.push_back(text + ".");
  }
  if (task.calls && task.calls->count > 0)
    sentences.push_back("It made " + std::to_string(task.calls->count) + " calls (" +
                        per_second(task.calls->count, seconds) + ") that took " +
                        format_latency(task.calls->seconds) + " in all.");
  return sentences;
}

}  // namespace culprit
