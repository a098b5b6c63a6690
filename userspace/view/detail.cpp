// SPDX-License-Identifier: Apache-2.0
#include "view/detail.h"

#include <algorithm>
#include <span>

#include "view/call_words.h"
#include "view/detail_calls.h"
#include "view/detail_findings.h"
#include "view/format.h"
#include "view/lines.h"
#include "view/page.h"
#include "view/plot.h"
#include "view/stack_words.h"
#include "view/task_words.h"

namespace culprit {
namespace {

int draw_identity(Canvas& canvas, const ProcessRow& process, int row) {
  const std::string pid = std::to_string(process.id.pid);
  canvas.fill(row, 0, canvas.width(), kReverse);
  canvas.put(row, 1, pid, {.bold = true, .reverse = true});
  canvas.put_cut(row, 2 + cell_count(pid), describe_command(process), {.reverse = true},
                 canvas.width() - 3 - cell_count(pid));
  Pen who(canvas, row + 1, 1, canvas.width());
  who.item("name", process.name).item("user", process.user.value_or("-"));
  who.item("unit", process.unit.value_or("-"), {.colour = Colour::kCyan});
  if (process.container) who.item("container", *process.container);
  who.item("class", class_name(process.process_class));
  if (!process.class_because.empty()) who.item("for", process.class_because);
  who.item("parent", std::to_string(process.parent_pid));
  who.item("nice", std::to_string(process.nice));
  Pen more(canvas, row + 2, 1, canvas.width());
  more.item("CPU time", format_cpu_time(process.cpu_seconds_total));
  more.item("threads", std::to_string(process.thread_count));
  if (process.open_files)
    more.item("files", std::to_string(*process.open_files) +
                           (process.open_files_soft_limit
                                ? " of " + std::to_string(*process.open_files_soft_limit)
                                : ""));
  if (process.executable) more.item("exe", *process.executable);
  if (process.cgroup) more.item("cgroup", *process.cgroup);
  return row + 3;
}

struct Range {
  float least = 0, most = 0;
};

Range range_of(const std::vector<float>& values) {
  if (values.empty()) return {};
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  return {*least, *most};
}

void draw_percents(Canvas& canvas, Area area, std::string title, const std::vector<float>& values,
                   Style style) {
  const float peak = range_of(values).most;
  title += values.empty()
               ? " -"
               : " " + format_percent(values.back()) + "%, at most " + format_percent(peak) + "%";
  draw_rule(canvas, area.row, area.column, area.width, title);
  draw_plot(canvas, {area.row + 1, area.column, area.width, area.height - 1}, values,
            {0, std::max(peak, 10.0f)}, style);
}

// Not from 0 up: what matters is whether it grows, and a twentieth of a percent is noise.
void draw_memory(Canvas& canvas, Area area, const ProcessRow& process,
                 const std::vector<float>& values) {
  const Range range = range_of(values);
  std::string title = "Memory -";
  if (!values.empty())
    title = "Memory " + format_bytes(values.back()) + ", from " + format_bytes(range.least) +
            " to " + format_bytes(range.most);
  if (process.memory && process.memory->growth_bytes_per_hour)
    title += ", " + format_signed_bytes(*process.memory->growth_bytes_per_hour) + "/h";
  draw_rule(canvas, area.row, area.column, area.width, title);
  const double span = std::max<double>(range.most - range.least, range.most * 0.01);
  draw_plot(canvas, {area.row + 1, area.column, area.width, area.height - 1}, values,
            {range.least - span * 0.25, range.least + span}, {.colour = Colour::kBlue});
}

void draw_plots(Canvas& canvas, const TopState& state, const ProcessRow& process, Area area) {
  static const History::Series nothing;
  const History::Series* found = state.history.find(process.id);
  const History::Series& series = found ? *found : nothing;
  const int each = area.height / 3, first = area.height - 2 * each;
  draw_percents(canvas, {area.row, area.column, area.width, first}, "CPU", series.cpu_percent,
                {.colour = Colour::kGreen});
  draw_percents(canvas, {area.row + first, area.column, area.width, each}, "Waited for a CPU",
                series.run_queue_percent, {.colour = Colour::kYellow});
  draw_memory(canvas, {area.row + first + each, area.column, area.width, each}, process,
              series.rss_bytes);
}

struct Share {
  std::string_view label;
  std::optional<double> seconds;
  Style style;
};

int draw_times(Canvas& canvas, const ProcessRow& process, double seconds, Area area) {
  const Usage& usage = process.usage;
  const auto blocked = [&](blocked_reason reason) -> std::optional<double> {
    if (!usage.blocked_seconds) return std::nullopt;
    return (*usage.blocked_seconds)[reason];
  };
  // Idle workers of a pool wait on a lock as well: only what somebody held is a wait.
  const auto lock = blocked(BLOCKED_LOCK);
  const auto contended = usage.contended_seconds ? usage.contended_seconds : lock;
  auto asleep = blocked(BLOCKED_SLEEP);
  if (asleep) *asleep += std::max(0.0, *lock - *contended);
  const Share shares[] = {
      {"on a CPU", usage.cpu_seconds, {.colour = Colour::kGreen}},
      {"waited for a CPU", usage.run_queue_seconds, {.colour = Colour::kYellow}},
      {"blocked: disk", blocked(BLOCKED_DISK), {.colour = Colour::kRed}},
      {"blocked: lock", contended, {.colour = Colour::kRed}},
      {"blocked: network", blocked(BLOCKED_NETWORK), {.colour = Colour::kBlue}},
      {"asleep or idle", asleep, {.colour = Colour::kBlue}},
      {"blocked: other", blocked(BLOCKED_OTHER), {.colour = Colour::kBlue}},
  };
  double all = 0;
  for (const Share& share : shares) all += share.seconds.value_or(0);
  draw_rule(canvas, area.row, area.column, area.width, "Where its threads' time went");
  int row = area.row + 1;
  const int end = area.row + area.height;
  for (const Share& share : shares) {
    if (row >= end) return row;
    canvas.put(row, area.column, share.label);
    const std::string text =
        share.seconds && seconds > 0 ? format_percent(100 * *share.seconds / seconds) + "%" : "-";
    canvas.put_right(row, area.column + 25, text, {}, 7);
    if (share.seconds && all > 0)
      draw_bar(canvas, row, area.column + 26, area.width - 26, *share.seconds / all, share.style);
    ++row;
  }
  return row;
}

void draw_delays(Canvas& canvas, const ProcessRow& process, double seconds, Area area) {
  if (area.height < 2) return;
  draw_rule(canvas, area.row, area.column, area.width, "Delayed by");
  if (process.delayed_by.empty()) {
    canvas.put(area.row + 1, area.column,
               process.usage.run_queue_seconds ? "nobody" : "- (needs BPF)", kDim);
    return;
  }
  for (std::size_t i = 0; i < process.delayed_by.size(); ++i) {
    const int row = area.row + 1 + static_cast<int>(i);
    if (row >= area.row + area.height) return;
    const DelayedBy& delay = process.delayed_by[i];
    const std::string share =
        seconds > 0 ? format_percent(100 * delay.seconds / seconds) + "%" : "-";
    canvas.put_right(row, area.column + 7, std::to_string(delay.pid), {}, 7);
    canvas.put_cut(row, area.column + 8, delay.name + delayer_task(delay), {}, area.width - 17);
    canvas.put_right(row, area.column + area.width, share, {.colour = Colour::kYellow}, 8);
  }
}

// Where no stacks were taken, with how to have them.
std::string threads_title(const TopState& state) {
  std::string title = "Threads that did anything";
  if (!state.snapshot->stacks)
    title +=
        std::string("; hottest stacks: culprit ") + (state.replay ? "record" : "top") + " --stacks";
  return title;
}

void draw_threads(Canvas& canvas, const TopState& state, const ProcessRow& process, Area area) {
  if (area.height < 3) return;
  const double seconds = state.snapshot->seconds;
  draw_rule(canvas, area.row, area.column, area.width, threads_title(state));
  for (std::size_t i = 0; i < process.threads.size(); ++i) {
    const int row = area.row + 1 + static_cast<int>(i);
    if (row >= area.row + area.height) return;
    const ThreadRow& thread = process.threads[i];
    const Line line{.process = &process, .thread = &thread};
    canvas.put_right(row, area.column + 7, std::to_string(thread.tid), {}, 7);
    canvas.put_cut(row, area.column + 8, thread.name, {}, 15);
    Pen pen(canvas, row, area.column + 24, area.column + area.width);
    for (const std::string_view id : {"cpu_cores", "run_queue_seconds", "stalled_seconds"})
      if (const Column* column = find_column(View::kThreads, id)) {
        const std::string text = column->text(line, seconds);
        const int pad = std::max(column->width - cell_count(text), 0);
        pen.text(column->title, kDim).text(std::string(static_cast<std::size_t>(pad), ' '));
        pen.text(text).text("  ");
      }
    pen.text(thread.condition == THREAD_RUNNING  ? "running"
             : thread.condition == THREAD_QUEUED ? "waits for a CPU"
                                                 : "blocked");
    if (thread.condition == THREAD_BLOCKED && thread.reason)
      pen.text(" on ").text(reason_name(*thread.reason));
  }
}

// What it asked of others and what others asked of it, in one line.
void draw_call_totals(Canvas& canvas, const SubjectCalls& calls, double seconds, int row) {
  Pen pen(canvas, row, 1, canvas.width());
  if (const auto& made = calls.made) {
    pen.item("calls", per_second(made->count, seconds))
        .item("each", per_call(made->seconds, made->count));
    if (made->errors) pen.item("failed", per_second(made->errors, seconds), level(1, 0, 1));
  }
  if (const auto& answered = calls.answered) {
    pen.item("answered", per_second(answered->count, seconds));
    if (answered->latency) pen.item("p95", format_latency(answered->latency->p95_seconds));
    if (answered->errors)
      pen.item("with errors", per_second(answered->errors, seconds), level(1, 0, 1));
  }
}

// Sections share the rows; what one does not need goes to the next. Returns the row below.
int draw_sections(Canvas& canvas, const SubjectCalls& calls,
                  const std::vector<const TaskRow*>& tasks, const std::vector<HotStack>& stacks,
                  double seconds, Area area) {
  constexpr int kLeast = 4;  // title, heads, the first row, and that there are more
  const int hot = stacks.empty() ? 0 : kLeast;
  const int queries = calls.queries.empty() ? 0 : kLeast;
  const int pools = calls.pools.empty() ? 0 : kLeast;
  const int endpoints = calls.endpoints.empty() ? 0 : kLeast;
  const auto section = [&](std::string_view title, std::size_t rows, int later, auto write) {
    if (rows == 0 || area.height < 3) return;
    const int wanted = static_cast<int>(std::min<std::size_t>(rows, 1000)) + 2;
    const int height = std::min({wanted, std::max(area.height - later, kLeast), area.height});
    Page page(canvas, {area.row, area.column, area.width, height});
    page.rule(title);
    write(page);
    area.row += height;
    area.height -= height;
  };
  section("Its tasks", tasks.size(), hot + queries + endpoints + pools,
          [&](Page& page) { write_tasks(page, tasks, seconds); });
  section("Its hottest stacks", stacks.size(), queries + endpoints + pools,
          [&](Page& page) { write_hot_stacks(page, stacks, seconds); });
  section("Queries it asked for", calls.queries.size(), endpoints + pools,
          [&](Page& page) { write_queries(page, calls.queries, seconds); });
  section("Endpoints it answers", calls.endpoints.size(), pools,
          [&](Page& page) { write_endpoints(page, calls.endpoints, seconds); });
  section("Its connections to databases", calls.pools.size(), 0,
          [&](Page& page) { write_pools(page, calls.pools, seconds); });
  return area.row;
}

constexpr int kThreadRows = 3;  // that calls leave to the threads
constexpr std::size_t kHotStacks = 8;

void draw_process(Canvas& canvas, Area area, const TopState& state, const ProcessRow& process) {
  const double seconds = state.snapshot->seconds;
  const SubjectCalls calls = calls_of(*state.snapshot, {&process});
  int row = draw_identity(canvas, process, area.row);
  const int end = area.row + area.height;
  if (calls.made || calls.answered) draw_call_totals(canvas, calls, seconds, row++);
  const int left = (canvas.width() - 3) / 2;
  const int right = canvas.width() - left - 3;
  // Plots want rows until they are readable; what is left goes to calls and threads.
  const int most = calls.empty() ? 21 : 12;
  const int upper = std::min(end - row, std::clamp((end - row) * 2 / 3, 11, most));
  draw_plots(canvas, state, process, {row, 1, left, upper});
  const int below = draw_times(canvas, process, seconds, {row, left + 2, right, upper});
  draw_delays(canvas, process, seconds, {below, left + 2, right, row + upper - below});
  row += upper;
  auto tasks = tasks_of(*state.snapshot, {&process});
  if (tasks.size() == 1 && tasks.front()->kind == TaskRowKind::kProcess) tasks.clear();
  const auto stacks = hottest_stacks(*state.snapshot, process.id, false, kHotStacks);
  row = draw_sections(canvas, calls, tasks, stacks, seconds,
                      {row, 1, canvas.width() - 2, end - row - kThreadRows});
  draw_threads(canvas, state, process, {row, 1, canvas.width() - 2, end - row});
}

// A task explained in sentences, and its process's tasks beside it.
void draw_task(Canvas& canvas, Area area, const Snapshot& now, const TaskRow& task) {
  canvas.fill(area.row, 0, canvas.width(), kReverse);
  canvas.put_cut(area.row, 1, task.name, {.bold = true, .reverse = true}, canvas.width() - 2);
  Page page(canvas, {area.row + 1, area.column, area.width, area.height - 1});
  for (const std::string& sentence : task_sentences(task, now.seconds))
    page.wrapped(sentence, kPlain, 4);
  if (const auto queries = queries_of(now, task); !queries.empty()) {
    page.skip_row();
    page.rule("Queries it asked for");
    write_queries(page, queries, now.seconds);
  }
  std::vector<const TaskRow*> beside;
  for (const TaskRow& other : now.tasks)
    if (other.process.id == task.process.id) beside.push_back(&other);
  if (beside.size() < 2) return;
  page.skip_row();
  page.rule("Tasks of its process");
  write_tasks(page, beside, now.seconds);
}

// What the pane was about is not in this interval.
void draw_missing(Canvas& canvas, const TopState& state, int row) {
  canvas.fill(row, 0, canvas.width(), kReverse);
  const bool holds = state.view == View::kFindings;
  std::string text = "this " + std::string(traits_of(state.view).row) +
                     (holds ? " does not hold any more" : " was not used");
  if (state.detail && state.detail->process.pid != 0 && state.view != View::kEndpoints &&
      state.view != View::kTasks && state.view != View::kFindings)
    text = std::to_string(state.detail->process.pid) + " has ended";
  canvas.put(row, 1, text + "; Esc goes back", {.bold = true, .reverse = true});
}

}  // namespace

void draw_detail(Canvas& canvas, const TopState& state, int row, int height) {
  std::optional<Line> line;
  if (state.snapshot && state.detail)
    line = find_detail(state.view, *state.snapshot, *state.detail);
  const Area area{row, 1, canvas.width() - 2, height};
  if (!line)
    draw_missing(canvas, state, row);
  else if (line->finding)
    draw_finding(canvas, area, *state.snapshot, *line->finding);
  else if (line->task)
    draw_task(canvas, area, *state.snapshot, *line->task);
  else if (line->query)
    draw_query(canvas, area, *state.snapshot, *line->query);
  else if (line->endpoint)
    draw_endpoint(canvas, area, *state.snapshot, *line->endpoint);
  else if (line->database)
    draw_database(canvas, area, *state.snapshot, *line->database);
  else if (line->service)
    draw_service(canvas, area, *state.snapshot, *line->service);
  else
    draw_process(canvas, area, state, *line->process);
}

}  // namespace culprit
