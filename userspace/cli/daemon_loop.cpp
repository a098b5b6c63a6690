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

HistoryStatus status_of(const HistoryState& state) {
  return {state.ticks_kept, state.ticks_lost, state.bytes, state.error};
}

/// What differs and cannot be changed while it runs.
std::vector<std::string> waits_for_start(const DaemonConfig& before, const DaemonConfig& now) {
  std::vector<std::string> keys;
  if (now.socket.path != before.socket.path) keys.emplace_back("/socket/path");
  if (now.socket.group != before.socket.group) keys.emplace_back("/socket/group");
  const HistoryConfig &history = now.history, &kept = before.history;
  if (history.enabled != kept.enabled || history.path != kept.path ||
      history.options.budget_bytes != kept.options.budget_bytes)
    keys.emplace_back("/history");
  if (now.act.state != before.act.state) keys.emplace_back("/act/state");
  if (now.act.schedule != before.act.schedule) keys.emplace_back("/act/schedule");
  return keys;
}

/// A rule that is misspelt would be held by a mode that nobody wants.
Status check_modes(const DaemonConfig& config, const RuleSet& rules, const std::string& file) {
  for (const auto& [id, mode] : config.act.modes)
    if (!rules.find(id))
      return misuse(file + ": /act/modes/" + id + ": the id of a rule was expected");
  return {};
}

}  // namespace

Status read_files(DaemonSetup& setup) {
  auto config = read_daemon_config(setup.file, setup.file_has_to_be);
  if (!config) return tl::unexpected<Error>(config.error());
  if (setup.mode) config->act.mode = *setup.mode;
  if (const Status fits = check_mode(*config, setup.mode ? "--mode" : setup.file.string()); !fits)
    return fits;
  RuleSource rules(config->rules);
  if (const Status loaded = rules.reload(); !loaded) return loaded;
  if (const Status known = check_modes(*config, *rules.rules(), setup.file.string()); !known)
    return known;
  setup.config = std::move(*config);
  setup.rules = rules.rules();
  return {};
}

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
  status.act_mode = mode_name(setup.config.act.mode);
  return status;
}

DaemonLoop::DaemonLoop(DaemonSetup setup, DaemonParts parts, SocketServer& server,
                       const ServiceNotifier& notifier)
    : setup_(std::move(setup)),
      parts_(std::move(parts)),
      server_(server),
      notifier_(notifier),
      model_(parts_.source->host()),
      judge_(setup_.rules),
      rule_watch_(setup_.config.rules),
      actions_(setup_.config.act),
      status_(initial_status(setup_)),
      most_mode_(setup_.config.act.mode) {}

Status DaemonLoop::run(StopRequest& stop, HangupScope& hangup) {
  stop.ends_wait_of(parts_.source.get());
  notifier_.tell("READY=1\nSTATUS=watching");
  begin_ns_ = clock_ns(CLOCK_MONOTONIC);
  nanoseconds wait{0};
  Status done;
  while (!stop.requested() && done) {
    auto sample = parts_.source->next(wait);
    if (stop.requested()) break;
    if (sample && *sample)
      tick(std::move(**sample));
    else
      done =
          recover(sample ? Error{ErrorKind::kFailed, "there are no more"} : sample.error(), stop);
    notifier_.tell("WATCHDOG=1");
    if (hangup.take())
      reload(stop);
    else
      follow_rules();
    wait =
        until_next_tick(nanoseconds(clock_ns(CLOCK_MONOTONIC) - begin_ns_), setup_.config.interval);
  }
  stop.ends_wait_of(nullptr);
  notifier_.tell("STOPPING=1\nSTATUS=ending");
  if (parts_.engine) parts_.engine->stop();
  actions_.look(parts_.history.get());
  return done;
}

