// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

#include "view/format.h"
#include "view/report_parts.h"
#include "view/text_findings.h"

namespace culprit::report_parts {
namespace {

using document::Document;
using document::Tile;
using document::Tone;

std::string percent(double ratio) {
  return format_percent(100 * ratio) + " %";
}

/// As grave as the worst finding about it: a number alone is neither good nor bad.
Tone tone_about(const Snapshot& snapshot, std::string_view category) {
  Tone worst = Tone::kPlain;
  if (snapshot.judgement)
    for (const Finding& finding : snapshot.judgement->findings)
      if (finding.id.starts_with(category)) worst = std::max(worst, tone_of(finding.severity));
  return worst;
}

Tone tone_of_score(const Judgement& judgement) {
  Tone worst = Tone::kGood;
  for (const Finding& finding : judgement.findings)
    worst = std::max(worst, tone_of(finding.severity));
  return worst;
}

void cpu_tile(document::Tiles& tiles, const Snapshot& snapshot) {
  const SystemRow& system = snapshot.system;
  if (!system.cpu) return;
  Tile tile{"CPU used", percent(system.cpu->utilization_ratio), "", system.cpu->utilization_ratio,
            tone_about(snapshot, "cpu.")};
  tile.note = "user " + format_latency(system.cpu->user_seconds) + ", system " +
              format_latency(system.cpu->system_seconds);
  if (system.cpu->steal_seconds >= 0.001)
    tile.note += ", stolen " + format_latency(system.cpu->steal_seconds);
  tiles.push_back(std::move(tile));
}

void memory_tile(document::Tiles& tiles, const Snapshot& snapshot) {
  const SystemRow& system = snapshot.system;
  if (!system.memory || system.memory->total_bytes == 0) return;
  const auto total = static_cast<double>(system.memory->total_bytes);
  const double used = total - static_cast<double>(system.memory->available_bytes);
  tiles.push_back({"Memory used", percent(used / total),
                   format_bytes(used) + " of " + format_bytes(total), used / total,
                   tone_about(snapshot, "memory.")});
}

void queue_tile(document::Tiles& tiles, const SystemRow& system) {
  if (!system.run_queue_latency) return;
  tiles.push_back({"Wait for a CPU, p99",
                   format_latency(system.run_queue_latency->p99_seconds),
                   format_latency(system.run_queue_seconds.value_or(0)) + " waited in all",
                   {},
                   Tone::kPlain});
}

void disk_tile(document::Tiles& tiles, const Snapshot& snapshot) {
  const SystemRow& system = snapshot.system;
  const auto busiest = std::max_element(
      system.disks.begin(), system.disks.end(),
      [](const DiskRow& a, const DiskRow& b) { return a.busy_ratio < b.busy_ratio; });
  if (busiest == system.disks.end()) return;
  const double busy = std::min(busiest->busy_ratio, 1.0);
  tiles.push_back(
      {"Busiest disk", percent(busy),
       busiest->name + (busiest->latency ? ", p95 " + format_latency(busiest->latency->p95_seconds)
                                         : std::string()),
       busy, tone_about(snapshot, "disk.")});
}

void request_tile(document::Tiles& tiles, const Snapshot& snapshot) {
  std::uint64_t requests = 0, errors = 0;
  for (const EndpointRow& row : snapshot.endpoints) requests += row.requests, errors += row.errors;
  if (requests == 0 || snapshot.seconds <= 0) return;
  const double failed = static_cast<double>(errors) / static_cast<double>(requests);
  tiles.push_back({"Requests answered",
                   format_count(static_cast<double>(requests) / snapshot.seconds) + "/s",
                   errors == 0 ? "none failed" : percent(failed) + " failed",
                   {},
                   tone_about(snapshot, "http.")});
}

void call_tile(document::Tiles& tiles, const Snapshot& snapshot) {
  std::uint64_t calls = 0;
  double seconds = 0;
  for (const DatabaseRow& row : snapshot.databases) calls += row.operations, seconds += row.seconds;
  if (calls == 0 || snapshot.seconds <= 0) return;
  tiles.push_back({"Calls of databases",
                   format_count(static_cast<double>(calls) / snapshot.seconds) + "/s",
                   format_latency(seconds / static_cast<double>(calls)) + " each, on average",
                   {},
                   tone_about(snapshot, "db.")});
}

void deductions(Document& out, const Score& score) {
  if (score.parts.empty()) return;
  document::Table table{{{"Points lost", true}, {"Finding", false, true}, {"Because"}}, {}};
  for (const ScorePart& part : score.parts) {
    std::array<char, 32> lost;
    std::snprintf(lost.data(), lost.size(), "−%.3g", part.lost);
    table.rows.push_back({lost.data(), part.name, part.because});
  }
  out.blocks.push_back(document::Subheading{"What the score lost", "of 100 points"});
  out.blocks.push_back(std::move(table));
}

}  // namespace

Tone tone_of(Severity severity) {
  switch (severity) {
    case Severity::kInfo:
      return Tone::kInfo;
    case Severity::kWarning:
      return Tone::kWarning;
    case Severity::kCritical:
      return Tone::kCritical;
  }
  return Tone::kPlain;
}

void verdict(Document& out, const Snapshot& snapshot) {
  const auto& judgement = snapshot.judgement;
  if (judgement) {
    const std::string line = verdict_line(*judgement);
    out.blocks.push_back(document::Gauge{
        judgement->score.value, "Score",
        line.substr(std::min(line.find(": "), line.size() - 2) + 2), tone_of_score(*judgement)});
  }
  document::Tiles tiles;
  cpu_tile(tiles, snapshot);
  memory_tile(tiles, snapshot);
  queue_tile(tiles, snapshot.system);
  disk_tile(tiles, snapshot);
  request_tile(tiles, snapshot);
  call_tile(tiles, snapshot);
  if (!tiles.empty()) out.blocks.push_back(std::move(tiles));
  if (judgement) deductions(out, judgement->score);
}

}  // namespace culprit::report_parts
