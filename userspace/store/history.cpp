// SPDX-License-Identifier: Apache-2.0
#include "store/history.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "store/history_reader.h"

namespace culprit {
namespace {

constexpr std::size_t kMostQueued = 64;    // snapshots that wait for the thread
constexpr std::size_t kMostPending = 240;  // ticks that wait for a file that can be written
constexpr std::size_t kMostBatch = 64;     // ticks of one transaction
constexpr std::size_t kMostGaps = 64, kMostFindings = 500, kMostActions = 1000;

std::int64_t bucket_of(const HistoryTick& tick, std::size_t level) {
  const std::int64_t middle = tick.start_ns + (tick.end_ns - tick.start_ns) / 2;
  return middle / std::chrono::nanoseconds(kHistorySteps[level]).count();
}

std::string host_document(const HostIdentity& host) {
  nlohmann::ordered_json document;
  document["hostname"] = host.hostname;
  document["boot_id"] = host.boot_id;
  document["kernel"] = host.kernel;
  document["architecture"] = host.architecture;
  document["cpu_count"] = host.cpu_count;
  document["memory_bytes"] = host.memory_bytes;
  return document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string key_of(const Target& target) {
  if (target.id) return *target.id;
  if (!target.pid) return target.name;
  return std::to_string(*target.pid) + "@" + std::to_string(target.start_time_ns.value_or(0)) +
         " " + target.name;
}

std::vector<HistoryFinding> findings_of(const Snapshot& snapshot) {
  std::vector<HistoryFinding> kept;
  if (!snapshot.judgement) return kept;
  for (const Finding& finding : snapshot.judgement->findings) {
    if (kept.size() == kMostFindings) break;
    kept.push_back({.id = finding.id,
                    .category = finding.category,
                    .summary = finding.summary,
                    .severity = finding.severity,
                    .target_kind = finding.target.kind,
                    .target = finding.target.name,
                    .target_key = key_of(finding.target),
                    .confidence = finding.confidence,
                    .since_ns = finding.since_wall_ns,
                    .until_ns = snapshot.end_wall_ns});
  }
  return kept;
}

}  // namespace

Result<std::unique_ptr<HistoryWriter>> HistoryWriter::open(const std::string& path,
                                                           const HistoryOptions& options) {
  auto file = HistoryFile::open(path, options);
  if (!file) return tl::unexpected<Error>(file.error());
  std::unique_ptr<HistoryWriter> writer(new HistoryWriter(path, options, std::move(*file)));
  if (const Status taken = writer->take_up(); !taken) writer->state_.error = taken.error().message;
  writer->thread_ = std::thread([raw = writer.get()] { raw->work(); });
  return writer;
}

HistoryWriter::~HistoryWriter() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

/// Merges what the last minute of the file has, so that it is not lost to the minutes.
Status HistoryWriter::take_up() {
  const auto reader = HistoryReader::open(path_);
  if (!reader) return tl::unexpected<Error>(reader.error());
  const auto held = (*reader)->span(0);
  if (!held) return tl::unexpected<Error>(held.error());
  if (!*held) return {};
  constexpr std::int64_t kMinute =
      std::chrono::nanoseconds(kHistorySteps[kHistoryLevels - 1]).count();
  auto ticks = (*reader)->ticks(0, {(*held)->until_ns - 2 * kMinute, (*held)->until_ns + kMinute},
                                HistoryDetail::kAll);
  if (!ticks) return tl::unexpected<Error>(ticks.error());
  for (HistoryTick& tick : *ticks) {
    for (HistoryTable& table : tick.tables)
      for (HistoryRow& row : table.rows)
        if (row.name) row.name = reducer_.names().get(HistoryName(*row.name));
    for (std::size_t level = 1; level < kHistoryLevels; level++) {
      if (bucket_of(tick, level) != bucket_of(ticks->back(), level)) continue;
      rollups_[level].add(tick);
      buckets_[level] = bucket_of(tick, level);
    }
  }
  return {};
}

void HistoryWriter::write(const Snapshot& snapshot) {
  if (snapshot.seconds <= 0 || snapshot.end_wall_ns <= snapshot.start_wall_ns) return;
  const std::string host_id = snapshot.host.hostname + snapshot.host.boot_id;
  if (host_.empty() || host_id != host_id_) {
    host_id_ = host_id;
    host_ = host_document(snapshot.host);
  }
  Entry entry{reducer_.reduce(snapshot), findings_of(snapshot), host_};
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() < kMostQueued) {
      queue_.push_back(std::move(entry));
    } else {
      if (refused_++ == 0) refused_span_.since_ns = entry.tick.start_ns;
      refused_span_.until_ns = entry.tick.end_ns;
      state_.ticks_lost++;
    }
  }
  wake_.notify_one();
}

