// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "act/engine.h"
#include "act/rein.h"
#include "cli/schedule_file.h"
#include "config/daemon_config.h"
#include "model/snapshot.h"
#include "serve/socket_request.h"
#include "util/result.h"

namespace culprit {

/// In such a mode the host may be changed; it takes capabilities.
inline bool acts(Mode mode) {
  return mode >= Mode::kApprove;
}

/// The engine within the daemon: it tells the log what it does, and clients what they ask.
class DaemonEngine {
 public:
  /// Takes back what a crash has left. From then on whatever it does has a reverter, a second
  /// process that takes it back when this one ends.
  static Result<std::unique_ptr<DaemonEngine>> start(const ActConfig& config);
  /// Takes back all that it did.
  void stop();

  /// From the next snapshot on.
  void use(const ActConfig& config);
  void on_snapshot(const Snapshot& snapshot);
  /// What it would do.
  std::vector<Action> proposals() const { return engine_.proposals(); }
  /// To a request that changes something: one line, with its end. `snapshot` is the last one;
  /// null: there is none yet.
  std::string answer(const SocketRequest& request, const Snapshot* snapshot);
  /// That holds now: outside of its windows, auto is approve.
  std::string_view mode() const { return mode_name(mode_now_); }

 private:
  DaemonEngine(const ActConfig& config, std::unique_ptr<HostRein> rein);
  /// The mode allows it, and we have kept what it takes.
  Status may_change(const SocketRequest& request) const;
  Result<std::string> document(const SocketRequest& request, const Snapshot* snapshot);
  Result<Lease> change(const SocketRequest& request, const Snapshot* snapshot);

  /// By the clock, and what is planned for now.
  void follow_schedule(const Snapshot& snapshot);
  std::string schedule_answer(const SocketRequest& request);
  void save_schedule();

  ActConfig config_;
  Mode mode_now_;
  bool may_change_;  ///< we have kept the capabilities for it
  std::unique_ptr<HostRein> rein_;
  Engine engine_;
  ScheduleFile schedule_file_;
  Timetable timetable_;
  std::string schedule_error_;  ///< told once
};

}  // namespace culprit
