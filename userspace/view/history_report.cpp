// SPDX-License-Identifier: Apache-2.0
#include "view/history_report.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "store/history_words.h"
#include "util/utf8.h"
#include "util/when.h"
#include "view/format.h"
#include "view/glyph.h"
#include "view/plot.h"
#include "view/text_line.h"

namespace culprit {
namespace {

constexpr std::size_t kMostLines = 30;  // of the table over time
constexpr std::size_t kMostFindings = 20, kMostGaps = 10, kMostActions = 20;
constexpr std::size_t kTextBytes = 200;
constexpr std::size_t kMostRows = 10;  // of each kind

/// Names come from the host and from files: nothing in them may move a cursor.
std::string plain(std::string_view text) {
  std::string out;
  while (const auto glyph = next_glyph(text)) append_utf8(out, glyph->character);
  return shortened(out, kTextBytes);
}

std::string percent(std::optional<double> ratio) {
  return ratio ? format_percent(*ratio * 100) : "-";
}

std::string bytes(std::optional<double> amount) {
  return amount ? format_bytes(*amount) : "-";
}

std::string rate(std::optional<double> amount, double seconds) {
  return amount && seconds > 0 ? format_count(*amount / seconds) : "-";
}

std::string clock_text(std::int64_t ns, bool days) {
  return local_time(ns).substr(days ? 5 : 11, days ? 11 : 8);
}

std::string host_name(const std::string& document) {
  const auto host = nlohmann::json::parse(document, nullptr, false);
  if (!host.is_object()) return "this host";
  const auto name = host.find("hostname");
  return name != host.end() && name->is_string() ? plain(name->get<std::string>()) : "this host";
}

/// One number of the host over time.
struct Course {
  const char* title;
  std::optional<double> (*get)(const HistoryTick&);
  std::optional<double> full;  ///< what a full column stands for; absent: the highest there is
  std::string (*text)(double);
};

std::string percent_text(double ratio) {
  return format_percent(ratio * 100) + " %";
}
std::string score_text(double score) {
  return format_count(std::round(score));
}

const Course kCourses[] = {
    {"CPU", cpu_ratio, 1.0, percent_text},       {"Wait", wait_ratio, {}, percent_text},
    {"Memory", memory_ratio, 1.0, percent_text}, {"Disk", disk_ratio, 1.0, percent_text},
    {"Score", host_score, 100.0, score_text},
};

void write_course(std::string& out, const HistoryRange& range, const Course& course, bool utf8) {
  std::vector<std::optional<double>> values;
  double sum = 0, seconds = 0, most = 0;
  std::int64_t most_at = 0;
  for (const HistoryStep& step : range.steps) {
    values.push_back(step.tick ? course.get(*step.tick) : std::nullopt);
    if (!values.back()) continue;
    sum += *values.back() * step.tick->seconds;
    seconds += step.tick->seconds;
    if (most_at == 0 || *values.back() > most) {
      most = *values.back();
      most_at = step.span.since_ns;
    }
  }
  if (seconds <= 0) return;
  const double full = course.full ? *course.full : most;
  std::string drawn;
  if (utf8)
    for (const auto& value : values)
      drawn += value ? level_glyph(full > 0 ? *value / full : 0) : "·";
  const bool days = range.span.until_ns - range.span.since_ns > 86'400'000'000'000;
  line(out, "%-7s %s  mean %s, most %s at %s", course.title, drawn.c_str(),
       course.text(sum / seconds).c_str(), course.text(most).c_str(),
       clock_text(most_at, days).c_str());
}

std::string found_in(const HistoryRange& range, const TimeSpan& span) {
  std::string found;
  for (const HistoryFinding& finding : range.findings) {
    if (finding.since_ns < span.since_ns || finding.since_ns >= span.until_ns) continue;
    if (finding.severity == Severity::kInfo) continue;
    found += (found.empty() ? "" : ", ") + finding.id;
  }
  return found;
}

void write_steps(std::string& out, const HistoryRange& range) {
  const bool days = range.span.until_ns - range.span.since_ns > 86'400'000'000'000;
  line(out, "\n%-*s  CPU%% WAIT%%  MEM%% DISK%%  RX/s  TX/s SCORE  %-36s FOUND", days ? 11 : 8,
       "TIME", "LED BY");
  const std::size_t skipped = range.steps.size() > kMostLines ? range.steps.size() - kMostLines : 0;
  bool in_gap = false;
  for (std::size_t place = skipped; place < range.steps.size(); place++) {
    const HistoryStep& step = range.steps[place];
    const std::string time = clock_text(step.span.since_ns, days);
    if (!step.tick) {
      if (!in_gap) line(out, "%s  -- nothing was kept --", time.c_str());
      in_gap = true;
      continue;
    }
    in_gap = false;
    const HistoryTick& tick = *step.tick;
    const auto score = host_score(tick);
    line(out, "%s %5s %5s %5s %5s %5s %5s %5s  %-36.36s %.100s", time.c_str(),
         percent(cpu_ratio(tick)).c_str(), percent(wait_ratio(tick)).c_str(),
         percent(memory_ratio(tick)).c_str(), percent(disk_ratio(tick)).c_str(),
         bytes(host_rate(tick, "network.receive_bytes")).c_str(),
         bytes(host_rate(tick, "network.transmit_bytes")).c_str(),
         score ? score_text(*score).c_str() : "-", plain(leader_text(tick)).c_str(),
         plain(found_in(range, step.span)).c_str());
  }
  if (skipped > 0)
    line(out, "(the last %zu of %zu steps; --format json has all)", kMostLines, range.steps.size());
}

void write_findings(std::string& out, const std::vector<HistoryFinding>& findings) {
  if (findings.empty()) return;
  out += "\nFound\n";
  std::vector<const HistoryFinding*> worst;
  for (const HistoryFinding& finding : findings) worst.push_back(&finding);
  std::stable_sort(worst.begin(), worst.end(), [](const auto* a, const auto* b) {
    if (a->severity != b->severity) return a->severity > b->severity;
    return a->until_ns - a->since_ns > b->until_ns - b->since_ns;
  });
  for (std::size_t place = 0; place < worst.size() && place < kMostFindings; place++) {
    const HistoryFinding& finding = *worst[place];
    line(out, "  %-9s %s to %s (%s)  %.60s", std::string(severity_name(finding.severity)).c_str(),
         local_time(finding.since_ns).c_str(), clock_text(finding.until_ns, false).c_str(),
         format_duration(static_cast<double>(finding.until_ns - finding.since_ns) / 1e9).c_str(),
         plain(finding.id).c_str());
    line(out, "            %.300s", plain(finding.summary).c_str());
  }
  if (worst.size() > kMostFindings)
    line(out, "  and %zu more (--format json)", worst.size() - kMostFindings);
}

void write_gaps(std::string& out, const HistoryRange& range) {
  if (range.gaps.empty()) return;
  out += "\nGaps\n";
  for (std::size_t place = 0; place < range.gaps.size() && place < kMostGaps; place++) {
    const HistoryGap& gap = range.gaps[place];
    line(out, "  %s to %s (%s)  %.200s%s", local_time(gap.since_ns).c_str(),
         local_time(gap.until_ns).c_str(),
         format_duration(static_cast<double>(gap.until_ns - gap.since_ns) / 1e9).c_str(),
         plain(gap.cause).c_str(),
         gap.ticks > 0 ? (", " + std::to_string(gap.ticks) + " intervals lost").c_str() : "");
  }
  if (range.gaps.size() > kMostGaps)
    line(out, "  and %zu more (--format json)", range.gaps.size() - kMostGaps);
}

void write_actions(std::string& out, const std::vector<HistoryAction>& actions) {
  if (actions.empty()) return;
  out += "\nActions\n";
  for (std::size_t place = 0; place < actions.size() && place < kMostActions; place++) {
    const HistoryAction& action = actions[place];
    line(out, "  %s  %.60s on %.100s: %.60s", local_time(action.time_ns).c_str(),
         plain(action.id).c_str(), plain(action.target).c_str(),
         action.verdict.empty() ? "no verdict yet" : plain(action.verdict).c_str());
  }
}

/// Rows of a kind by one of its numbers, most first.
std::vector<const HistoryRow*> ranked(const HistoryTick& tick, HistoryKind kind,
                                      std::string_view by) {
  std::vector<const HistoryRow*> rows;
  for (const HistoryRow& row : tick.table(kind).rows) rows.push_back(&row);
  const auto place = history_metric(kind, by);
  const auto value = [&](const HistoryRow* row) {
    return place ? row->values[*place].value_or(0) : 0;
  };
  std::stable_sort(rows.begin(), rows.end(),
                   [&](const auto* a, const auto* b) { return value(a) > value(b); });
  if (rows.size() > kMostRows) rows.resize(kMostRows);
  return rows;
}

void write_processes(std::string& out, const HistoryTick& tick) {
  constexpr auto kKind = HistoryKind::kProcess;
  out += "\n    PID  CPU% RUNQ% DISK%   RES  RD/s  WR/s CALL/s PROCESS\n";
  const auto of = [&](const HistoryRow& row, std::string_view id) {
    return history_value(row, kKind, id);
  };
  const auto per_second = [&](const std::optional<double>& amount) {
    return amount && tick.seconds > 0 ? std::optional(*amount / tick.seconds) : std::nullopt;
  };
  const auto write = [&](const HistoryRow& row, const std::string& pid, const std::string& name) {
    line(out, "%7s %5s %5s %5s %5s %5s %5s %6s %.300s", pid.c_str(),
         percent(per_second(of(row, "cpu_seconds"))).c_str(),
         percent(per_second(of(row, "run_queue_seconds"))).c_str(),
         percent(per_second(of(row, "blocked_seconds.disk"))).c_str(),
         bytes(of(row, "memory.rss_bytes")).c_str(),
         bytes(per_second(of(row, "disk.read_bytes"))).c_str(),
         bytes(per_second(of(row, "disk.write_bytes"))).c_str(),
         rate(of(row, "calls.count"), tick.seconds).c_str(), name.c_str());
  };
  for (const HistoryRow* row : ranked(tick, kKind, "cpu_seconds")) {
    const double count = history_value(*row, kKind, "processes").value_or(1);
    std::string name = plain(history_title(*row->name));
    if (count > 1.05) name = format_count(count) + " × " + name;
    write(*row, std::to_string(row->pid), name);
  }
  if (const auto& rest = tick.table(kKind).rest)
    write(*rest, "", "(the rest that was kept as one)");
}

void write_timed(std::string& out, const HistoryTick& tick, HistoryKind kind, const char* title,
                 std::string_view count, std::string_view seconds, std::string_view errors) {
  if (tick.table(kind).rows.empty()) return;
  line(out, "\n  TIME%%     /s  ERR/s    P50    P95    P99  %s", title);
  for (const HistoryRow* row : ranked(tick, kind, seconds)) {
    const auto latency = [&](double Latency::*member) {
      return row->latency ? format_latency((*row->latency).*member) : "-";
    };
    const auto time = history_value(*row, kind, seconds);
    line(out, "%7s %6s %6s %6s %6s %6s  %.300s",
         percent(time ? std::optional(*time / tick.seconds) : std::nullopt).c_str(),
         rate(history_value(*row, kind, count), tick.seconds).c_str(),
         rate(history_value(*row, kind, errors), tick.seconds).c_str(),
         latency(&Latency::p50_seconds).c_str(), latency(&Latency::p95_seconds).c_str(),
         latency(&Latency::p99_seconds).c_str(), plain(history_title(*row->name)).c_str());
  }
}

void write_tasks(std::string& out, const HistoryTick& tick) {
  constexpr auto kKind = HistoryKind::kTask;
  if (tick.table(kKind).rows.empty()) return;
  out += "\n   CPU% RUNQ%  RUNS CALL/s TASK\n";
  for (const HistoryRow* row : ranked(tick, kKind, "cpu_seconds")) {
    const auto share = [&](std::string_view id) {
      const auto amount = history_value(*row, kKind, id);
      return percent(amount ? std::optional(*amount / tick.seconds) : std::nullopt);
    };
    const auto runs = history_value(*row, kKind, "runs");
    line(out, "%7s %5s %5s %6s %.300s", share("cpu_seconds").c_str(),
         share("run_queue_seconds").c_str(), runs ? format_count(*runs).c_str() : "-",
         rate(history_value(*row, kKind, "calls.count"), tick.seconds).c_str(),
         plain(history_title(*row->name)).c_str());
  }
}

void write_tables(std::string& out, const HistoryTick& tick) {
  if (tick.seconds <= 0) return;
  write_processes(out, tick);
  write_tasks(out, tick);
  write_timed(out, tick, HistoryKind::kQuery, "QUERY", "calls", "seconds", "errors");
  write_timed(out, tick, HistoryKind::kEndpoint, "ENDPOINT", "requests", "seconds", "errors");
}

}  // namespace

std::string history_report(const HistoryRange& range, bool utf8) {
  std::string out;
  line(out, "%s, %s to %s (%s), in steps of %s", host_name(range.host).c_str(),
       local_time(range.span.since_ns).c_str(), local_time(range.span.until_ns).c_str(),
       local_zone(range.span.since_ns).c_str(),
       format_duration(static_cast<double>(range.step_ns) / 1e9).c_str());
  out += '\n';
  for (const Course& course : kCourses) write_course(out, range, course, utf8);
  write_steps(out, range);
  write_findings(out, range.findings);
  write_actions(out, range.actions);
  write_gaps(out, range);
  if (range.whole) {
    out += "\nIn all of that time\n";
    write_tables(out, *range.whole);
  }
  return out;
}

std::string moment_report(const HistoryMoment& moment) {
  std::string out;
  const HistoryTick& tick = *moment.tick;
  line(out, "%s, %s (%s): kept as one of %s, %s to %s", host_name(moment.host).c_str(),
       local_time(moment.time_ns).c_str(), local_zone(moment.time_ns).c_str(),
       format_duration(tick.seconds).c_str(), clock_text(tick.start_ns, false).c_str(),
       clock_text(tick.end_ns, false).c_str());
  const auto score = host_score(tick);
  line(out, "CPU %s %%, waiting for one %s %%, memory %s %%, busiest disk %s %%, score %s",
       percent(cpu_ratio(tick)).c_str(), percent(wait_ratio(tick)).c_str(),
       percent(memory_ratio(tick)).c_str(), percent(disk_ratio(tick)).c_str(),
       score ? score_text(*score).c_str() : "-");
  if (moment.findings.empty()) out += "Nothing was found then.\n";
  write_findings(out, moment.findings);
  write_actions(out, moment.actions);
  write_tables(out, tick);
  return out;
}

}  // namespace culprit
