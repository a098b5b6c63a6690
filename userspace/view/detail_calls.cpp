// SPDX-License-Identifier: Apache-2.0
#include "view/detail_calls.h"

#include <algorithm>

#include "view/call_words.h"
#include "view/column.h"
#include "view/format.h"
#include "view/plot.h"

namespace culprit {
namespace {

constexpr Style kBad{.colour = Colour::kRed, .bold = true};
constexpr Style kTold{.colour = Colour::kYellow};

std::string count_text(std::uint64_t count) {
  return format_count(static_cast<double>(count));
}

std::string name_text(const ProcessName& process) {
  return process.name + " (" + std::to_string(process.id.pid) + ")";
}

// What the row is, on a line of its own, and the area below it.
Area draw_head(Canvas& canvas, Area area, std::string_view head) {
  canvas.fill(area.row, 0, canvas.width(), kReverse);
  canvas.put_cut(area.row, 1, head, {.bold = true, .reverse = true}, canvas.width() - 2);
  return {area.row + 1, area.column, area.width, std::max(area.height - 1, 0)};
}

struct Halves {
  Area left, right;
};

// Below `used` rows; side by side where that leaves either wide enough to read.
Halves halve(Area area, int used) {
  const Area rest{area.row + used, area.column, area.width, std::max(area.height - used, 0)};
  if (area.width < 76) {
    const int upper = (rest.height + 1) / 2;
    return {{rest.row, rest.column, rest.width, upper},
            {rest.row + upper, rest.column, rest.width, rest.height - upper}};
  }
  const int left = (area.width - 2) / 2;
  return {{rest.row, rest.column, left, rest.height},
          {rest.row, rest.column + left + 2, area.width - left - 2, rest.height}};
}

void write_latency(Page& page, std::string_view label, const std::optional<Latency>& latency) {
  Pen pen = page.line();
  pen.text(label, kBold).skip(2);
  if (!latency) {
    pen.text("-", kDim);
    return;
  }
  pen.item("p50", format_latency(latency->p50_seconds));
  pen.item("p95", format_latency(latency->p95_seconds));
  pen.item("p99", format_latency(latency->p99_seconds));
  pen.item("max", format_latency(latency->max_seconds));
  pen.item("mean", format_latency(latency->mean_seconds));
}

void write_share(Page& page, std::string_view label, double part, double whole, std::uint64_t calls,
                 Style style) {
  page.bar(label, per_call(part, calls) + "  " + share_text(part, whole),
           whole > 0 ? part / whole : 0, style);
}

void write_parts(Page& page, const QueryRow& query) {
  page.rule("Where the time of a call went");
  if (!query.parts) {
    page.text("- (replies of this connection are not seen arriving)", kDim);
    return;
  }
  const CallParts& parts = *query.parts;
  const double all = parts.server_seconds + parts.pickup_seconds + parts.stream_seconds;
  write_share(page, "server", parts.server_seconds, all, query.calls, {.colour = Colour::kGreen});
  write_share(page, "pickup by caller", parts.pickup_seconds, all, query.calls,
              {.colour = Colour::kYellow});
  write_share(page, "streaming", parts.stream_seconds, all, query.calls, {.colour = Colour::kBlue});
}

void write_backend(Page& page, const QueryRow& query) {
  const auto& server = query.server;
  if (!server || server->seconds <= 0) {
    page.rule("The backend");
    page.text("- (it is not on this host, or was not seen)", kDim);
    return;
  }
  page.rule("The backend, in " +
            share_text(static_cast<double>(server->calls), static_cast<double>(query.calls)) +
            " of the calls");
  const double other =
      std::max(0.0, server->seconds - server->cpu_seconds - server->run_queue_seconds -
                        server->disk_seconds - server->unread_seconds);
  const auto part = [&](std::string_view label, double seconds, Colour colour) {
    write_share(page, label, seconds, server->seconds, server->calls, {.colour = colour});
  };
  part("on a CPU", server->cpu_seconds, Colour::kGreen);
  part("waited for a CPU", server->run_queue_seconds, Colour::kYellow);
  part("waited for disk", server->disk_seconds, Colour::kRed);
  part("busy with others", server->unread_seconds, Colour::kMagenta);
  part("else (locks, …)", other, Colour::kBlue);
}

void write_errors(Page& page, const QueryRow& query, double seconds) {
  if (query.errors_by_code.empty()) return;
  page.rule("Errors by code");
  for (const auto& [code, count] : query.errors_by_code)
    page.line().item(code, per_second(count, seconds)).item("in all", count_text(count));
}

void write_callers(Page& page, const QueryRow& query) {
  constexpr PageColumn kColumns[] = {{"TIME", 6}, {"CALLS", 6}, {"CALLER", 0}};
  page.rule("Callers");
  std::vector<PageRow> rows;
  for (const CallerRow& caller : query.callers) {
    std::string who = name_text(caller.process);
    if (caller.endpoint) who += " " + *caller.endpoint;
    if (caller.task && caller.task != caller.process.name) who += " in " + *caller.task;
    rows.push_back({share_text(caller.seconds, query.seconds), count_text(caller.calls), who});
  }
  page.table(kColumns, rows);
}

std::string mean_bytes(std::uint64_t bytes, std::uint64_t calls) {
  return calls > 0 ? format_bytes(static_cast<double>(bytes) / static_cast<double>(calls)) : "-";
}

void write_query_totals(Page& page, const QueryRow& query, double seconds) {
  Pen totals = page.line();
  totals.item("calls", per_second(query.calls, seconds));
  totals.item("errors", per_second(query.errors, seconds), query.errors ? kBad : kPlain);
  totals.item("time", format_percent(seconds > 0 ? 100 * query.seconds / seconds : 0) + "%");
  if (query.rows && query.calls > 0)
    totals.item("rows per call",
                format_count(static_cast<double>(*query.rows) / static_cast<double>(query.calls)));
  totals.item("sent", mean_bytes(query.request_bytes, query.calls) + " per call");
  totals.item("got", mean_bytes(query.reply_bytes, query.calls));
  if (query.waits) totals.item("", "waiting is its purpose", kDim);
}

void write_transactions(Page& page, const DatabaseRow& database, double seconds) {
  page.rule("Transactions");
  if (!database.transactions) {
    page.text("- (the protocol does not tell)", kDim);
    return;
  }
  const TransactionTotals& all = *database.transactions;
  Pen ended = page.line();
  ended.item("ended", per_second(all.count, seconds));
  if (all.count > 0) {
    const auto count = static_cast<double>(all.count);
    ended.item("statements each", format_count(static_cast<double>(all.statements) / count));
    ended.item("mean", per_call(all.seconds, all.count));
    ended.item("longest", format_latency(all.longest_seconds));
    ended.item("idle", share_text(all.idle_seconds, all.seconds));
  }
  Pen open = page.line();
  open.item("open now", std::to_string(all.open));
  if (all.longest_open_seconds)
    open.item("the longest for", format_latency(*all.longest_open_seconds));
  if (all.longest_idle_seconds)
    open.item("idle for", format_latency(*all.longest_idle_seconds), kTold);
}

void write_cache(Page& page, const DatabaseRow& database, double seconds) {
  if (!database.cache) return;
  const CacheTotals& cache = *database.cache;
  const auto hits = static_cast<double>(cache.hits);
  page.rule("Cache");
  page.line()
      .item("hit ratio", share_text(hits, hits + static_cast<double>(cache.misses)))
      .item("hits", per_second(cache.hits, seconds))
      .item("misses", per_second(cache.misses, seconds));
}

}  // namespace

void draw_query(Canvas& canvas, Area area, const Snapshot& now, const QueryRow& query) {
  std::string head = std::string(protocol_name(query.protocol)) + " at " + query.address;
  if (query.database) head += ", database " + *query.database;
  if (query.id != 0) head += ", query " + query_id_text(query.id);
  area = draw_head(canvas, area, head);
  Page page(canvas, area);
  page.wrapped(describe_query(query), {.colour = Colour::kCyan}, std::max(area.height / 3, 2));
  write_query_totals(page, query, now.seconds);
  write_latency(page, "Latency", query.latency);
  for (const auto& sentence : {backend_sentence(query.server), pickup_sentence(query.parts)})
    if (sentence) page.text(*sentence, kTold);

  const Halves halves = halve(area, page.row());
  Page left(canvas, halves.left);
  write_parts(left, query);
  write_backend(left, query);
  Page right(canvas, halves.right);
  write_errors(right, query, now.seconds);
  write_callers(right, query);
}

void draw_endpoint(Canvas& canvas, Area area, const Snapshot& now, const EndpointRow& endpoint) {
  area = draw_head(
      canvas, area,
      endpoint.method + " " + endpoint.route + "  answered by " + name_text(endpoint.process));
  Page page(canvas, area);
  Pen totals = page.line();
  totals.item("requests", per_second(endpoint.requests, now.seconds));
  totals.item("errors", per_second(endpoint.errors, now.seconds), endpoint.errors ? kBad : kPlain);
  totals.item("calls per request",
              endpoint.calls_per_request ? format_count(*endpoint.calls_per_request) : "-");
  if (endpoint.calls_confidence)
    totals.item("certain for", share_text(*endpoint.calls_confidence, 1) + " of them");
  totals.item("response",
              endpoint.bytes_per_response ? format_bytes(*endpoint.bytes_per_response) : "-");
  write_latency(page, "Latency", endpoint.latency);
  Pen answers = page.line();
  answers.text("Answers", kBold).skip(2);
  for (const auto& [status, count] : endpoint.status)
    answers.item(status, per_second(count, now.seconds), status >= "5" ? kBad : kPlain);
  page.rule("Its queries (SERVER, PICKUP, STREAM, BKRUNQ%: of all callers)");
  const auto queries = queries_of(now, endpoint);
  if (queries.empty())
    page.text("no call to a database or cache was seen to belong to it", kDim);
  else
    write_queries(page, queries, now.seconds);
}

void draw_database(Canvas& canvas, Area area, const Snapshot& now, const DatabaseRow& database) {
  std::string head = std::string(protocol_name(database.protocol)) + " at " + database.address;
  if (database.server) head += "  served by " + name_text(*database.server);
  area = draw_head(canvas, area, head);
  Page page(canvas, area);
  Pen totals = page.line();
  totals.item("operations", per_second(database.operations, now.seconds));
  totals.item("errors", per_second(database.errors, now.seconds), database.errors ? kBad : kPlain);
  totals.item("time",
              format_percent(now.seconds > 0 ? 100 * database.seconds / now.seconds : 0) + "%");
  write_latency(page, "Latency", database.latency);
  write_transactions(page, database, now.seconds);
  write_cache(page, database, now.seconds);
  page.rule("Connections that are open to it, by process");
  std::vector<PoolShare> pools;
  for (const PoolRow& pool : database.pools) pools.push_back({&database, &pool});
  write_pools(page, pools, now.seconds);
}

void draw_service(Canvas& canvas, Area area, const Snapshot& now, const ServiceRow& service) {
  area = draw_head(canvas, area, service.protocol + " at " + service.address);
  Page page(canvas, area);
  Pen totals = page.line();
  totals.item("", service.healthy ? "healthy" : "not healthy",
              service.healthy ? Style{.colour = Colour::kGreen} : kBad);
  totals.item("requests", per_second(service.requests, now.seconds));
  totals.item("errors", per_second(service.errors, now.seconds), service.errors ? kBad : kPlain);
  totals.item("connects", per_second(service.connects, now.seconds));
  totals.item("failed", count_text(service.connect_failures),
              service.connect_failures ? kBad : kPlain);
  if (service.silent_seconds)
    totals.item("silent for", format_latency(*service.silent_seconds), kTold);
  write_latency(page, "Latency of requests", service.latency);
  write_latency(page, "Latency of connects", service.connect_latency);
  page.rule("Who uses it");
  for (const ProcessName& user : service.users) page.text(name_text(user));
}

}  // namespace culprit
