// SPDX-License-Identifier: Apache-2.0
#include "model/call_interval.h"

#include <sys/socket.h>

#include <utility>

#include "model/counter.h"

namespace culprit {
namespace {

bool is_client(const ConnectionEntry& entry) {
  return entry.reading.role == SocketRole::kClient;
}

bool is_http(const ConnectionEntry& entry) {
  return entry.reading.protocol == Protocol::kHttp1;
}

/// It is open, ended in this tick, or has calls that came late.
bool is_present(const ConnectionEntry& entry, std::uint64_t tick) {
  return entry.open() || entry.ended_in == tick || entry.called_in == tick;
}

/// As the server saw it, when that is known, else as its client did.
ServedRequest request_of(const CallReading& reading) {
  const ServerHalf& server = reading.server;
  const Call& call = reading.call;
  if (server.pid && server.read_ns && server.last_sent_ns >= server.read_ns)
    return {server.read_ns, server.last_sent_ns, server.tid, call.query, server.work};
  return {call.start_ns, call.end_ns, server.pid ? server.tid : call.tid, call.query};
}

}  // namespace

CallInterval::CallInterval(const Sample& sample, CallProcesses processes, CallMemory& memory,
                           std::uint64_t start_ns)
    : sample_(sample),
      memory_(memory),
      processes_(std::move(processes)),
      pools_(start_ns, sample.monotonic_ns) {
  queries_.reserve(sample.calls.size());
  memory_.services.begin_interval();
  memory_.requests.begin_tick(start_ns, sample.monotonic_ns, sample.calls.size());
}

CallInterval::ProcessSums& CallInterval::sums(std::uint32_t process) {
  if (process >= process_sums_.size()) process_sums_.resize(processes_.size());
  return process_sums_[process];
}

void CallInterval::find_connections() {
  connection_of_.reserve(sample_.calls.size());
  for (const CallReading& reading : sample_.calls) {
    ConnectionEntry* entry = memory_.connections.note_call(reading.connection);
    if (entry && reading.server.pid) entry->server_pid = reading.server.pid;
    connection_of_.push_back(entry);
  }
}

void CallInterval::place(ConnectionEntry& entry) {
  const ConnectionReading& reading = entry.reading;
  entry.slots = {};
  if (reading.role == SocketRole::kUnknown || !is_present(entry, memory_.connections.tick()))
    return;
  entry.slots.process = processes_.slot(reading.pid, reading.process_start_time_ns);
  if (is_client(entry) && reading.family != AF_UNIX && !reading.remote.empty())
    entry.slots.service = memory_.services.slot(reading.remote);
  if (!is_database(reading.protocol) && !is_http(entry)) return;
  if (entry.called_in == memory_.connections.tick())
    entry.slots.other_side_calls = memory_.connections.other_side_calls(entry);
  if (!is_client(entry)) sums(entry.slots.process).serves = true;
  if (is_http(entry))
    place_server(entry);
  else
    place_database(entry);
}

/// The process that answers its requests makes calls for them.
void CallInterval::place_server(const ConnectionEntry& entry) {
  const ConnectionReading& reading = entry.reading;
  const std::uint32_t server = is_client(entry) ? reading.peer_pid : reading.pid;
  if (!server || !entry.open()) return;
  memory_.requests.note_serving(server);
  if (reading.busy_since_ns) memory_.requests.note_open_request(server, *reading.busy_since_ns);
}

void CallInterval::place_database(ConnectionEntry& entry) {
  const ConnectionReading& reading = entry.reading;
  ConnectionSlots& slots = entry.slots;
  const bool client = is_client(entry);
  slots.database = databases_.slot(reading.protocol, client ? reading.remote : reading.local);
  slots.name = queries_.name_slot(reading.database);
  if (!client) {
    databases_.note_server(slots.database, slots.process);
    return;
  }
  slots.pool = pools_.slot(slots.process, slots.database);
  if (reading.peer_pid) databases_.note_server(slots.database, processes_.slot(reading.peer_pid));
  if (reading.busy_since_ns) memory_.requests.note_open_call(reading.pid, *reading.busy_since_ns);
}

void CallInterval::take_requests() {
  for (std::size_t i = 0; i < sample_.calls.size(); i++)
    if (const ConnectionEntry* entry = connection_of_[i]) take_request(*entry, sample_.calls[i]);
}

void CallInterval::take_request(const ConnectionEntry& entry, const CallReading& reading) {
  const Protocol protocol = entry.reading.protocol;
  if (entry.slots.process == kNoSlot || (!is_database(protocol) && !is_http(entry))) return;
  ServedRequest request = request_of(reading);
  // A call without its server's half was answered by who answers the others.
  std::uint32_t pid = reading.server.pid ? reading.server.pid : entry.server_pid;
  std::uint32_t task = reading.server.task;
  if (!is_client(entry)) {
    // Its own times are the server's.
    pid = reading.pid;
    task = reading.call.task;
    const Call& call = reading.call;
    request = {call.start_ns, call.end_ns, call.tid, call.query, call.work};
  } else if (!pid || entry.slots.other_side_calls) {
    return;
  }
  const std::uint32_t process =
      pid == entry.reading.pid ? entry.slots.process : processes_.slot(pid);
  note_answer(process, request, task, reading, protocol);
}

void CallInterval::note_answer(std::uint32_t process, const ServedRequest& request,
                               std::uint32_t task, const CallReading& reading, Protocol protocol) {
  const std::uint64_t duration_ns = increase(request.start_ns, request.end_ns);
  tasks_.note_answer(process, task, request.tid);
  sums(process).answered.note(reading.call, duration_ns);
  if (protocol != Protocol::kHttp1) return;
  endpoints_.note_request(process, reading.call, duration_ns);
  memory_.requests.add_request(processes_.name(process).id.pid, request);
}

void CallInterval::settle_calls() {
  for (std::size_t i = 0; i < sample_.calls.size(); i++) {
    const ConnectionEntry* entry = connection_of_[i];
    const CallReading& reading = sample_.calls[i];
    if (entry && is_client(*entry) && is_database(entry->reading.protocol))
      memory_.requests.add_call(reading.pid, reading.call, i);
  }
  SettledCalls settled = memory_.requests.settle();
  for (const EndpointCalls& calls : settled.endpoints)
    endpoints_.note_calls(processes_.slot(calls.pid), calls);
  endpoint_of_ = std::move(settled.endpoint_of);
}

void CallInterval::take_calls() {
  for (std::size_t i = 0; i < sample_.calls.size(); i++)
    if (ConnectionEntry* entry = connection_of_[i]) take_call(*entry, sample_.calls[i], i);
}

void CallInterval::take_call(ConnectionEntry& entry, const CallReading& reading,
                             std::size_t index) {
  const Call& call = reading.call;
  entry.last_call_waits = call.flags & kCallWaits;
  if (entry.slots.service != kNoSlot)
    memory_.services.note_call(entry.slots.service, entry.reading.protocol, call,
                               processes_.name(entry.slots.process));
  if (entry.slots.pool != kNoSlot) pools_.note_busy(entry, call.start_ns, call.end_ns);
  const bool database = entry.slots.database != kNoSlot;
  if (!database && !is_http(entry)) return;
  QueryCaller caller;
  if (is_client(entry)) {
    // A socket that was inherited is used by another process than that which opened it.
    caller.process =
        reading.pid == entry.reading.pid ? entry.slots.process : processes_.slot(reading.pid);
    ProcessSums& process = sums(caller.process);
    process.calls++;
    process.errors += failed(call);
    process.total_ns += increase(call.start_ns, call.end_ns);
    tasks_.note_call(caller.process, call);
    if (database) note_serving(entry, reading, caller.process);
  }
  if (!database) return;
  if (!is_client(entry) && entry.slots.other_side_calls) {
    // Its client's connection tells of the transaction, too.
    entry.transaction = {};
    return;
  }
  if (is_client(entry)) {
    caller.task = processes_.task(caller.process, call);
    caller.endpoint = endpoint_of_[index];
  } else if (entry.reading.peer_pid) {
    caller.process = processes_.slot(entry.reading.peer_pid);
  }
  take_database_call(entry, reading, caller);
}

void CallInterval::note_serving(const ConnectionEntry& entry, const CallReading& reading,
                                std::uint32_t client) {
  const std::uint32_t server = reading.server.pid ? reading.server.pid : entry.reading.peer_pid;
  if (server) tasks_.note_serving(processes_.slot(server), client);
}

void CallInterval::take_database_call(ConnectionEntry& entry, const CallReading& reading,
                                      const QueryCaller& caller) {
  databases_.note_call(entry, reading.call);
  if (is_client(entry) && reading.server.pid && !entry.reading.peer_pid)
    databases_.note_server(entry.slots.database, processes_.slot(reading.server.pid));
  queries_.note(entry.slots, reading, caller, is_client(entry));
}

void CallInterval::take_connections() {
  const std::uint64_t tick = memory_.connections.tick();
  for (ConnectionEntry& entry : memory_.connections.entries()) {
    if (entry.slots.service != kNoSlot) memory_.services.note_connection(entry, tick);
    if (entry.slots.pool != kNoSlot) pools_.note_connection(entry, tick);
    if (entry.slots.database != kNoSlot)
      databases_.note_connection(entry, sample_.monotonic_ns, tick);
  }
}

std::map<ProcessId, ProcessCalls> CallInterval::process_calls() const {
  std::map<ProcessId, ProcessCalls> calls;
  for (std::uint32_t slot = 0; slot < process_sums_.size(); slot++) {
    const ProcessSums& process = process_sums_[slot];
    const CallSums& answered = process.answered;
    ProcessCalls& row = calls[processes_.name(slot).id];
    row.made = {process.calls, process.errors, seconds_of(process.total_ns)};
    if (answered.count || process.serves)
      row.answered = RequestTotals{answered.count, answered.errors, answered.latency.latency()};
  }
  return calls;
}

CallRows CallInterval::rows() {
  find_connections();
  for (ConnectionEntry& entry : memory_.connections.entries()) place(entry);
  take_requests();
  settle_calls();
  take_calls();
  take_connections();
  CallRows rows;
  rows.covered = true;
  memory_.services.note_listeners(sample_.listeners);
  rows.services = memory_.services.end_interval(sample_.monotonic_ns, processes_);
  rows.queries = queries_.rows({memory_.texts, processes_, databases_});
  rows.databases = databases_.rows(processes_, pools_);
  rows.endpoints = endpoints_.rows(processes_, memory_.texts);
  rows.processes = process_calls();
  rows.tasks = tasks_.rows(processes_);
  rows.servings = tasks_.servings(processes_);
  return rows;
}

}  // namespace culprit
