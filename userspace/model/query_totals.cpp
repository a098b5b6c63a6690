// SPDX-License-Identifier: Apache-2.0
#include "model/query_totals.h"

#include <algorithm>
#include <cstring>
#include <tuple>

#include "model/counter.h"

namespace culprit {
namespace {

constexpr std::size_t kMostErrorCodes = 32;  // of one query: codes come from the wire

}  // namespace

void QueryTotals::reserve(std::size_t calls) {
  // Most calls share their query and caller with others.
  slots_.reserve(calls / 4);
  callers_.reserve(calls / 4);
}

std::uint32_t QueryTotals::name_slot(std::string_view database) {
  if (database.empty()) return kNoSlot;
  const auto [place, is_new] =
      name_slots_.try_emplace(database, static_cast<std::uint32_t>(names_.size()));
  if (is_new) names_.push_back(database);
  return place->second;
}

void QueryTotals::Query::note_error(const Call& call) {
  if (!failed(call)) return;
  if (call.outcome == Outcome::kAborted) {
    given_up++;
    return;
  }
  const auto found = std::find_if(errors.begin(), errors.end(),
                                  [&](const auto& error) { return error.first == call.error; });
  if (found != errors.end())
    found->second++;
  else if (errors.size() < kMostErrorCodes)
    errors.emplace_back(call.error, 1);
  else
    other_errors++;
}

void QueryTotals::Query::note(const CallReading& reading, bool parts) {
  const Call& call = reading.call;
  calls.note(call);
  note_error(call);
  if (call.rows != kUnknownCount) {
    rows += call.rows;
    with_rows++;
  }
  request_bytes += call.request_bytes;
  reply_bytes += call.reply_bytes;
  if (parts && call.arrived_ns) {
    with_parts++;
    server_ns += increase(call.request_end_ns, call.arrived_ns);
    pickup_ns += increase(call.arrived_ns, call.first_read_ns);
    stream_ns += increase(call.first_read_ns, call.end_ns);
  }
  const ServerHalf& server = reading.server;
  if (server.pid && server.cpu_ns != kUnknownCount) {
    with_server++;
    answer_ns += increase(call.request_end_ns, server.last_sent_ns);
    unread_ns += server.unread_ns;
    cpu_ns += server.cpu_ns;
    run_queue_ns += server.run_queue_ns;
    disk_ns += server.disk_ns;
  }
}

void QueryTotals::Query::add(const Query& other) {
  calls.add(other.calls);
  for (const auto& [code, count] : other.errors) other_errors += count;
  given_up += other.given_up;
  other_errors += other.other_errors;
  rows += other.rows;
  with_rows += other.with_rows;
  request_bytes += other.request_bytes;
  reply_bytes += other.reply_bytes;
  with_parts += other.with_parts;
  server_ns += other.server_ns;
  pickup_ns += other.pickup_ns;
  stream_ns += other.stream_ns;
  with_server += other.with_server;
  answer_ns += other.answer_ns;
  unread_ns += other.unread_ns;
  cpu_ns += other.cpu_ns;
  run_queue_ns += other.run_queue_ns;
  disk_ns += other.disk_ns;
}

void QueryTotals::Query::fill(QueryRow& row) const {
  row.calls = calls.count;
  row.errors = calls.errors;
  row.seconds = calls.seconds();
  row.latency = calls.latency.latency();
  row.waits = calls.latency.count() == 0;
  for (const auto& [code, count] : errors) {
    const std::string name(code.data(), strnlen(code.data(), code.size()));
    row.errors_by_code[name.empty() ? "unknown" : name] += count;
  }
  if (given_up) row.errors_by_code["aborted"] += given_up;
  if (other_errors) row.errors_by_code["other"] += other_errors;
  if (with_rows) row.rows = rows;
  row.request_bytes = request_bytes;
  row.reply_bytes = reply_bytes;
  if (with_parts)
    row.parts = CallParts{seconds_of(server_ns), seconds_of(pickup_ns), seconds_of(stream_ns)};
  if (with_server)
    row.server = ServerView{with_server,         seconds_of(answer_ns),
                            seconds_of(cpu_ns),  seconds_of(run_queue_ns),
                            seconds_of(disk_ns), seconds_of(unread_ns)};
}

void QueryTotals::note(const ConnectionSlots& slots, const CallReading& reading,
                       const QueryCaller& caller, bool parts) {
  const QueryId id = reading.call.query;
  const Key key{id, slots.database, id ? slots.name : kNoSlot};
  const auto [place, is_new] = slots_.try_emplace(key, static_cast<std::uint32_t>(queries_.size()));
  if (is_new) {
    queries_.emplace_back();
    queries_.back().key = key;
  }
  queries_[place->second].note(reading, parts);
  note_repeat(place->second, reading.call);
  if (caller.process == kNoSlot) return;
  CallerSums& sums = callers_[{place->second, caller}];
  sums.calls++;
  sums.total_ns += increase(reading.call.start_ns, reading.call.end_ns);
}

void QueryTotals::note_repeat(std::uint32_t query, const Call& call) {
  if (!call.arguments || failed(call)) return;
  if (repeats_.empty()) repeats_.resize(kRepeatPlaces);
  Repeats& repeats = repeats_[hash_numbers(query, call.arguments) % kRepeatPlaces];
  if (repeats.query != query || repeats.arguments != call.arguments) {
    if (repeats.votes <= 1)
      repeats = {query, call.arguments, 1, call.reply_bytes, 0, 0};
    else
      repeats.votes--;
    return;
  }
  repeats.votes++;
  if (repeats.reply_bytes == call.reply_bytes) {
    repeats.unchanged++;
    repeats.total_ns += increase(call.start_ns, call.end_ns);
  }
  repeats.reply_bytes = call.reply_bytes;
}

/// Of each query those of its most frequent arguments.
void QueryTotals::add_repeats(std::vector<QueryRow>& rows,
                              const std::vector<std::uint32_t>& slots) const {
  std::vector<const Repeats*> most(queries_.size());
  for (const Repeats& repeats : repeats_) {
    if (!repeats.arguments) continue;
    const Repeats*& present = most[repeats.query];
    if (!present || std::tie(repeats.unchanged, repeats.total_ns) >
                        std::tie(present->unchanged, present->total_ns))
      present = &repeats;
  }
  for (std::size_t i = 0; i < rows.size(); i++) {
    const Repeats* repeats = most[slots[i]];
    if (!repeats) continue;
    rows[i].repeated_calls = repeats->unchanged;
    rows[i].repeated_seconds = seconds_of(repeats->total_ns);
  }
}

/// All queries; the first kMostRows are the busiest in their order.
std::vector<std::uint32_t> QueryTotals::busiest(const QueryNames& names) const {
  std::vector<std::uint32_t> order(queries_.size());
  for (std::uint32_t i = 0; i < order.size(); i++) order[i] = i;
  const auto rank = [&](const Query& query) {
    const QueryText* text = names.texts.find(query.key.id);
    return std::tuple(text ? std::string_view(text->text) : std::string_view(), query.key.id,
                      names.databases.address(query.key.database),
                      names.databases.protocol(query.key.database),
                      query.key.name == kNoSlot ? std::string_view() : names_[query.key.name]);
  };
  const auto most = static_cast<std::ptrdiff_t>(std::min(order.size(), kMostRows));
  std::partial_sort(order.begin(), order.begin() + most, order.end(),
                    [&](std::uint32_t left, std::uint32_t right) {
                      const Query &a = queries_[left], &b = queries_[right];
                      if (a.calls.total_ns != b.calls.total_ns)
                        return a.calls.total_ns > b.calls.total_ns;
                      return rank(a) < rank(b);
                    });
  return order;
}

QueryRow QueryTotals::row(const Query& query, const QueryNames& names) const {
  QueryRow row;
  query.fill(row);
  row.id = query.key.id;
  row.protocol = names.databases.protocol(query.key.database);
  row.address = names.databases.address(query.key.database);
  if (query.key.name != kNoSlot) row.database = names_[query.key.name];
  const QueryText* text = names.texts.find(query.key.id);
  if (!text) return row;
  if (!text->operation.empty()) row.operation = text->operation;
  row.text = text->text;
  row.text_truncated = text->truncated;
  return row;
}

QueryRow QueryTotals::other_row(const std::vector<std::uint32_t>& slots,
                                const QueryNames& names) const {
  Query sum = queries_[slots[kMostRows]];
  bool one_database = true;
  for (std::size_t i = kMostRows + 1; i < slots.size(); i++) {
    const Query& query = queries_[slots[i]];
    sum.add(query);
    one_database &= query.key.database == sum.key.database;
  }
  QueryRow row;
  sum.fill(row);
  row.text = "(other)";
  if (!one_database) return row;
  row.protocol = names.databases.protocol(sum.key.database);
  row.address = names.databases.address(sum.key.database);
  return row;
}

void QueryTotals::add_callers(std::vector<QueryRow>& rows, const std::vector<std::uint32_t>& slots,
                              const QueryNames& names) const {
  std::vector<std::uint32_t> row_of(queries_.size(), kNoSlot);
  for (std::uint32_t i = 0; i < rows.size(); i++) row_of[slots[i]] = i;
  for (const auto& [key, sums] : callers_) {
    const auto& [query, who] = key;
    if (row_of[query] == kNoSlot) continue;
    CallerRow row;
    row.process = names.processes.name(who.process);
    if (who.task) row.task = names.processes.task_name(who.task);
    if (const QueryText* endpoint = names.texts.find(who.endpoint)) row.endpoint = endpoint->text;
    row.calls = sums.calls;
    row.seconds = seconds_of(sums.total_ns);
    rows[row_of[query]].callers.push_back(std::move(row));
  }
  for (QueryRow& row : rows) {
    std::sort(row.callers.begin(), row.callers.end(), [](const CallerRow& a, const CallerRow& b) {
      if (a.seconds != b.seconds) return a.seconds > b.seconds;
      return std::tie(a.process.name, a.process.id, a.task, a.endpoint, a.calls) <
             std::tie(b.process.name, b.process.id, b.task, b.endpoint, b.calls);
    });
    if (row.callers.size() > kMostCallers) row.callers.resize(kMostCallers);
  }
}

std::vector<QueryRow> QueryTotals::rows(const QueryNames& names) const {
  const std::vector<std::uint32_t> order = busiest(names);
  std::vector<QueryRow> rows;
  rows.reserve(std::min(order.size(), kMostRows + 1));
  for (std::size_t i = 0; i < order.size() && i < kMostRows; i++)
    rows.push_back(row(queries_[order[i]], names));
  add_callers(rows, order, names);
  add_repeats(rows, order);
  if (order.size() > kMostRows) rows.push_back(other_row(order, names));
  return rows;
}

}  // namespace culprit
