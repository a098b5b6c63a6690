// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "collect/sample_source.h"
#include "model/snapshot.h"

namespace culprit {

/// A thread that turns Samples into Snapshots for one reader, who is woken through a
/// descriptor and takes the newest: snapshots that nobody took are merged away.
class SnapshotFeed {
 public:
  using Advance = std::function<std::optional<Snapshot>(const Sample&)>;

  struct Pace {
    std::chrono::nanoseconds first{std::chrono::milliseconds(500)};
    std::chrono::nanoseconds interval{std::chrono::seconds(1)};
    bool replay = false;  ///< wait as long as lay between the samples of a recording
  };

  struct News {
    std::shared_ptr<const Snapshot> snapshot;  ///< null: nothing new
    bool ended = false;                        ///< nothing will follow
    std::optional<Error> error;                ///< why, when that was a failure
  };

  /// The source must outlive the feed; `advance` is called in the feed's thread only.
  static Result<std::unique_ptr<SnapshotFeed>> make(SampleSource& source, Advance advance,
                                                    Pace pace);
  ~SnapshotFeed();
  SnapshotFeed(const SnapshotFeed&) = delete;
  SnapshotFeed& operator=(const SnapshotFeed&) = delete;

  /// Readable when there is news.
  int descriptor() const { return descriptor_; }
  News take();
  /// From the interval after the present one on.
  void set_interval(std::chrono::nanoseconds interval) { interval_ns_ = interval.count(); }

 private:
  SnapshotFeed(SampleSource& source, Advance advance, Pace pace, int descriptor);
  void run();
  void loop();
  bool publish(News news);
  bool stopping();
  void wait_until_due(std::chrono::steady_clock::time_point due);

  SampleSource& source_;
  Advance advance_;
  const Pace pace_;
  const int descriptor_;
  std::atomic<std::int64_t> interval_ns_;
  std::mutex mutex_;  // of the two below; never held while drawing or reading
  std::condition_variable wake_;
  News news_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace culprit
