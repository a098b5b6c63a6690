// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/describe.h"

/// The Sample itself; store/describe.h says how the lists are read.
namespace culprit {

void describe(auto& v, Of<Coverage> auto& t) {
  v("bpf", t.bpf), v("run_queue", t.run_queue), v("blocked", t.blocked);
  v("lifecycle", t.lifecycle), v("reclaim", t.reclaim), v("network", t.network);
  v("block", t.block), v.added("calls", t.calls), v.added("arrivals", t.arrivals);
  v.added("tasks", t.tasks), v.added("stacks", t.stacks);
  v.added("lookups", t.lookups), v.added("syncs", t.syncs), v("irq_apart", t.irq_apart);
}
void describe(auto& v, Of<ForkEvent> auto& t) {
  v("pid", t.pid), v("parent_pid", t.parent_pid), v("uid", t.uid);
  v("start_time_ns", t.start_time_ns), v("cgroup_id", t.cgroup_id), v("name", t.name);
}
void describe(auto& v, Of<ExecEvent> auto& t) {
  v("pid", t.pid), v("parent_pid", t.parent_pid), v("uid", t.uid);
  v("start_time_ns", t.start_time_ns), v("cgroup_id", t.cgroup_id), v("name", t.name);
  v("command", t.command);
}
void describe(auto& v, Of<OomKillEvent> auto& t) {
  v("pid", t.pid), v("trigger_pid", t.trigger_pid), v("time_ns", t.time_ns);
  v("cgroup_id", t.cgroup_id), v("limit_bytes", t.limit_bytes), v("usage_bytes", t.usage_bytes);
}
void describe(auto& v, Of<RetransmitCount> auto& t) {
  v("pid", t.pid), v("remote", t.remote), v("count", t.count);
}
void describe(auto& v, Of<ListenerReading> auto& t) {
  v("pid", t.pid), v("address", t.address), v("inode", t.inode), v("queue", t.queue);
  v("backlog", t.backlog), v("drops", t.drops);
}
void describe(auto& v, Of<PortReading> auto& t) {
  v("local", t.local), v("remote", t.remote), v("used", t.used), v("time_wait", t.time_wait);
}
void describe(auto& v, Of<DelayReading> auto& t) {
  v("victim", t.victim), v("suspect", t.suspect), v("ns", t.ns);
}
void describe(auto& v, Of<ConnectionReading> auto& t) {
  v("id", t.id), v("pid", t.pid), v("process_start_time_ns", t.process_start_time_ns);
  v("protocol", t.protocol), v("tls", t.tls), v("role", t.role), v("family", t.family);
  v("local", t.local), v("remote", t.remote), v("database", t.database);
  v("opened_ns", t.opened_ns), v("connect_ns", t.connect_ns), v("connect_error", t.connect_error);
  v("end", t.end), v("ended_ns", t.ended_ns), v("busy_since_ns", t.busy_since_ns);
  v("peer_pid", t.peer_pid);
}
void describe(auto& v, Of<QueryText> auto& t) {
  v("id", t.id), v("protocol", t.protocol), v("operation", t.operation), v("text", t.text);
  v("truncated", t.truncated);
}
void describe(auto& v, Of<LookupReading> auto& t) {
  v("pid", t.pid), v("process_start_time_ns", t.process_start_time_ns);
  v("server", t.server), v("name", t.name), v("type", t.type), v("outcome", t.outcome);
  v("start_ns", t.start_ns), v("end_ns", t.end_ns);
}
void describe(auto& v, Of<SyncReading> auto& t) {
  v("pid", t.pid), v("latency", t.latency);
}
void describe(auto& v, Of<CodeName> auto& t) {
  v("function", t.function), v("file", t.file), v("line", t.line);
}
void describe(auto& v, Of<TaskName> auto& t) {
  v("task", t.task), v("pid", t.pid), v("process_start_time_ns", t.process_start_time_ns);
  v("kind", t.kind), v("root", t.root), v("application", t.application);
  v("runtime", t.runtime), v("framework", t.framework);
}
void describe(auto& v, Of<TaskRun> auto& t) {
  v("start_ns", t.start_ns), v("end_ns", t.end_ns), v("samples", t.samples);
}
void describe(auto& v, Of<TaskReading> auto& t) {
  v("task", t.task), v("samples", t.samples), v("cpu_ns", t.cpu_ns);
  v("run_queue_ns", t.run_queue_ns), v("blocked_ns", t.blocked_ns);
  v("growth_bytes", t.growth_bytes), v("steps", t.steps), v("runs", t.runs);
  v.added("contended", t.contended), v.added("squares", t.squares);
}
void describe(auto& v, Of<FrameName> auto& t) {
  v("id", t.id), v("kind", t.kind), v("function", t.function), v("module", t.module);
}
void describe(auto& v, Of<StackReading> auto& t) {
  v("pid", t.pid), v("process_start_time_ns", t.process_start_time_ns);
  v("thread_name", t.thread_name), v("blocked", t.blocked), v("native", t.native);
  v("interpreted", t.interpreted), v("samples", t.samples), v("ns", t.ns);
  v.added("task", t.task);
}
void describe(auto& v, Of<BlockLatencyReading> auto& t) {
  v("major", t.major), v("minor", t.minor), v("latency", t.latency);
}
void describe(auto& v, Of<ProcessDetail> auto& t) {
  v("pid", t.pid), v("start_time_ns", t.start_time_ns), v("command", t.command);
  v("executable", t.executable), v("open_files", t.open_files);
  v.added("process_limit", t.process_limit);
}
void describe(auto& v, Of<CgroupReading> auto& t) {
  v("path", t.path), v("cpu_usage_ns", t.cpu_usage_ns), v("cpu_quota_cores", t.cpu_quota_cores);
  v("periods", t.periods), v("throttled_periods", t.throttled_periods);
  v("throttled_ns", t.throttled_ns), v("memory_bytes", t.memory_bytes);
  v("memory_limit_bytes", t.memory_limit_bytes), v("pids", t.pids), v("pids_limit", t.pids_limit);
  v.added("file_refaults", t.file_refaults);
}
void describe(auto& v, Of<ProbeReading> auto& t) {
  v("name", t.name), v("attach", t.attach), v("state", t.state), v("reason", t.reason);
  v("runs", t.runs), v("run_ns", t.run_ns);
}
void describe(auto& v, Of<CollectorReading> auto& t) {
  v("pid", t.pid), v("records_received", t.records_received), v("losses", t.losses);
  v("user_ns", t.user_ns);
  v("system_ns", t.system_ns), v("memory_bytes", t.memory_bytes), v("map_bytes", t.map_bytes);
  v("probes", t.probes);
}
void describe(auto& v, Of<Sample> auto& t) {
  v("wall_ns", t.wall_ns), v("monotonic_ns", t.monotonic_ns), v("coverage", t.coverage);
  v("lists_all_threads", t.lists_all_threads), v("threads", t.threads), v("ended", t.ended);
  v("forks", t.forks), v("execs", t.execs), v("oom_kills", t.oom_kills);
  v("retransmits", t.retransmits), v("listeners", t.listeners);
  v.added("ports", t.ports), v("delays", t.delays);
  v.added("connections", t.connections), v.added("calls", t.calls);
  v.added("query_texts", t.query_texts);
  v.added("lookups", t.lookups), v.added("syncs", t.syncs);
  v.added("task_names", t.task_names), v.added("tasks", t.tasks);
  v.added("task_sample_ns", t.task_sample_ns);
  v.added("frames", t.frames), v.added("stacks", t.stacks);
  v("run_queue_latency", t.run_queue_latency), v("block_latencies", t.block_latencies);
  v("details", t.details), v("cgroup_paths", t.cgroup_paths), v("user_names", t.user_names);
  v("container_names", t.container_names), v("cgroups", t.cgroups), v("host", t.host);
  v("collector", t.collector);
}

}  // namespace culprit
