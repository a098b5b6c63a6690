// SPDX-License-Identifier: Apache-2.0
#include "store/history_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "store/history_schema.h"

namespace culprit {
namespace {

using history_schema::kTables;
using history_schema::milliseconds;

constexpr std::int64_t kSecond = 1000, kMinute = 60 * kSecond, kHour = 60 * kMinute;
constexpr std::int64_t kDropEvery = 20 * kSecond;
constexpr std::size_t kMostNames = 16'384;  // that are remembered, not those in the file
/// A name's last use is noted again when it is that much later, by level.
constexpr std::array<std::int64_t, kHistoryLevels> kNameSlack = {10 * kMinute, 2 * kHour,
                                                                 24 * kHour};
/// What is kept of a level while there is something else to drop.
constexpr std::array<std::int64_t, kHistoryLevels> kFloors = {10 * kMinute, 2 * kHour, 24 * kHour};
constexpr std::uint64_t kLogBytesLeast = 512 << 10, kLogBytesMost = 8 << 20;
constexpr std::int64_t kHeadroomBytes = 256 << 10;  // for what the next batch adds
constexpr int kDropRows = 64;
constexpr int kMostFindings = 20'000;

tl::unexpected<Error> failed(const auto& result) {
  return tl::unexpected<Error>(result.error());
}

std::string last_error(const std::string& path) {
  return path + ": " + std::strerror(errno);
}

/// The directory and the file, for their owner's eyes only.
Status make_file(const std::string& path) {
  const std::filesystem::path directory = std::filesystem::path(path).parent_path();
  struct stat status {};
  if (!directory.empty() && stat(directory.c_str(), &status) != 0 &&
      mkdir(directory.c_str(), 0750) != 0 && errno != EEXIST)
    return fail(last_error(directory.string()));
  // Closed before SQLite opens it: closing takes away all locks of a process on that file.
  const Fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file) return fail(last_error(path));
  return {};
}

Result<Fd> lock_file(const std::string& path) {
  const std::string name = path + ".lock";
  Fd lock(::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock) return fail(last_error(name));
  if (flock(lock.get(), LOCK_EX | LOCK_NB) != 0)
    return fail(errno == EWOULDBLOCK ? path + ": another culprit writes it" : last_error(name));
  return lock;
}

std::uint64_t size_of(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

/// Runs a statement once, with these parameters.
Status run(Result<SqlStatement> prepared, auto... values) {
  if (!prepared) return failed(prepared);
  int place = 0;
  (prepared->bind(++place, values), ...);
  return prepared->run();
}

}  // namespace

Result<HistoryFile> HistoryFile::open(const std::string& path, const HistoryOptions& options) {
  if (options.budget_bytes < kLeastHistoryBytes)
    return misuse("a history takes " + std::to_string(kLeastHistoryBytes >> 20) + " MiB or more");
  if (const Status made = make_file(path); !made) return failed(made);
  auto lock = lock_file(path);
  if (!lock) return failed(lock);
  auto database = SqlDatabase::open(path, SqlDatabase::Mode::kWrite);
  if (!database) return failed(database);
  HistoryFile file(std::move(*database), std::move(*lock), options);
  if (const Status prepared = file.prepare(); !prepared) return failed(prepared);
  return file;
}

Status HistoryFile::prepare() {
  const auto empty = history_schema::is_empty(database_);
  if (!empty) return failed(empty);
  if (*empty)
    if (const Status made = history_schema::create(database_); !made) return made;
  if (const Status checked = history_schema::check(database_); !checked) return checked;
  const auto page = database_.number("PRAGMA page_size");
  if (!page) return failed(page);
  const std::uint64_t log_bytes =
      std::clamp(options_.budget_bytes / 8, kLogBytesLeast, kLogBytesMost);
  most_pages_ = static_cast<std::int64_t>(options_.budget_bytes - log_bytes) / *page;
  const std::string settings =
      // Commits are not waited for, a checkpoint is: after a power cut the file is whole, and
      // lacks at most what came since the log was last written out.
      "PRAGMA synchronous = NORMAL;"
      "PRAGMA cache_size = -2048;"
      "PRAGMA wal_autocheckpoint = " +
      std::to_string(log_bytes / 2 / static_cast<std::uint64_t>(*page)) +
      ";PRAGMA journal_size_limit = " + std::to_string(log_bytes) +
      ";PRAGMA max_page_count = " + std::to_string(most_pages_) + ";";
  if (const Status set = database_.execute(settings.c_str()); !set) return set;
  if (const Status read = read_layout(); !read) return read;

  std::vector<SqlStatement> made;
  for (const std::string& sql :
       {std::string("INSERT OR REPLACE INTO ") + kTables[0] + " VALUES(?,?,?,?,?,?)",
        std::string("INSERT OR REPLACE INTO ") + kTables[1] + " VALUES(?,?,?,?,?,?)",
        std::string("INSERT OR REPLACE INTO ") + kTables[2] + " VALUES(?,?,?,?,?,?)",
        std::string("SELECT id, level, last_ms FROM name WHERE kind = ? AND label = ?"),
        std::string("INSERT INTO name(kind, label, first_ms, last_ms, level) VALUES(?,?,?,?,?)"),
        std::string("UPDATE name SET last_ms = ?, level = ? WHERE id = ?"),
        std::string("INSERT INTO finding VALUES(?,?,?,?,?,?,?,?,?,?)"
                    " ON CONFLICT DO UPDATE SET until_ms = max(until_ms, excluded.until_ms),"
                    " severity = max(severity, excluded.severity), summary = excluded.summary,"
                    " confidence = excluded.confidence"),
        std::string("INSERT INTO gap VALUES(?,?,?,?)"),
        std::string("INSERT OR REPLACE INTO action VALUES(?,?,?,?,?)")}) {
    auto statement = database_.prepare(sql);
    if (!statement) return failed(statement);
    made.push_back(std::move(*statement));
  }
  statements_.emplace(Statements{{std::move(made[0]), std::move(made[1]), std::move(made[2])},
                                 std::move(made[3]),
                                 std::move(made[4]),
                                 std::move(made[5]),
                                 std::move(made[6]),
                                 std::move(made[7]),
                                 std::move(made[8])});
  return {};
}

Status HistoryFile::read_layout() {
  const std::string document = current_history_layout_text();
  if (const Status added =
          run(database_.prepare("INSERT OR IGNORE INTO layout(document) VALUES(?)"),
              std::string_view(document));
      !added)
    return added;
  auto query = database_.prepare("SELECT id FROM layout WHERE document = ?");
  if (!query) return failed(query);
  const auto found = query->bind(1, std::string_view(document)).step();
  if (!found) return failed(found);
  layout_ = query->integer(0);
  return {};
}

Status HistoryFile::write(const HistoryBatch& batch) {
  // Before, not after: what was committed must not come back as failed, to be written twice.
  if (newest_ms_ - dropped_ms_ >= kDropEvery || newest_ms_ < dropped_ms_) {
    if (const Status dropped = drop_old(); !dropped) return dropped;
    dropped_ms_ = newest_ms_;
  }
  if (const Status room = make_room(); !room) return room;
  Status written = database_.execute("BEGIN IMMEDIATE");
  if (written) written = write_all(batch);
  if (written) written = database_.execute("COMMIT");
  if (!written) {
    // Numbers of names that were new in it are gone with it.
    names_.clear();
    host_.clear();
    if (database_.in_transaction())
      if (const Status undone = database_.execute("ROLLBACK"); !undone) return undone;
  }
  return written;
}

Status HistoryFile::write_all(const HistoryBatch& batch) {
  for (const LeveledTick* leveled : batch.ticks)
    if (const Status written = write_tick(*leveled); !written) return written;
  if (const Status written = write_records(batch); !written) return written;
  if (!batch.host.empty() && batch.host != host_) return write_host(batch.host, newest_ms_);
  return {};
}

Status HistoryFile::write_tick(const LeveledTick& leveled) {
  const HistoryTick& tick = leveled.tick;
  Status named;
  const auto packed = packer_.pack(tick, [&](const HistoryNamePtr& name) {
    const auto id = name_id(name, leveled.level, tick);
    if (!id) named = failed(id);
    return id ? *id : 0;
  });
  if (!named) return named;
  if (!packed) return failed(packed);
  newest_ms_ = milliseconds(tick.end_ns);
  return statements_->tick[leveled.level]
      .bind(1, milliseconds(tick.start_ns))
      .bind(2, newest_ms_)
      .bind(3, tick.seconds)
      .bind(4, layout_)
      .bind_blob(5, packed->host)
      .bind_blob(6, packed->rows)
      .run();
}

Result<std::uint64_t> HistoryFile::name_id(const HistoryNamePtr& name, std::size_t level,
                                           const HistoryTick& tick) {
  const std::int64_t now_ms = milliseconds(tick.end_ns);
  auto known = names_.find(name.get());
  if (known == names_.end()) {
    if (names_.size() >= kMostNames) names_.clear();
    const std::string label = history_schema::label_of(*name);
    KnownName entry{name, 0, level, now_ms};
    SqlStatement& find = statements_->find_name;
    find.bind(1, static_cast<std::int64_t>(name->kind)).bind(2, std::string_view(label));
    const auto found = find.step();
    if (!found) return failed(found);
    if (*found) {
      entry.id = static_cast<std::uint64_t>(find.integer(0));
      entry.level = static_cast<std::size_t>(find.integer(1));
      entry.last_ms = find.integer(2);
      find.reset();
    } else {
      const Status added = statements_->add_name.bind(1, static_cast<std::int64_t>(name->kind))
                               .bind(2, std::string_view(label))
                               .bind(3, milliseconds(tick.start_ns))
                               .bind(4, now_ms)
                               .bind(5, static_cast<std::int64_t>(level))
                               .run();
      if (!added) return failed(added);
      entry.id = static_cast<std::uint64_t>(database_.last_row());
    }
    known = names_.emplace(name.get(), std::move(entry)).first;
  }
  KnownName& entry = known->second;
  if (level > entry.level || now_ms - entry.last_ms > kNameSlack[entry.level] / 2) {
    entry.level = std::max(level, entry.level);
    entry.last_ms = std::max(now_ms, entry.last_ms);
    const Status used = statements_->use_name.bind(1, entry.last_ms)
                            .bind(2, static_cast<std::int64_t>(entry.level))
                            .bind(3, static_cast<std::int64_t>(entry.id))
                            .run();
    if (!used) return failed(used);
  }
  return entry.id;
}

Status HistoryFile::write_records(const HistoryBatch& batch) {
  for (const HistoryFinding& finding : batch.findings) {
    const Status written = statements_->finding.bind(1, std::string_view(finding.id))
                               .bind(2, std::string_view(finding.target_key))
                               .bind(3, milliseconds(finding.since_ns))
                               .bind(4, milliseconds(finding.until_ns))
                               .bind(5, static_cast<std::int64_t>(finding.severity))
                               .bind(6, std::string_view(finding.category))
                               .bind(7, static_cast<std::int64_t>(finding.target_kind))
                               .bind(8, std::string_view(finding.target))
                               .bind(9, std::string_view(finding.summary))
                               .bind(10, finding.confidence)
                               .run();
    if (!written) return written;
  }
  for (const HistoryGap& gap : batch.gaps) {
    const Status written = statements_->gap.bind(1, milliseconds(gap.since_ns))
                               .bind(2, milliseconds(gap.until_ns))
                               .bind(3, static_cast<std::int64_t>(gap.ticks))
                               .bind(4, std::string_view(gap.cause))
                               .run();
    if (!written) return written;
  }
  for (const HistoryAction& action : batch.actions) {
    const Status written = statements_->action.bind(1, std::string_view(action.id))
                               .bind(2, milliseconds(action.time_ns))
                               .bind(3, std::string_view(action.target))
                               .bind(4, std::string_view(action.verdict))
                               .bind(5, std::string_view(action.document))
                               .run();
    if (!written) return written;
  }
  return {};
}

Status HistoryFile::write_host(const std::string& document, std::int64_t since_ms) {
  const Status written =
      run(database_.prepare("INSERT INTO host(since_ms, document) SELECT ?1, ?2 WHERE ?2 IS NOT"
                            " (SELECT document FROM host ORDER BY id DESC LIMIT 1)"),
          since_ms, std::string_view(document));
  if (written) host_ = document;
  return written;
}

Status HistoryFile::drop_old() {
  for (std::size_t level = 0; level < kHistoryLevels; level++) {
    const std::int64_t kept_ms = std::chrono::milliseconds(options_.kept[level]).count();
    if (const Status dropped = run(
            database_.prepare(std::string("DELETE FROM ") + kTables[level] + " WHERE start_ms < ?"),
            newest_ms_ - kept_ms);
        !dropped)
      return dropped;
  }
  const std::int64_t oldest = newest_ms_ - std::chrono::milliseconds(options_.kept.back()).count();
  for (const char* sql :
       {"DELETE FROM finding WHERE until_ms < ?", "DELETE FROM gap WHERE until_ms < ?",
        "DELETE FROM action WHERE time_ms < ?"})
    if (const Status dropped = run(database_.prepare(sql), oldest); !dropped) return dropped;
  if (const Status dropped =
          run(database_.prepare("DELETE FROM finding WHERE rowid <= (SELECT max(rowid) FROM"
                                " finding) - ?"),
              std::int64_t{kMostFindings});
      !dropped)
    return dropped;
  return drop_names();
}

/// A name goes when the oldest tick of its level is younger than its last use.
Status HistoryFile::drop_names() {
  for (std::size_t level = 0; level < kHistoryLevels; level++) {
    const Status dropped =
        run(database_.prepare(std::string("DELETE FROM name WHERE level = ?1 AND last_ms + ?2 <"
                                          " ifnull((SELECT min(start_ms) FROM ") +
                              kTables[level] + "), ?3)"),
            static_cast<std::int64_t>(level), kNameSlack[level], newest_ms_);
    if (!dropped) return dropped;
    // What is remembered must be there.
    if (database_.changes() > 0) names_.clear();
  }
  return {};
}

Result<std::int64_t> HistoryFile::used_pages() {
  const auto pages = database_.number("PRAGMA page_count");
  if (!pages) return pages;
  const auto free = database_.number("PRAGMA freelist_count");
  if (!free) return free;
  return *pages - *free;
}

/// Drops the oldest ticks of a level but those of the last `keep_ms`; false: there were none.
Result<bool> HistoryFile::drop_some(std::size_t level, std::int64_t keep_ms) {
  const std::string table = kTables[level];
  const auto newest = database_.number("SELECT ifnull(max(start_ms), 0) FROM " + table);
  if (!newest) return failed(newest);
  const Status dropped =
      run(database_.prepare("DELETE FROM " + table + " WHERE start_ms IN (SELECT start_ms FROM " +
                            table + " WHERE start_ms < ? ORDER BY start_ms LIMIT ?)"),
          *newest - keep_ms, std::int64_t{kDropRows});
  if (!dropped) return failed(dropped);
  return database_.changes() > 0;
}

/// The finest level gives way first, but for its last minutes; then, if need be, they do, too.
Status HistoryFile::make_room() {
  const auto page = database_.number("PRAGMA page_size");
  if (!page) return failed(page);
  const std::int64_t room = std::max<std::int64_t>(kHeadroomBytes / *page, 1);
  for (int pass = 0; pass < 2; pass++) {
    for (std::size_t level = 0; level < kHistoryLevels; level++) {
      for (;;) {
        const auto used = used_pages();
        if (!used) return failed(used);
        if (*used + room <= most_pages_) {
          // A file that was allowed more gives it back.
          const auto pages = database_.number("PRAGMA page_count");
          if (!pages) return failed(pages);
          return *pages > most_pages_ ? database_.execute("PRAGMA incremental_vacuum") : Status();
        }
        const auto dropped = drop_some(level, pass == 0 ? kFloors[level] : 0);
        if (!dropped) return failed(dropped);
        if (!*dropped) break;
        if (const Status names = drop_names(); !names) return names;
      }
    }
  }
  return {};
}

std::uint64_t HistoryFile::bytes() const {
  return size_of(database_.path()) + size_of(database_.path() + "-wal");
}

}  // namespace culprit
