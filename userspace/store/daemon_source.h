// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "collect/sample_source.h"
#include "store/recording.h"
#include "util/result.h"

namespace culprit {

/// The Samples that a daemon reads, through its socket (docs/socket.md): what stands now comes
/// first, then one Sample a tick of the daemon.
class DaemonSource final : public SampleSource {
 public:
  /// An error of kind kHost when nobody listens there.
  static Result<std::unique_ptr<DaemonSource>> connect(const std::filesystem::path& path);

  const HostIdentity& host() const override { return recording_->host(); }
  /// Waits until the daemon has read one that is `wait` after the last, or nearly.
  Result<std::optional<Sample>> next(std::chrono::nanoseconds wait) override;
  std::string name() const override { return recording_->name(); }
  std::string note() const override;
  std::chrono::nanoseconds slack() const override { return interval_ / 2; }

  /// How often the daemon reads.
  std::chrono::nanoseconds interval() const { return interval_; }

 private:
  DaemonSource(std::unique_ptr<Recording> recording, int socket, std::chrono::nanoseconds interval)
      : recording_(std::move(recording)), socket_(socket), interval_(interval) {}
  void wake() noexcept override;

  std::unique_ptr<Recording> recording_;
  int socket_;  ///< the recording's
  std::chrono::nanoseconds interval_;
  std::uint64_t last_ns_ = 0;
  bool ended_ = false;
};

}  // namespace culprit
