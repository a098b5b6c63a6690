// SPDX-License-Identifier: Apache-2.0
#include "view/why_report.h"

#include <algorithm>
#include <cstdio>

#include "util/rfc3339.h"
#include "view/call_words.h"
#include "view/column.h"
#include "view/format.h"
#include "view/stack_words.h"
#include "view/task_words.h"

namespace culprit {
namespace {

constexpr int kMostRows = 200;
constexpr std::size_t kListed = 10;
constexpr double kSeenShare = 0.001;  // of the interval: less is not told in a sentence

struct Report {
  Page& page;
  const Snapshot& now;
  const Subject& subject;
  const Usage& usage;
  SubjectCalls calls;
};

void say(Page& page, const std::string& sentence) {
  page.wrapped(sentence, kPlain, kMostRows);
}

void section(Page& page, std::string_view title) {
  page.skip_row();
  page.rule(title);
}

template <typename T>
std::vector<T> first_of(std::vector<T> rows) {
  if (rows.size() > kListed) rows.resize(kListed);
  return rows;
}

std::string bytes_text(std::uint64_t bytes) {
  return format_bytes(static_cast<double>(bytes));
}

void write_interval(const Report& report) {
  char seconds[32];
  std::snprintf(seconds, sizeof seconds, " (%.1f s)", report.now.seconds);
  report.page.text(
      rfc3339(report.now.start_wall_ns) + " to " + rfc3339(report.now.end_wall_ns) + seconds, kDim);
}

void write_who(Report& report) {
  const Subject& subject = report.subject;
  if (const UnitRow* unit = subject.unit) {
    say(report.page, unit->name + ", " + std::to_string(unit->process_count) +
                         (unit->process_count == 1 ? " process, " : " processes, ") + unit->path);
  } else {
    const ProcessRow& process = *subject.processes.front();
    std::string text = process.name + " (" + std::to_string(process.id.pid) + ")";
    if (process.unit) text += ", unit " + *process.unit;
    if (process.user) text += ", user " + *process.user;
    say(report.page,
        text + ", " +
            class_text(process.process_class, process.class_confidence, process.class_because));
    say(report.page, describe_command(process));
  }
  if (!subject.note.empty()) say(report.page, subject.note);
  write_interval(report);
}

std::string of_interval(double part, double seconds) {
  return format_latency(part) + " (" + share_text(part, seconds) + ")";
}

void write_times(Report& report) {
  Page& page = report.page;
  const Usage& usage = report.usage;
  const double seconds = report.now.seconds;
  section(page, "Where its time went (100 % is one thread all the time)");
  say(page, "On a CPU " + of_interval(usage.cpu_seconds, seconds) +
                (usage.user_seconds && usage.system_seconds
                     ? ": " + format_latency(*usage.user_seconds) + " in its own code, " +
                           format_latency(*usage.system_seconds) + " in the kernel."
                     : "."));
  if (usage.run_queue_seconds)
    say(page, "Ready to run while no CPU was free " +
                  of_interval(*usage.run_queue_seconds, seconds) + ".");
  else
    say(page, "How long it waited for a CPU, and for whom, is not known without BPF.");
  const auto blocked = [&](const char* what, std::optional<double> part) {
    if (part && *part >= seconds * kSeenShare)
      say(page, "Blocked " + of_interval(*part, seconds) + " " + what + ".");
  };
  if (usage.blocked_seconds) {
    const Blocked& by = *usage.blocked_seconds;
    blocked("by disks", by[BLOCKED_DISK]);
    blocked("by locks that others held",
            usage.contended_seconds ? usage.contended_seconds : by[BLOCKED_LOCK]);
    blocked("waiting for the network: for work or for answers", by[BLOCKED_NETWORK]);
    blocked("for other reasons", by[BLOCKED_OTHER]);
  }
  blocked("freeing memory before it could have any", usage.reclaim_seconds);
}

void write_delays(Report& report) {
  const auto delays = delays_of(report.subject.processes);
  if (delays.empty()) return;
  constexpr PageColumn kColumns[] = {{"WAITED", 7}, {"SHARE", 6}, {"BEHIND", 0}};
  const double waited = report.usage.run_queue_seconds.value_or(0);
  std::vector<PageRow> rows;
  for (const DelayedBy& delay : delays)
    rows.push_back(
        {format_latency(delay.seconds), share_text(delay.seconds, waited), delayer_text(delay)});
  report.page.table(kColumns, first_of(std::move(rows)));
}

void write_memory(Report& report) {
  Page& page = report.page;
  section(page, "Memory");
  if (const UnitRow* unit = report.subject.unit) {
    if (!unit->memory_bytes) return say(page, "Not known.");
    return say(page, "It holds " + bytes_text(*unit->memory_bytes) +
                         (unit->memory_limit_bytes
                              ? " of the " + bytes_text(*unit->memory_limit_bytes) + " it may have."
                              : ", without a limit."));
  }
  const auto& memory = report.subject.processes.front()->memory;
  if (!memory) return say(page, "Not known.");
  std::string text = "It holds " + bytes_text(memory->rss_bytes) + " of RAM";
  if (memory->rss_change_bytes != 0)
    text += ", " + format_signed_bytes(static_cast<double>(memory->rss_change_bytes)) +
            " in this interval";
  if (memory->growth_bytes_per_hour)
    text += "; over the last minutes " + format_signed_bytes(*memory->growth_bytes_per_hour) +
            " an hour";
  if (memory->swap_bytes.value_or(0) > 0)
    text += "; " + bytes_text(*memory->swap_bytes) + " of it is swapped out";
  say(page, text + ".");
}

// What there is to say about the query that took most of the time.
void explain_query(Report& report, const QueryShare& share, double all) {
  Page& page = report.page;
  const QueryRow& query = *share.query;
  say(page, share_text(share.seconds, all) + " of that time went to one query of " +
                std::string(protocol_name(query.protocol)) + " at " + query.address + ":");
  page.wrapped(describe_query(query), kPlain, 8, 4);
  for (const auto& sentence : {backend_sentence(query.server), pickup_sentence(query.parts)})
    if (sentence) say(page, "Of its calls: " + *sentence + ".");
}

void write_query_section(Report& report) {
  Page& page = report.page;
  const SubjectCalls& calls = report.calls;
  section(page, "Calls to databases and caches");
  if (!calls.made && calls.queries.empty()) {
    const auto unseen = why_calls_unseen(report.now.collector);
    return say(page, unseen ? *unseen : "None in this interval.");
  }
  CallTotals made;
  if (calls.made) {
    made = *calls.made;
  } else {
    for (const QueryShare& share : calls.queries) {
      made.count += share.calls;
      made.seconds += share.seconds;
    }
  }
  say(page, "It made " + std::to_string(made.count) + " calls (" +
                per_second(made.count, report.now.seconds) + ") that took " +
                format_latency(made.seconds) + " in all" +
                (made.errors ? "; " + std::to_string(made.errors) + " failed." : "."));
  if (calls.queries.empty()) return;
  explain_query(report, calls.queries.front(), made.seconds);
  write_queries(page, first_of(calls.queries), report.now.seconds);
}

void write_endpoint_section(Report& report) {
  const SubjectCalls& calls = report.calls;
  if (!calls.answered && calls.endpoints.empty()) return;
  Page& page = report.page;
  section(page, "Requests that it answers");
  if (const auto& answered = calls.answered) {
    std::string text = "It answered " + std::to_string(answered->count) + " requests (" +
                       per_second(answered->count, report.now.seconds) + ")";
    if (answered->latency)
      text += ", half of them within " + format_latency(answered->latency->p50_seconds) +
              ", 95 % within " + format_latency(answered->latency->p95_seconds);
    if (answered->errors) text += "; " + std::to_string(answered->errors) + " with an error";
    say(page, text + ".");
  }
  if (!calls.endpoints.empty())
    write_endpoints(page, first_of(calls.endpoints), report.now.seconds);
}

void write_pool_section(Report& report) {
  const SubjectCalls& calls = report.calls;
  if (!calls.pools.empty()) {
    section(report.page, "Connections to databases");
    write_pools(report.page, first_of(calls.pools), report.now.seconds);
  }
  if (calls.databases.empty()) return;
  section(report.page, "What it serves");
  for (const DatabaseRow* row : calls.databases)
    say(report.page,
        std::string(protocol_name(row->protocol)) + " at " + row->address + ": " +
            per_second(row->operations, report.now.seconds) + " operations" +
            (row->latency ? ", p95 " + format_latency(row->latency->p95_seconds) : "") +
            (row->errors ? ", " + std::to_string(row->errors) + " failed" : "") + ".");
}

void write_task_section(Report& report) {
  auto tasks = tasks_of(report.now, report.subject.processes);
  const bool is_process = tasks.size() == 1 && tasks.front()->kind == TaskRowKind::kProcess;
  if (tasks.empty() || is_process) return;
  section(report.page, "Its tasks, busiest first");
  write_tasks(report.page, first_of(std::move(tasks)), report.now.seconds);
}

void write_stack_section(Report& report) {
  if (!report.now.stacks || report.subject.unit || report.subject.processes.empty()) return;
  section(report.page, "Its hottest stacks on a CPU");
  const auto stacks =
      hottest_stacks(report.now, report.subject.processes.front()->id, false, kListed);
  if (stacks.empty()) return say(report.page, "It was never found on a CPU.");
  write_hot_stacks(report.page, stacks, report.now.seconds);
}

/// A task, and what may explain it: its queries, and what else its process does.
void write_task_report(Report& report) {
  Page& page = report.page;
  for (const std::string& sentence : task_sentences(*report.subject.task, report.now.seconds))
    say(page, sentence);
  if (!report.subject.note.empty()) say(page, report.subject.note);
  write_interval(report);
  if (const auto queries = queries_of(report.now, *report.subject.task); !queries.empty()) {
    section(page, "Calls to databases and caches");
    write_queries(page, first_of(queries), report.now.seconds);
  }
  if (report.subject.processes.empty()) return;
  const auto delays = delays_of(report.subject.processes);
  if (!delays.empty()) {
    section(page, "Whom its process waited behind");
    write_delays(report);
  }
  write_task_section(report);
}

void write_processes(Report& report) {
  if (!report.subject.unit) return;
  constexpr PageColumn kColumns[] = {{"PID", 7}, {"CPU%", 6},    {"RUNQ%", 6},
                                     {"RES", 6}, {"CALLS/s", 7}, {"COMMAND", 0}};
  section(report.page, "Its processes, busiest first");
  std::vector<PageRow> rows;
  for (const ProcessRow* row : report.subject.processes) {
    const Line line{.process = row};
    const auto text = [&](std::string_view id) {
      const Column* column = find_column(View::kProcesses, id);
      return column ? column->text(line, report.now.seconds) : "-";
    };
    rows.push_back({text("pid"), text("cpu_cores"), text("run_queue_seconds"),
                    text("memory.rss_bytes"),
                    row->calls ? format_count(static_cast<double>(row->calls->count) /
                                              std::max(report.now.seconds, 1e-9))
                               : "-",
                    text("command")});
  }
  report.page.table(kColumns, first_of(std::move(rows)));
}

}  // namespace

std::string why_report(const Snapshot& snapshot, const Subject& subject, int width, bool utf8) {
  Canvas canvas(width, kMostRows);
  Page page(canvas, {0, 0, width, kMostRows});
  static const Usage nothing;  // of a task whose process did not run
  const Usage& usage = subject.unit                ? subject.unit->usage
                       : subject.processes.empty() ? nothing
                                                   : subject.processes.front()->usage;
  Report report{page, snapshot, subject, usage, calls_of(snapshot, subject.processes)};
  if (subject.task) {
    write_task_report(report);
  } else {
    write_who(report);
    write_times(report);
    write_delays(report);
    write_memory(report);
    write_processes(report);
    write_task_section(report);
    write_stack_section(report);
    write_query_section(report);
    write_endpoint_section(report);
    write_pool_section(report);
  }
  std::string text = canvas.text(utf8);
  while (text.ends_with("\n\n")) text.pop_back();
  return text;
}

}  // namespace culprit
