// SPDX-License-Identifier: Apache-2.0
#include "view/header.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>

#include "view/detail_findings.h"
#include "view/format.h"
#include "view/pen.h"
#include "view/plot.h"
#include "view/throttle_pane.h"

namespace culprit {
namespace {

constexpr int kLabelCells = 5;
constexpr int kMostCoreBars = 16;
constexpr std::size_t kMostHeld = 2;

// How CPUs are drawn: a bar each in a grid, or one glyph each beyond 16.
struct CoreGrid {
  int rows = 0, per_row = 0;
  bool bars = false;
};

CoreGrid core_grid(int cores, int width, int height) {
  if (cores <= 1 || height < 16) return {};
  const int rows_allowed = height < 30 ? 2 : 4;
  const int most_in_row = std::max(width / 19, 1);
  const int rows = (cores + most_in_row - 1) / most_in_row;
  if (cores > kMostCoreBars || rows > rows_allowed) return {1, cores, false};
  return {rows, (cores + rows - 1) / rows, true};
}

CoreGrid core_grid(const TopState& state) {
  const auto& system = state.snapshot->system;
  return core_grid(static_cast<int>(system.cpu_utilization.size()), state.width, state.height);
}

std::string percent(double ratio) {
  return format_percent(100 * ratio) + "%";
}

std::string clock_text(std::int64_t wall_ns) {
  const std::time_t seconds = wall_ns / 1'000'000'000;
  std::tm local{};
  char text[16] = "";
  if (localtime_r(&seconds, &local)) std::strftime(text, sizeof text, "%H:%M:%S", &local);
  return text;
}

void draw_title(Canvas& canvas, const TopState& state) {
  const Snapshot& now = *state.snapshot;
  std::string rate = "every " + format_duration(state.interval_seconds);
  if (state.replay) rate = "replay";
  if (state.paused) rate = "PAUSED";
  const int end = canvas.width() - cell_count(rate) - 1;
  Pen pen(canvas, 0, 0, end);
  pen.text("culprit", {.colour = Colour::kCyan, .bold = true});
  pen.item("", now.host.hostname, kBold).item("", clock_text(now.end_wall_ns));
  if (const auto& load = now.system.load_average) {
    const auto two = [](double value) {
      char text[32];
      std::snprintf(text, sizeof text, "%.2f", value);
      return std::string(text);
    };
    const double cores = std::max(1u, now.host.cpu_count);
    pen.item("load", two((*load)[0]), level((*load)[0], cores, 2 * cores));
    pen.text(" " + two((*load)[1]) + " " + two((*load)[2]));
  }
  pen.item("", format_count(static_cast<double>(now.system.process_count)) + " processes");
  const SystemRow& system = now.system;
  if (system.processes_started && system.processes_exited)
    pen.text(" +" + std::to_string(*system.processes_started) + " -" +
                 std::to_string(*system.processes_exited),
             kDim);
  pen.item("", format_count(static_cast<double>(system.thread_count)) + " threads");
  pen.item("", std::to_string(now.host.cpu_count) + (now.host.cpu_count == 1 ? " CPU" : " CPUs"));
  const Style style =
      state.paused ? Style{.colour = Colour::kYellow, .bold = true, .reverse = true} : kDim;
  canvas.put_right(0, canvas.width(), rate, style, canvas.width());
}

void draw_core_bars(Canvas& canvas, const std::vector<double>& cores, CoreGrid grid) {
  const int cell = canvas.width() / grid.per_row;
  const int digits = cores.size() > 10 ? 2 : 1;
  for (std::size_t i = 0; i < cores.size(); ++i) {
    const int row = 1 + static_cast<int>(i) / grid.per_row;
    const int column = (static_cast<int>(i) % grid.per_row) * cell;
    canvas.put_right(row, column + 3 + digits, "cpu" + std::to_string(i), kDim, 3 + digits);
    const int bar = cell - 3 - digits - 1 - 6;
    draw_bar(canvas, row, column + 4 + digits, bar, cores[i], level(cores[i], 0.6, 0.9));
    canvas.put_right(row, column + cell - 1, percent(cores[i]), {}, 6);
  }
}

// One glyph for each CPU; where they do not fit, for the busiest of a few neighbours.
void draw_core_strip(Canvas& canvas, const std::vector<double>& cores) {
  const int room = std::max(canvas.width() - kLabelCells - 24, 8);
  const auto count = static_cast<int>(cores.size());
  const int fold = (count + room - 1) / room;
  canvas.put(1, 0, "CPUs", kDim);
  int column = kLabelCells;
  for (int i = 0; i < count; i += fold) {
    const double busiest =
        *std::max_element(cores.begin() + i, cores.begin() + std::min(i + fold, count));
    column = canvas.put(1, column, level_glyph(busiest), level(busiest, 0.6, 0.9));
  }
  const auto busy = std::count_if(cores.begin(), cores.end(), [](double c) { return c >= 0.9; });
  Pen pen(canvas, 1, column + 2, canvas.width());
  pen.text(std::to_string(busy) + " of " + std::to_string(count) + " busy");
  if (fold > 1) pen.text(", " + std::to_string(fold) + " a cell", kDim);
}

int bar_cells(const Canvas& canvas) {
  return std::clamp(canvas.width() / 4, 10, 40);
}

void draw_cpu(Canvas& canvas, int row, const Snapshot& now) {
  canvas.put(row, 0, "CPU", kDim);
  Pen pen(canvas, row, kLabelCells, canvas.width());
  const auto& cpu = now.system.cpu;
  if (!cpu) {
    pen.text("-");
    return;
  }
  const Style style = level(cpu->utilization_ratio, 0.7, 0.9);
  draw_bar(canvas, row, kLabelCells, bar_cells(canvas), cpu->utilization_ratio, style);
  pen.skip(bar_cells(canvas) + 1).item("", percent(cpu->utilization_ratio), style);
  const double capacity = now.seconds * std::max(1u, now.host.cpu_count);
  const auto part = [&](std::string_view label, double seconds, double warn) {
    const double share = capacity > 0 ? seconds / capacity : 0;
    pen.item(label, percent(share), share >= warn ? level(share, warn, 2 * warn) : kPlain);
  };
  part("user", cpu->user_seconds, 2);
  part("sys", cpu->system_seconds, 0.3);
  part("iowait", cpu->iowait_seconds, 0.2);
  part("steal", cpu->steal_seconds, 0.05);
  part("irq", cpu->irq_seconds, 0.1);
}

void draw_memory(Canvas& canvas, int row, const Snapshot& now) {
  canvas.put(row, 0, "Mem", kDim);
  Pen pen(canvas, row, kLabelCells, canvas.width());
  const auto& memory = now.system.memory;
  if (!memory || memory->total_bytes == 0) {
    pen.text("-");
    return;
  }
  const auto bytes = [](std::uint64_t value) { return format_bytes(static_cast<double>(value)); };
  const std::uint64_t used =
      memory->total_bytes - std::min(memory->available_bytes, memory->total_bytes);
  const double ratio = static_cast<double>(used) / static_cast<double>(memory->total_bytes);
  const Style style = level(ratio, 0.8, 0.92);
  draw_bar(canvas, row, kLabelCells, bar_cells(canvas), ratio, style);
  pen.skip(bar_cells(canvas) + 1).item("", percent(ratio), style);
  pen.item("", bytes(used) + " of " + bytes(memory->total_bytes));
  pen.item("cache", bytes(memory->cached_bytes));
  if (memory->swap_total_bytes == 0) {
    pen.item("", "no swap", kDim);
  } else {
    const std::uint64_t swapped =
        memory->swap_total_bytes - std::min(memory->swap_free_bytes, memory->swap_total_bytes);
    const bool much = swapped > memory->swap_total_bytes / 2;
    pen.item("swap", bytes(swapped) + " of " + bytes(memory->swap_total_bytes),
             much ? Style{.colour = Colour::kYellow} : kPlain);
  }
  pen.item("dirty", bytes(memory->dirty_bytes));
}

std::string short_percent(double ratio) {
  const std::string text = format_percent(100 * ratio);
  return ratio < 0.0005 ? "0" : ratio < 0.0995 ? text : text.substr(0, text.find('.'));
}

void draw_waiting(Canvas& canvas, int row, const Snapshot& now) {
  const SystemRow& system = now.system;
  canvas.put(row, 0, "Wait", kDim);
  Pen pen(canvas, row, kLabelCells, canvas.width());
  if (const auto& latency = system.run_queue_latency)
    pen.item("run queue p99", format_latency(latency->p99_seconds),
             level(latency->p99_seconds, 0.005, 0.05));
  else
    pen.item("run queue p99", "-");
  pen.item("queued", system.run_queue_seconds && now.seconds > 0
                         ? percent(*system.run_queue_seconds / now.seconds)
                         : "-");
  const auto pressure = [&](std::string_view label, const std::optional<Pressure>& value) {
    if (!value) {
      pen.item(label, "-");
      return;
    }
    std::string text = short_percent(value->some_ratio);
    if (value->full_ratio) text += "/" + short_percent(*value->full_ratio);
    text += "%";
    const Style style = level(value->some_ratio, 0.1, 0.4);
    pen.item(label, text, value->some_ratio < 0.1 ? kPlain : style);
  };
  pressure("pressure cpu", system.cpu_pressure);
  pressure("mem", system.memory_pressure);
  pressure("io", system.io_pressure);
}

std::string rate(std::optional<double> amount, double seconds) {
  return amount && seconds > 0 ? format_bytes(*amount / seconds) + "/s" : "-";
}

std::string rate(std::optional<std::uint64_t> amount, double seconds) {
  return rate(amount ? std::optional<double>(static_cast<double>(*amount)) : std::nullopt, seconds);
}

void draw_disk_and_network(Canvas& canvas, int row, const Snapshot& now) {
  const SystemRow& system = now.system;
  canvas.put(row, 0, "Disk", kDim);
  Pen pen(canvas, row, kLabelCells, canvas.width());
  const auto busiest =
      std::max_element(system.disks.begin(), system.disks.end(),
                       [](const auto& a, const auto& b) { return a.busy_ratio < b.busy_ratio; });
  if (busiest == system.disks.end()) {
    pen.text("-");
  } else {
    pen.item("", busiest->name);
    pen.item("", percent(busiest->busy_ratio), level(busiest->busy_ratio, 0.6, 0.9));
    pen.item("rd", rate(std::optional(busiest->read_bytes), now.seconds));
    pen.item("wr", rate(std::optional(busiest->write_bytes), now.seconds));
    if (busiest->latency) pen.item("p99", format_latency(busiest->latency->p99_seconds));
  }
  pen.item("", "").item("Net rx", rate(system.receive_bytes, now.seconds));
  pen.item("tx", rate(system.transmit_bytes, now.seconds));
  if (system.listen_overflows.value_or(0) > 0)
    pen.item("refused", std::to_string(*system.listen_overflows), level(1, 0, 1));
  if (system.retransmits && now.seconds > 0)
    pen.item("resent", format_count(static_cast<double>(*system.retransmits) / now.seconds) + "/s");
  for (const FilesystemRow& filesystem : system.filesystems)
    if (filesystem.used_ratio > 0.85 || filesystem.full_in_seconds.value_or(1e9) < 86400)
      pen.item(filesystem.mount, percent(filesystem.used_ratio) + " full",
               level(filesystem.used_ratio, 0.85, 0.95));
}

void draw_cost(Canvas& canvas, int row, const Snapshot& now) {
  const CollectorRow& collector = now.collector;
  canvas.put(row, 0, "Cost", kDim);
  Pen pen(canvas, row, kLabelCells, canvas.width());
  const auto share = [&](double seconds) { return now.seconds > 0 ? seconds / now.seconds : 0; };
  const double own = share(collector.user_seconds);
  pen.item("culprit", percent(own) + " CPU", level(own, 0.05, 0.2));
  if (collector.bpf)
    pen.item("in kernel",
             collector.kernel_seconds ? percent(share(*collector.kernel_seconds)) : "-");
  pen.item("memory", format_bytes(static_cast<double>(collector.memory_bytes)));
  if (collector.bpf) pen.item("maps", format_bytes(static_cast<double>(collector.map_bytes)));
  pen.item("lost", format_count(static_cast<double>(collector.events_lost)),
           collector.events_lost ? level(1, 0, 1) : kPlain);
  const auto& books = now.system.accounting;
  // The kernel tells idle time in steps of 10 ms: of less use than this it is no measure.
  constexpr double kTellingSeconds = 0.2;
  if (books && books->cpu_seconds >= kTellingSeconds) {
    const double found = (books->attributed_seconds + books->kernel_seconds) / books->cpu_seconds;
    pen.item("CPU time found", percent(found),
             std::fabs(1 - found) > 0.05 ? Style{.colour = Colour::kYellow} : kPlain);
  }
}

// The score, and the worst that is wrong in a sentence.
void draw_verdict(Canvas& canvas, int row, const Judgement& judgement) {
  canvas.put(row, 0, "Score", kDim);
  const double lost = 100 - judgement.score.value;
  Pen pen(canvas, row, kLabelCells + 1, canvas.width());
  pen.item("", std::to_string(std::lround(judgement.score.value)), level(lost, 5, 15));
  if (judgement.findings.empty()) {
    pen.item("", "nothing is wrong", kDim);
    return;
  }
  const Finding& worst = judgement.findings.front();
  pen.item("", severity_name(worst.severity), severity_style(worst.severity));
  if (const std::size_t others = judgement.findings.size() - 1; others > 0)
    pen.text(" and " + std::to_string(others) + " more (9)", kDim);
  canvas.put_cut(row, pen.column() + 2, worst.summary, kPlain, canvas.width() - pen.column() - 2);
}

/// What is in force, newest first, and that there is more.
void draw_held(Canvas& canvas, int row, const Snapshot& now) {
  const auto active = active_actions(now);
  for (std::size_t i = 0; i < std::min(active.size(), kMostHeld); ++i, ++row) {
    canvas.put(row, 0, "Held", {.colour = Colour::kYellow});
    const std::size_t others = active.size() - kMostHeld;
    const std::string more = i + 1 == kMostHeld && active.size() > kMostHeld
                                 ? "  +" + std::to_string(others) + " more (U)"
                                 : "";
    const int room = canvas.width() - kLabelCells - cell_count(more);
    const int column =
        canvas.put_cut(row, kLabelCells, action_line(*active[i], now.end_wall_ns), kPlain, room);
    canvas.put(row, column, more, kDim);
  }
}

int held_rows(const TopState& state) {
  if (state.height < 16) return 0;
  return static_cast<int>(std::min(active_actions(*state.snapshot).size(), kMostHeld));
}

int verdict_rows(const TopState& state) {
  return state.snapshot->judgement ? 1 : 0;
}

}  // namespace

int header_rows(const TopState& state) {
  if (!state.snapshot) return 1;
  const int fixed = state.height < 12 ? 3 : state.height < 20 ? 5 : 6;
  return core_grid(state).rows + fixed + verdict_rows(state) + held_rows(state);
}

void draw_header(Canvas& canvas, const TopState& state) {
  if (!state.snapshot) {
    canvas.put(0, 0, "culprit", {.colour = Colour::kCyan, .bold = true});
    canvas.put(0, 9, "reading the host…");
    return;
  }
  const Snapshot& now = *state.snapshot;
  const int end = header_rows(state);
  const CoreGrid grid = core_grid(state);
  draw_title(canvas, state);
  const int held = end - held_rows(state);
  if (held < end) draw_held(canvas, held, now);
  if (now.judgement) draw_verdict(canvas, held - 1, *now.judgement);
  if (grid.bars)
    draw_core_bars(canvas, now.system.cpu_utilization, grid);
  else if (grid.rows > 0)
    draw_core_strip(canvas, now.system.cpu_utilization);
  int row = 1 + grid.rows;
  constexpr std::array kRows = {draw_cpu, draw_memory, draw_waiting, draw_disk_and_network,
                                draw_cost};
  const int last = held - verdict_rows(state);
  for (const auto draw : kRows)
    if (row < last) draw(canvas, row++, now);
}

}  // namespace culprit