void HistoryWriter::write(HistoryAction action) {
  {
    const std::lock_guard lock(mutex_);
    if (actions_.size() == kMostActions) actions_.erase(actions_.begin());
    actions_.push_back(std::move(action));
  }
  wake_.notify_one();
}

Status HistoryWriter::flush() {
  std::unique_lock lock(mutex_);
  const std::uint64_t mine = ++asked_;
  wake_.notify_one();
  done_.wait(lock, [&] { return answered_ >= mine; });
  return flushed_;
}

HistoryState HistoryWriter::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

void HistoryWriter::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    const auto urgent = [this] { return stop_ || asked_ != answered_; };
    wake_.wait(lock, [&] {
      return urgent() || !queue_.empty() || !actions_.empty() || !pending_.empty();
    });
    wake_.wait_for(lock, options_.commit_every, urgent);
    const bool last = stop_;
    const std::uint64_t asked = asked_;
    std::deque<Entry> queue = std::exchange(queue_, {});
    for (HistoryAction& action : actions_) pending_actions_.push_back(std::move(action));
    actions_.clear();
    if (const std::uint64_t refused = std::exchange(refused_, 0); refused > 0)
      gaps_.push_back({refused_span_.since_ns, refused_span_.until_ns, refused,
                       "the file took too long to be written"});
    lock.unlock();
    for (Entry& entry : queue) take(std::move(entry));
    Status committed = commit();
    lock.lock();
    state_.error = committed ? "" : committed.error().message;
    answered_ = asked;
    flushed_ = std::move(committed);
    done_.notify_all();
    if (last) return;
  }
}

void HistoryWriter::take(Entry&& entry) {
  roll_up(entry.tick);
  cut_to_leaders(entry.tick);
  pending_.push_back({0, std::move(entry.tick)});
  pending_host_ = std::move(entry.host);
  for (HistoryFinding& finding : entry.findings) {
    const auto key = std::pair(finding.id, finding.target_key);
    const auto known = findings_.find(key);
    if (known != findings_.end() && known->second.since_ns == finding.since_ns)
      finding.severity = std::max(finding.severity, known->second.severity);
    if (known != findings_.end() || findings_.size() < kMostFindings)
      findings_.insert_or_assign(key, std::move(finding));
  }
}

void HistoryWriter::roll_up(const HistoryTick& tick) {
  for (std::size_t level = 1; level < kHistoryLevels; level++) {
    const std::int64_t bucket = bucket_of(tick, level);
    if (bucket != buckets_[level])
      if (auto whole = rollups_[level].take()) pending_.push_back({level, std::move(*whole)});
    buckets_[level] = bucket;
    rollups_[level].add(tick);
  }
}

void HistoryWriter::lose(const HistoryTick& tick, const std::string& cause) {
  if (gaps_.empty() || (gaps_.back().cause != cause && gaps_.size() < kMostGaps))
    gaps_.push_back({tick.start_ns, tick.end_ns, 0, cause});
  HistoryGap& gap = gaps_.back();
  gap.since_ns = std::min(gap.since_ns, tick.start_ns);
  gap.until_ns = std::max(gap.until_ns, tick.end_ns);
  gap.ticks++;
}

Status HistoryWriter::commit() {
  const Status written = write_pending();
  if (written) return {};
  // Closed: whatever is wrong with it, the next attempt begins with a file that was just opened.
  file_.reset();
  std::uint64_t lost = 0;
  while (pending_.size() > kMostPending) {
    if (pending_.front().level == 0) {
      lose(pending_.front().tick, written.error().message);
      lost++;
    }
    pending_.pop_front();
  }
  if (pending_actions_.size() > kMostActions)
    pending_actions_.erase(pending_actions_.begin(),
                           pending_actions_.end() - static_cast<std::ptrdiff_t>(kMostActions));
  const std::lock_guard lock(mutex_);
  state_.ticks_lost += lost;
  return written;
}

Status HistoryWriter::write_pending() {
  if (!file_) {
    auto file = HistoryFile::open(path_, options_);
    if (!file) return tl::unexpected<Error>(file.error());
    file_ = std::move(*file);
  }
  while (!pending_.empty() || !gaps_.empty() || !pending_actions_.empty()) {
    HistoryBatch batch;
    const std::size_t count = std::min(pending_.size(), kMostBatch);
    std::uint64_t ticks = 0;
    for (std::size_t place = 0; place < count; place++) {
      batch.ticks.push_back(&pending_[place]);
      ticks += pending_[place].level == 0;
    }
    for (const auto& [key, finding] : findings_) batch.findings.push_back(finding);
    batch.gaps = gaps_;
    batch.actions = pending_actions_;
    batch.host = pending_host_;
    if (const Status written = file_->write(batch); !written) return written;
    pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(count));
    findings_.clear();
    gaps_.clear();
    pending_actions_.clear();
    const std::lock_guard lock(mutex_);
    state_.ticks_kept += ticks;
    state_.bytes = file_->bytes();
  }
  return {};
}

}  // namespace culprit
