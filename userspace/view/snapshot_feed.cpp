// SPDX-License-Identifier: Apache-2.0
#include "view/snapshot_feed.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <utility>

#include "util/blocked_signals.h"

namespace culprit {
namespace {

// A recording may hold a night in which nobody recorded.
constexpr std::chrono::seconds kLongestGap{10};

}  // namespace

Result<std::unique_ptr<SnapshotFeed>> SnapshotFeed::make(SampleSource& source, Advance advance,
                                                         Pace pace) {
  const int descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (descriptor < 0) return unsupported(std::string("eventfd: ") + std::strerror(errno));
  return std::unique_ptr<SnapshotFeed>(
      new SnapshotFeed(source, std::move(advance), pace, descriptor));
}

SnapshotFeed::SnapshotFeed(SampleSource& source, Advance advance, Pace pace, int descriptor)
    : source_(source),
      advance_(std::move(advance)),
      pace_(pace),
      descriptor_(descriptor),
      interval_ns_(pace.interval.count()) {
  const BlockedSignals for_the_thread_that_has_the_screen;
  thread_ = std::thread([this] { run(); });
}

SnapshotFeed::~SnapshotFeed() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  source_.interrupt();
  thread_.join();
  close(descriptor_);
}

bool SnapshotFeed::stopping() {
  const std::lock_guard lock(mutex_);
  return stop_;
}

bool SnapshotFeed::publish(News news) {
  {
    const std::lock_guard lock(mutex_);
    if (stop_) return false;
    if (news.snapshot) news_.snapshot = std::move(news.snapshot);
    news_.ended |= news.ended;
    if (news.error) news_.error = std::move(news.error);
  }
  const std::uint64_t one = 1;
  // Fails only when the counter is full, and then the reader is awake already.
  [[maybe_unused]] const ssize_t written = write(descriptor_, &one, sizeof one);
  return true;
}

SnapshotFeed::News SnapshotFeed::take() {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = read(descriptor_, &count, sizeof count);
  const std::lock_guard lock(mutex_);
  News taken = std::move(news_);
  news_ = {};
  return taken;
}

void SnapshotFeed::wait_until_due(std::chrono::steady_clock::time_point due) {
  std::unique_lock lock(mutex_);
  wake_.wait_until(lock, due, [this] { return stop_; });
}

void SnapshotFeed::run() {
  try {
    loop();
  } catch (const std::exception& error) {
    publish({nullptr, true, Error{ErrorKind::kFailed, std::string("unexpected: ") + error.what()}});
  }
}

void SnapshotFeed::loop() {
  using Clock = std::chrono::steady_clock;
  std::chrono::nanoseconds wait{0};  // the first sample is the base of the first interval
  std::uint64_t before_ns = 0;
  Clock::time_point due{};
  bool shown = false;
  while (!stopping()) {
    auto sample = source_.next(wait);
    if (!sample || !*sample) {
      publish({nullptr, true, sample ? std::nullopt : std::optional<Error>(sample.error())});
      return;
    }
    const std::uint64_t now_ns = (*sample)->monotonic_ns;
    auto snapshot = advance_(**sample);
    if (pace_.replay && shown) {
      const std::chrono::nanoseconds gap(now_ns > before_ns ? now_ns - before_ns : 0);
      due += std::min<std::chrono::nanoseconds>(gap, kLongestGap);
      wait_until_due(due);
    }
    before_ns = now_ns;
    if (snapshot) {
      if (!publish({std::make_shared<const Snapshot>(std::move(*snapshot)), false, {}})) return;
      if (!shown) due = Clock::now();
      shown = true;
    }
    wait = shown ? std::chrono::nanoseconds(interval_ns_.load()) : pace_.first;
  }
}

}  // namespace culprit
