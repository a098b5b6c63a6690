// SPDX-License-Identifier: Apache-2.0
#include "store/history_words.h"

#include <algorithm>
#include <cmath>

namespace culprit {
namespace {

std::optional<double> of_host(const HistoryTick& tick, std::string_view id) {
  const HistoryRow* host = tick.host();
  return host ? history_value(*host, HistoryKind::kHost, id) : std::nullopt;
}

std::string process_title(const HistoryName& name) {
  const std::string_view command = history_text(name, "command");
  std::string title(history_text(name, "name"));
  if (command.starts_with(title))
    title = command;
  else if (!command.empty())
    title.append(" ").append(command);
  const std::string_view unit = history_text(name, "unit");
  if (!unit.empty() && unit != "/") title.append(" (").append(unit).append(")");
  return title;
}

}  // namespace

std::optional<double> cpu_ratio(const HistoryTick& tick) {
  return of_host(tick, "cpu.utilization_ratio");
}

std::optional<double> wait_ratio(const HistoryTick& tick) {
  return host_rate(tick, "run_queue.wait_seconds");
}

std::optional<double> memory_ratio(const HistoryTick& tick) {
  return of_host(tick, "memory.used_ratio");
}

std::optional<double> disk_ratio(const HistoryTick& tick) {
  std::optional<double> most;
  for (const HistoryRow& row : tick.table(HistoryKind::kDisk).rows)
    if (const auto busy = history_value(row, HistoryKind::kDisk, "busy_ratio"))
      most = std::max(most.value_or(0), *busy);
  return most;
}

std::optional<double> host_score(const HistoryTick& tick) {
  return of_host(tick, "score");
}

std::optional<double> host_rate(const HistoryTick& tick, std::string_view id) {
  const auto amount = of_host(tick, id);
  return amount && tick.seconds > 0 ? std::optional(*amount / tick.seconds) : std::nullopt;
}

std::string history_title(const HistoryName& name) {
  const auto text = [&](std::string_view called) {
    return std::string(history_text(name, called));
  };
  switch (name.kind) {
    case HistoryKind::kProcess:
      return process_title(name);
    case HistoryKind::kTask:
      return text("name") + " of " + text("process");
    case HistoryKind::kQuery:
      return text("text").empty() ? "(a query that is not known) " + text("id") : text("text");
    case HistoryKind::kEndpoint:
      return text("method") + " " + text("route") + " of " + text("process");
    case HistoryKind::kDatabase:
      return text("system") + " " + text("address");
    case HistoryKind::kService:
      return text("address");
    case HistoryKind::kFilesystem:
      return text("mount");
    case HistoryKind::kHost:
    case HistoryKind::kDisk:
    case HistoryKind::kUnit:
      break;
  }
  return text("name");
}

const HistoryRow* leader(const HistoryTick& tick, HistoryKind kind, std::string_view id) {
  const HistoryRow* most = nullptr;
  double value = 0;
  for (const HistoryRow& row : tick.table(kind).rows) {
    const double held = history_value(row, kind, id).value_or(0);
    if (held > value) {
      value = held;
      most = &row;
    }
  }
  return most;
}

std::string leader_text(const HistoryTick& tick) {
  const HistoryRow* row = leader(tick, HistoryKind::kProcess, "cpu_seconds");
  if (!row || tick.seconds <= 0) return "";
  const double share =
      history_value(*row, HistoryKind::kProcess, "cpu_seconds").value_or(0) / tick.seconds;
  return std::to_string(std::lround(share * 100)) + " % " + history_title(*row->name);
}

}  // namespace culprit
