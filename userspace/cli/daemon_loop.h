// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "analyze/judge.h"
#include "analyze/rule_set.h"
#include "analyze/rule_watch.h"
#include "cli/daemon_actions.h"
#include "cli/daemon_engine.h"
#include "cli/stop_request.h"
#include "collect/collector.h"
#include "collect/sample_source.h"
#include "config/daemon_config.h"
#include "model/model.h"
#include "serve/socket_server.h"
#include "store/history.h"
#include "util/hangup.h"
#include "util/service_notifier.h"

namespace culprit {

/// What the configuration asks of the collector.
CollectorOptions collector_options(const DaemonConfig& config);

/// What the loop begins with.
struct DaemonSetup {
  std::filesystem::path file;  ///< of the configuration
  bool file_has_to_be = false;
  std::optional<Mode> mode;  ///< in place of what the file says
  DaemonConfig config;
  std::shared_ptr<const RuleSet> rules;
};

/// Reads the file, and the rules that it names. What is wrong is misuse.
Status read_files(DaemonSetup& setup);

/// What it works with.
struct DaemonParts {
  std::unique_ptr<SampleSource> source;
  std::unique_ptr<HistoryWriter> history;  ///< null: none is kept
  std::unique_ptr<DaemonEngine> engine;    ///< null: mode off
};

/// What it tells of itself before the first Sample.
DaemonStatus initial_status(const DaemonSetup& setup);

/// The daemon's sampling loop: reads, models, judges, publishes; watched by the service manager;
/// reads its files anew on SIGHUP, and the rules when they change. Waits for nobody but the clock.
class DaemonLoop {
 public:
  DaemonLoop(DaemonSetup setup, DaemonParts parts, SocketServer& server,
             const ServiceNotifier& notifier);

  /// Until `stop` is requested. An error: not even /proc can be read.
  Status run(StopRequest& stop, HangupScope& hangup);

 private:
  void tick(Sample sample);
  void act(Snapshot& snapshot);
  void answer(SocketServer::Tick& tick);
  std::vector<Action> proposals() const;
  void note_jitter(std::uint64_t now_ns);
  Status recover(const Error& error, StopRequest& stop);
  void reload(StopRequest& stop);
  void follow_rules();
  Status reload_files(StopRequest& stop);
  Status replace_source(const CollectorOptions& options, StopRequest& stop);
  void begin_anew(std::chrono::nanoseconds interval);

  DaemonSetup setup_;
  DaemonParts parts_;
  SocketServer& server_;
  const ServiceNotifier& notifier_;
  std::optional<Model> model_;
  Judge judge_;
  RuleWatch rule_watch_;
  DaemonActions actions_;
  DaemonStatus status_;
  Mode most_mode_;  ///< for which we have kept the capabilities
  std::shared_ptr<const Snapshot> last_;
  bool restarts_ = false;  ///< the next Sample does not follow the last
  bool degraded_ = false;  ///< reads /proc because BPF failed while it ran
  unsigned failures_in_row_ = 0;
  std::uint64_t begin_ns_ = 0, last_ns_ = 0;
  std::uint64_t intervals_ = 0;  ///< of which the jitter is told
};

}  // namespace culprit