void DaemonLoop::tick(Sample sample) {
  failures_in_row_ = 0;
  note_jitter(sample.monotonic_ns);
  SocketServer::Tick tick;
  if (auto snapshot = model_->advance(sample)) {
    judge_.judge(*snapshot);
    act(*snapshot);
    if (parts_.history) parts_.history->write(*snapshot);
    last_ = tick.snapshot = std::make_shared<const Snapshot>(std::move(*snapshot));
  }
  answer(tick);
  ++status_.samples;
  status_.bpf = sample.coverage.bpf;
  if (parts_.engine) status_.act_mode = parts_.engine->mode();
  if (parts_.history) status_.history = status_of(parts_.history->state());
  tick.sample = std::move(sample);
  tick.status = status_;
  tick.restarts = std::exchange(restarts_, false);
  server_.publish(std::move(tick));
}

void DaemonLoop::act(Snapshot& snapshot) {
  if (parts_.engine) parts_.engine->on_snapshot(snapshot);
  actions_.look(parts_.history.get());
  actions_.fill(snapshot, proposals());
}

void DaemonLoop::answer(SocketServer::Tick& tick) {
  for (const SocketServer::LoopRequest& asked : server_.take_requests()) {
    tick.answers.emplace_back(asked.client, parts_.engine
                                                ? parts_.engine->answer(asked.request, last_.get())
                                                : error_line("/act/mode is off"));
    actions_.look(parts_.history.get());
  }
  tick.actions = actions_.line(proposals());
}

std::vector<Action> DaemonLoop::proposals() const {
  return parts_.engine ? parts_.engine->proposals() : std::vector<Action>();
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
  parts_.source = std::move(*source);
  model_.emplace(parts_.source->host());
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

/// Files of rules that changed are used without being asked for; bad ones are told once.
void DaemonLoop::follow_rules() {
  auto changed = rule_watch_.poll();
  if (!changed) return;
  if (!*changed) {
    status_.reload_error = changed->error().message;
    spdlog::error("the rules stay as they were: {}", changed->error().message);
    return;
  }
  setup_.rules = std::move(**changed);
  judge_.use(setup_.rules);
  status_.rules = setup_.rules->rules().size();
  status_.reload_error.reset();
  spdlog::info("{} changed: {} rules", rule_watch_.directory().string(), status_.rules);
}

Status DaemonLoop::reload_files(StopRequest& stop) {
  DaemonSetup fresh = setup_;
  if (const Status read = read_files(fresh); !read) return read;
  const DaemonConfig& before = setup_.config;
  const DaemonConfig& config = fresh.config;
  const bool other_probes = config.without != before.without ||
                            config.hide_commands != before.hide_commands ||
                            config.cpu_budget_ratio != before.cpu_budget_ratio || degraded_;
  if (other_probes) {
    if (const Status made = replace_source(collector_options(config), stop); !made) return made;
    degraded_ = false;
  }
  for (const std::string& what : waits_for_start(before, config))
    spdlog::warn("{}: takes effect at the next start", what);
  judge_.use(fresh.rules);
  rule_watch_ = RuleWatch(config.rules);
  // What the process may do was settled at its start: it can do less from now on, not more.
  if (config.act.mode > most_mode_) {
    spdlog::warn("/act/mode: more than at the start takes effect at the next one");
  } else if (parts_.engine) {
    parts_.engine->use(config.act);
    status_.act_mode = parts_.engine->mode();
  }
  server_.set_most_clients(config.socket.most_clients);
  spdlog::set_level(spdlog::level::from_str(config.log_level));
  if (config.interval != before.interval) begin_anew(config.interval);
  status_.rules = fresh.rules->rules().size();
  setup_ = std::move(fresh);
  return {};
}

/// Intervals of another length are counted from now on.
void DaemonLoop::begin_anew(nanoseconds interval) {
  status_.interval_seconds = seconds_of(interval);
  begin_ns_ = clock_ns(CLOCK_MONOTONIC);
  last_ns_ = 0;
  intervals_ = 0;
  status_.jitter_mean_seconds = status_.jitter_max_seconds = 0;
}

}  // namespace culprit
