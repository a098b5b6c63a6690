// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon_loop.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "util/clock.h"
#include "util/duration.h"

namespace culprit {
namespace {

using std::chrono::nanoseconds;

constexpr unsigned kFailuresBorne = 5;  // in a row

double seconds_of(nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

CollectorOptions collector_options(const DaemonConfig& config) {
  CollectorOptions options;
  options.without = config.without;
  options.hide_commands = config.hide_commands;
  options.cpu_budget_ratio = config.cpu_budget_ratio;
  return options;
}

DaemonStatus initial_status(const DaemonSetup& setup) {
  DaemonStatus status;
  status.pid = static_cast<std::uint32_t>(getpid());
  status.started_wall_ns = static_cast<std::int64_t>(clock_ns(CLOCK_REALTIME));
  status.interval_seconds = seconds_of(setup.config.interval);
  status.configuration = setup.file.string();
  status.rules = setup.rules->rules().size();
  return status;
}

DaemonLoop::DaemonLoop(DaemonSetup setup, std::unique_ptr<SampleSource> source,
                       SocketServer& server, const ServiceNotifier& notifier)
    : setup_(std::move(setup)),
      source_(std::move(source)),
      server_(server),
      notifier_(notifier),
      model_(source_->host()),
      judge_(setup_.rules),
      status_(initial_status(setup_)) {}

Status DaemonLoop::run(StopRequest& stop, HangupScope& hangup) {
  stop.ends_wait_of(source_.get());
  notifier_.tell("READY=1\nSTATUS=watching");
  begin_ns_ = clock_ns(CLOCK_MONOTONIC);
  nanoseconds wait{0};
  Status done;
  while (!stop.requested() && done) {
    auto sample = source_->next(wait);
    if (stop.requested()) break;
    if (sample && *sample)
      tick(std::move(**sample));
    else
      done =
          recover(sample ? Error{ErrorKind::kFailed, "there are no more"} : sample.error(), stop);
    notifier_.tell("WATCHDOG=1");
    if (hangup.take()) reload(stop);
    wait =
        until_next_tick(nanoseconds(clock_ns(CLOCK_MONOTONIC) - begin_ns_), setup_.config.interval);
  }
  stop.ends_wait_of(nullptr);
  notifier_.tell("STOPPING=1\nSTATUS=ending");
  return done;
}

void DaemonLoop::tick(Sample sample) {
  failures_in_row_ = 0;
  note_jitter(sample.monotonic_ns);
  std::shared_ptr<const Snapshot> shared;
  if (auto snapshot = model_->advance(sample)) {
    judge_.judge(*snapshot);
    shared = std::make_shared<const Snapshot>(std::move(*snapshot));
  }
  ++status_.samples;
  status_.bpf = sample.coverage.bpf;
  server_.publish({std::move(sample), std::move(shared), status_, std::exchange(restarts_, false)});
}

void DaemonLoop::note_jitter(std::uint64_t now_ns) {
  const std::uint64_t before_ns = std::exchange(last_ns_, now_ns);
  if (before_ns == 0 || restarts_) return;
  const double off =
      std::fabs(static_cast<double>(now_ns - before_ns) * 1e-9 - status_.interval_seconds);
  ++intervals_;
  status_.jitter_mean_seconds +=
      (off - status_.jitter_mean_seconds) / static_cast<double>(intervals_);
  status_.jitter_max_seconds = std::max(status_.jitter_max_seconds, off);
}

/// One Sample that fails is left out. When several in a row do, /proc is read instead.
Status DaemonLoop::recover(const Error& error, StopRequest& stop) {
  ++status_.failures;
  if (failures_in_row_++ == 0) spdlog::warn("a sample could not be read: {}", error.message);
  if (failures_in_row_ < kFailuresBorne) return {};
  if (std::exchange(degraded_, true)) return tl::unexpected<Error>(error);
  spdlog::error("{} samples in a row could not be read: reading /proc only", failures_in_row_);
  failures_in_row_ = 0;
  CollectorOptions options = collector_options(setup_.config);
  options.without.insert("bpf");
  return replace_source(options, stop);
}

Status DaemonLoop::replace_source(const CollectorOptions& options, StopRequest& stop) {
  auto source = make_collector(options);
  if (!source) return tl::unexpected<Error>(source.error());
  stop.ends_wait_of(source->get());
  source_ = std::move(*source);
  model_.emplace(source_->host());
  restarts_ = true;
  return {};
}

void DaemonLoop::reload(StopRequest& stop) {
  const Status done = reload_files(stop);
  if (done) {
    status_.reload_error.reset();
    spdlog::info("reloaded {}: {} rules", setup_.file.string(), status_.rules);
  } else {
    status_.reload_error = done.error().message;
    spdlog::error("not reloaded, all stays as it was: {}", done.error().message);
  }
}

Status DaemonLoop::reload_files(StopRequest& stop) {
  auto config = read_daemon_config(setup_.file, setup_.file_has_to_be);
  if (!config) return tl::unexpected<Error>(config.error());
  RuleSource rules(config->rules);
  if (const Status compiled = rules.reload(); !compiled) return compiled;
  const DaemonConfig& before = setup_.config;
  const bool other_probes = config->without != before.without ||
                            config->hide_commands != before.hide_commands ||
                            config->cpu_budget_ratio != before.cpu_budget_ratio || degraded_;
  if (other_probes) {
    if (const Status made = replace_source(collector_options(*config), stop); !made) return made;
    degraded_ = false;
  }
  if (config->socket.path != before.socket.path || config->socket.group != before.socket.group)
    spdlog::warn("/socket: another path or group takes effect at the next start");
  judge_.use(rules.rules());
  status_.rules = rules.rules()->rules().size();
  server_.set_most_clients(config->socket.most_clients);
  spdlog::set_level(spdlog::level::from_str(config->log_level));
  if (config->interval != before.interval) {
    status_.interval_seconds = seconds_of(config->interval);
    begin_ns_ = clock_ns(CLOCK_MONOTONIC);
    last_ns_ = 0;
    intervals_ = 0;
    status_.jitter_mean_seconds = status_.jitter_max_seconds = 0;
  }
  setup_.config = std::move(*config);
  return {};
}

}  // namespace culprit
