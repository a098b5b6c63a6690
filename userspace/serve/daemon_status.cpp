// SPDX-License-Identifier: Apache-2.0
#include "serve/daemon_status.h"

#include "serve/json_writer.h"
#include "util/rfc3339.h"

namespace culprit {
namespace {

void write_counts(JsonWriter& out, const std::map<std::string, std::uint64_t>& counts) {
  out.begin_object();
  for (const auto& [reason, count] : counts) out.member(reason, count);
  out.end_object();
}

void write_history(JsonWriter& out, const std::optional<HistoryStatus>& history) {
  if (!history) return out.value(nullptr);
  out.begin_object();
  out.member("ticks_kept", history->ticks_kept);
  out.member("ticks_lost", history->ticks_lost);
  out.member("bytes", history->bytes);
  out.member("error", history->error.empty() ? std::nullopt : std::optional(history->error));
  out.end_object();
}

void write_clients(JsonWriter& out, const ClientCounts& clients) {
  out.begin_object();
  out.member("connected", clients.connected);
  out.member("streams", clients.streams);
  out.member("accepted", clients.accepted);
  out.key("refused");
  write_counts(out, clients.refused);
  out.key("dropped");
  write_counts(out, clients.dropped);
  out.end_object();
}

}  // namespace

std::string status_line(const DaemonStatus& status, const ClientCounts& clients) {
  JsonWriter out(JsonStyle::kLine);
  out.begin_object();
  out.member("schema", "culprit.status/1");
  out.member("version", CULPRIT_VERSION);
  out.member("pid", status.pid);
  out.member("started", rfc3339(status.started_wall_ns));
  out.member("mode", status.bpf ? "bpf" : "proc");
  out.member("interval_seconds", status.interval_seconds);
  out.member("samples", status.samples);
  out.member("failures", status.failures);
  out.member("jitter_mean_seconds", status.jitter_mean_seconds);
  out.member("jitter_max_seconds", status.jitter_max_seconds);
  out.member("configuration", status.configuration);
  out.member("reload_error", status.reload_error);
  out.member("rules", status.rules);
  out.member("act_mode", status.act_mode);
  out.key("history");
  write_history(out, status.history);
  out.key("clients");
  write_clients(out, clients);
  out.end_object();
  return out.take() + '\n';
}

std::string error_line(const std::string& message) {
  JsonWriter out(JsonStyle::kLine);
  out.begin_object();
  out.member("error", message);
  out.end_object();
  return out.take() + '\n';
}

}  // namespace culprit
