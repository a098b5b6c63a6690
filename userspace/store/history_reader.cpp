// SPDX-License-Identifier: Apache-2.0
#include "store/history_reader.h"

#include <algorithm>
#include <cmath>

#include "store/history_schema.h"

namespace culprit {
namespace {

using history_schema::kTables;
using history_schema::milliseconds;
using history_schema::nanoseconds;

std::int64_t step_ns(std::size_t level) {
  return std::chrono::nanoseconds(kHistorySteps[level]).count();
}

template <typename T, typename E>
tl::unexpected<Error> failed(const tl::expected<T, E>& result) {
  return tl::unexpected<Error>(result.error());
}

/// Runs a query whose two parameters are the ends of a time, and takes each row.
template <typename Row>
Result<std::vector<Row>> collect(SqlDatabase& database, std::string_view sql, TimeSpan span,
                                 void (*take)(SqlStatement&, Row&)) {
  auto query = database.prepare(sql);
  if (!query) return failed(query);
  query->bind(1, milliseconds(span.since_ns)).bind(2, milliseconds(span.until_ns));
  std::vector<Row> rows;
  for (;;) {
    const auto more = query->step();
    if (!more) return failed(more);
    if (!*more) return rows;
    take(*query, rows.emplace_back());
  }
}

std::string text(const SqlStatement& row, int column) {
  return std::string(row.bytes(column));
}

void take_finding(SqlStatement& row, HistoryFinding& finding) {
  finding.id = text(row, 0);
  finding.target_key = text(row, 1);
  finding.since_ns = nanoseconds(row.integer(2));
  finding.until_ns = nanoseconds(row.integer(3));
  finding.severity = static_cast<Severity>(std::clamp<std::int64_t>(row.integer(4), 0, 2));
  finding.category = text(row, 5);
  finding.target_kind = static_cast<TargetKind>(std::clamp<std::int64_t>(row.integer(6), 0, 9));
  finding.target = text(row, 7);
  finding.summary = text(row, 8);
  finding.confidence = row.real(9);
}

}  // namespace

Result<std::unique_ptr<HistoryReader>> HistoryReader::open(const std::string& path) {
  auto database = SqlDatabase::open(path, SqlDatabase::Mode::kRead);
  if (!database) return misuse(database.error().message);
  if (const Status checked = history_schema::check(*database); !checked) return failed(checked);
  std::unique_ptr<HistoryReader> reader(new HistoryReader(std::move(*database)));
  if (const Status read = reader->read_layouts(); !read) return failed(read);
  auto query = reader->database_.prepare("SELECT kind, label FROM name WHERE id = ?");
  if (!query) return failed(query);
  reader->name_query_ = std::move(*query);
  return reader;
}

Status HistoryReader::read_layouts() {
  auto query = database_.prepare("SELECT id, document FROM layout");
  if (!query) return failed(query);
  for (;;) {
    const auto more = query->step();
    if (!more) return failed(more);
    if (!*more) return {};
    auto layout = parse_history_layout(query->bytes(1));
    if (!layout) return misuse(database_.path() + ": " + layout.error().message);
    layouts_.insert_or_assign(query->integer(0), std::move(*layout));
  }
}

HistoryNamePtr HistoryReader::name(std::uint64_t id) {
  const auto found = names_.find(id);
  if (found != names_.end()) return found->second;
  HistoryNamePtr name;
  const auto known = name_query_->bind(1, static_cast<std::int64_t>(id)).step();
  if (known && *known)
    name = history_schema::name_of(name_query_->integer(0), name_query_->bytes(1));
  name_query_->reset();
  names_.emplace(id, name);
  return name;
}

Status HistoryReader::unpack(SqlStatement& row, HistoryDetail detail, HistoryTick& tick) {
  tick.start_ns = nanoseconds(row.integer(0));
  tick.end_ns = nanoseconds(row.integer(1));
  tick.seconds = row.real(2);
  // A layout that is newer than this reader was written after it was opened.
  if (!layouts_.contains(row.integer(3)))
    if (const Status read = read_layouts(); !read) return read;
  const auto layout = layouts_.find(row.integer(3));
  if (layout == layouts_.end() || !std::isfinite(tick.seconds) || tick.seconds < 0 ||
      tick.end_ns < tick.start_ns)
    return misuse(database_.path() + ": a row of history that is damaged");
  Status read = unpacker_.unpack_host(row.bytes(4), layout->second, tick);
  if (read && detail == HistoryDetail::kAll)
    read = unpacker_.unpack_rows(
        row.bytes(5), layout->second, [this](std::uint64_t id) { return name(id); }, tick);
  if (!read) return misuse(database_.path() + ": " + read.error().message);
  return {};
}

Result<std::optional<TimeSpan>> HistoryReader::span(std::size_t level) {
  // Each its own look-up: SQLite finds one extreme at an end of the index, not both at once.
  const std::string table = kTables[level];
  auto query = database_.prepare("SELECT (SELECT min(start_ms) FROM " + table + "), end_ms FROM " +
                                 table + " ORDER BY start_ms DESC LIMIT 1");
  if (!query) return failed(query);
  const auto more = query->step();
  if (!more) return failed(more);
  if (!*more) return std::optional<TimeSpan>();
  return std::optional(TimeSpan{nanoseconds(query->integer(0)), nanoseconds(query->integer(1))});
}

Result<std::optional<TimeSpan>> HistoryReader::span() {
  std::optional<TimeSpan> all;
  for (std::size_t level = 0; level < kHistoryLevels; level++) {
    const auto held = span(level);
    if (!held) return failed(held);
    if (!*held) continue;
    if (!all) all = **held;
    all->since_ns = std::min(all->since_ns, (*held)->since_ns);
    all->until_ns = std::max(all->until_ns, (*held)->until_ns);
  }
  return all;
}

Status HistoryReader::ticks(std::size_t level, TimeSpan span, HistoryDetail detail,
                            const Use& use) {
  auto query =
      database_.prepare(std::string("SELECT start_ms, end_ms, seconds, layout, host") +
                        (detail == HistoryDetail::kAll ? ", rows" : "") + " FROM " +
                        kTables[level] + " WHERE start_ms >= ? AND start_ms < ? ORDER BY start_ms");
  if (!query) return failed(query);
  query->bind(1, milliseconds(span.since_ns)).bind(2, milliseconds(span.until_ns));
  for (;;) {
    const auto more = query->step();
    if (!more) return failed(more);
    if (!*more) return {};
    HistoryTick tick;
    if (const Status read = unpack(*query, detail, tick); !read) return read;
    use(std::move(tick));
  }
}

Result<std::vector<HistoryTick>> HistoryReader::ticks(std::size_t level, TimeSpan span,
                                                      HistoryDetail detail) {
  std::vector<HistoryTick> found;
  const Status read =
      ticks(level, span, detail, [&](HistoryTick&& tick) { found.push_back(std::move(tick)); });
  if (!read) return failed(read);
  return found;
}

/// Which level tells which part: the first all that it has, coarser ones what was before, finer
/// ones what came after.
Result<std::vector<HistoryReader::Piece>> HistoryReader::pieces(TimeSpan wanted,
                                                                std::size_t first) {
  std::vector<Piece> found;
  const auto part_of = [&](std::size_t level, TimeSpan free) -> Result<std::optional<TimeSpan>> {
    const auto held = span(level);
    if (!held || !*held) return held;
    const TimeSpan part{std::max(free.since_ns, (*held)->since_ns),
                        std::min(free.until_ns, (*held)->until_ns)};
    return part.since_ns < part.until_ns ? std::optional(part) : std::nullopt;
  };
  for (std::size_t level = first; level < kHistoryLevels; level++) {
    const std::int64_t end = found.empty() ? wanted.until_ns : found.front().span.since_ns;
    const auto part = part_of(level, {wanted.since_ns, end});
    if (!part) return failed(part);
    if (*part) found.insert(found.begin(), {level, **part});
  }
  for (std::size_t level = first; level-- > 0;) {
    const std::int64_t begin = found.empty() ? wanted.since_ns : found.back().span.until_ns;
    const auto part = part_of(level, {begin, wanted.until_ns});
    if (!part) return failed(part);
    if (*part) found.push_back({level, **part});
  }
  return found;
}

Status HistoryReader::range(TimeSpan wanted, std::size_t least, HistoryDetail detail,
                            const Use& use) {
  std::size_t first = kHistoryLevels - 1;
  while (first > 0 &&
         (wanted.until_ns - wanted.since_ns) / step_ns(first) < static_cast<std::int64_t>(least))
    first--;
  const auto plan = pieces(wanted, first);
  if (!plan) return failed(plan);
  for (std::size_t place = 0; place < plan->size(); place++) {
    const Piece& piece = (*plan)[place];
    // One that goes on into the next piece would count that twice.
    const std::int64_t end =
        place + 1 < plan->size() ? (*plan)[place + 1].span.since_ns : INT64_MAX;
    const Status read = ticks(piece.level, piece.span, detail, [&](HistoryTick&& tick) {
      if (tick.end_ns <= end) use(std::move(tick));
    });
    if (!read) return read;
  }
  return {};
}

Result<std::optional<HistoryTick>> HistoryReader::at(std::int64_t time_ns) {
  for (std::size_t level = 0; level < kHistoryLevels; level++) {
    auto query = database_.prepare(std::string("SELECT start_ms FROM ") + kTables[level] +
                                   " WHERE start_ms <= ? AND end_ms >= ?"
                                   " ORDER BY start_ms DESC LIMIT 1");
    if (!query) return failed(query);
    const std::int64_t time_ms = milliseconds(time_ns);
    query->bind(1, time_ms).bind(2, time_ms);
    const auto more = query->step();
    if (!more) return failed(more);
    if (!*more) continue;
    const std::int64_t start_ns = nanoseconds(query->integer(0));
    query->reset();
    auto found = ticks(level, {start_ns, start_ns + history_schema::kNanosecondsPerMillisecond},
                       HistoryDetail::kAll);
    if (!found) return failed(found);
    if (!found->empty()) return std::optional(std::move(found->front()));
  }
  return std::optional<HistoryTick>();
}

Result<std::vector<HistoryFinding>> HistoryReader::findings(TimeSpan span) {
  return collect<HistoryFinding>(
      database_,
      "SELECT id, target_key, since_ms, until_ms, severity, category, target_kind, target,"
      " summary, confidence FROM finding WHERE until_ms >= ? AND since_ms < ?"
      " ORDER BY since_ms, id, target_key",
      span, take_finding);
}

Result<std::vector<HistoryGap>> HistoryReader::gaps(TimeSpan span) {
  return collect<HistoryGap>(
      database_,
      "SELECT since_ms, until_ms, ticks, cause FROM gap WHERE until_ms >= ? AND since_ms < ?"
      " ORDER BY since_ms",
      span, [](SqlStatement& row, HistoryGap& gap) {
        gap.since_ns = nanoseconds(row.integer(0));
        gap.until_ns = nanoseconds(row.integer(1));
        gap.ticks = static_cast<std::uint64_t>(std::max<std::int64_t>(0, row.integer(2)));
        gap.cause = text(row, 3);
      });
}

Result<std::vector<HistoryAction>> HistoryReader::actions(TimeSpan span) {
  return collect<HistoryAction>(database_,
                                "SELECT id, time_ms, target, verdict, document FROM action"
                                " WHERE time_ms >= ? AND time_ms < ? ORDER BY time_ms, id",
                                span, [](SqlStatement& row, HistoryAction& action) {
                                  action.id = text(row, 0);
                                  action.time_ns = nanoseconds(row.integer(1));
                                  action.target = text(row, 2);
                                  action.verdict = text(row, 3);
                                  action.document = text(row, 4);
                                });
}

Result<std::vector<FirstSeen>> HistoryReader::first_seen(TimeSpan span) {
  auto seen = collect<FirstSeen>(
      database_,
      "SELECT kind, label, first_ms FROM name WHERE first_ms >= ? AND first_ms < ?"
      " ORDER BY first_ms, id",
      span, [](SqlStatement& row, FirstSeen& one) {
        one.name = history_schema::name_of(row.integer(0), row.bytes(1));
        one.first_ns = nanoseconds(row.integer(2));
      });
  if (seen) std::erase_if(*seen, [](const FirstSeen& one) { return !one.name; });
  return seen;
}

Result<std::string> HistoryReader::host() {
  auto query = database_.prepare("SELECT document FROM host ORDER BY id DESC LIMIT 1");
  if (!query) return failed(query);
  const auto more = query->step();
  if (!more) return failed(more);
  return *more ? text(*query, 0) : std::string();
}

}  // namespace culprit
