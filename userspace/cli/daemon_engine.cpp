// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon_engine.h"

#include <spdlog/spdlog.h>
#include <algorithm>
#include <utility>

#include "act/lease_action.h"
#include "act/wish.h"
#include "collect/host_identity.h"
#include "serve/daemon_status.h"
#include "serve/json_action.h"
#include "serve/json_offer.h"
#include "util/clock.h"

namespace culprit {
namespace {

EngineOptions options_of(const ActConfig& config, Mode mode) {
  EngineOptions options;
  options.mode = mode;
  options.rule_modes = config.modes;
  options.lease = config.lease;
  return options;
}

}  // namespace

Result<std::unique_ptr<DaemonEngine>> DaemonEngine::start(const ActConfig& config) {
  auto rein = HostRein::open(config.state.string(), KeptBy::kOwner);
  if (!rein) return tl::unexpected<Error>(rein.error());
  for (const Lease& lease : (*rein)->recovered())
    spdlog::warn("{} ({}) was left behind and is taken back: {}", lease.id, lease.target.name,
                 undo_text(lease));
  return std::unique_ptr<DaemonEngine>(new DaemonEngine(config, std::move(*rein)));
}

DaemonEngine::DaemonEngine(const ActConfig& config, std::unique_ptr<HostRein> rein)
    : config_(config),
      mode_now_(config.mode),
      may_change_(acts(config.mode)),
      rein_(std::move(rein)),
      engine_(options_of(config, config.mode), *rein_, [] { return clock_ns(CLOCK_MONOTONIC); }),
      schedule_file_(config.schedule) {
  auto table = schedule_file_.load();
  if (table)
    timetable_ = std::move(*table);
  else
    spdlog::error("nothing is planned: {}", table.error().message);
  timetable_.resume(read_host_identity().boot_id);
}

void DaemonEngine::stop() {
  timetable_.stop(*rein_, "the daemon ends");
  save_schedule();
  if (const Status ended = engine_.stop("the daemon ends"); !ended)
    spdlog::error("not all could be taken back, the reverter tries again: {}",
                  ended.error().message);
}

void DaemonEngine::use(const ActConfig& config) {
  config_ = config;
  mode_now_ = config.mode;
  engine_.use(options_of(config, mode_now_));
  if (!acts(config.mode)) timetable_.stop(*rein_, "/act/mode allows no changes");
}

void DaemonEngine::follow_schedule(const Snapshot& snapshot) {
  const auto now = static_cast<std::int64_t>(clock_ns(CLOCK_REALTIME));
  const WeekMinute minute = week_minute(now);
  const bool auto_now = config_.windows.allows(minute) && timetable_.windows().allows(minute);
  const Mode mode = auto_now ? config_.mode : std::min(config_.mode, Mode::kApprove);
  if (mode != mode_now_) {
    mode_now_ = mode;
    engine_.use(options_of(config_, mode));
    spdlog::info("by the schedule the mode is {} now", mode_name(mode));
  }
  if (!may_change_ || !acts(config_.mode)) return;
  for (const std::string& line : timetable_.advance(snapshot, *rein_, now))
    spdlog::info("planned {}", line);
  save_schedule();
}

void DaemonEngine::save_schedule() {
  const Status saved = schedule_file_.save(timetable_);
  const std::string error = saved ? "" : saved.error().message;
  if (error != schedule_error_ && !error.empty()) spdlog::error("{}", error);
  schedule_error_ = error;
}

std::string DaemonEngine::schedule_answer(const SocketRequest& request) {
  if (request.kind == SocketRequest::Kind::kGetSchedule) return timetable_.text() + '\n';
  if (const Status may = may_change(request); !may) return error_line(may.error().message);
  const auto changed =
      timetable_.change(request.id, static_cast<std::int64_t>(clock_ns(CLOCK_REALTIME)));
  if (!changed) return error_line(changed.error().message);
  save_schedule();
  JsonWriter out(JsonStyle::kLine);
  out.begin_object();
  out.member("changed", *changed);
  out.end_object();
  return out.take() + '\n';
}

void DaemonEngine::on_snapshot(const Snapshot& snapshot) {
  follow_schedule(snapshot);
  for (const EngineEvent& event : engine_.on_snapshot(snapshot))
    spdlog::info("{}{}{}: {}", event_name(event.kind), event.action.empty() ? "" : " ",
                 event.action, event.text);
}

Status DaemonEngine::may_change(const SocketRequest& request) const {
  const bool reverts = request.kind == SocketRequest::Kind::kRevert;
  if (may_change_ && (reverts || acts(config_.mode))) return {};
  return fail("/act/mode is " + std::string(mode_name(config_.mode)) +
              ": the daemon changes nothing in it; " +
              (reverts ? "culprit revert takes it back" : "culprit throttle does"));
}

Result<Lease> DaemonEngine::change(const SocketRequest& request, const Snapshot* snapshot) {
  if (request.kind == SocketRequest::Kind::kRevert)
    return rein_->revert(request.id, "asked for on the socket");
  if (!snapshot) return fail("no interval has ended yet; ask again");
  if (request.kind == SocketRequest::Kind::kThrottle)
    return fulfil(request.wish, *snapshot, *rein_);
  return engine_.approve(request.id, *snapshot);
}

Result<std::string> DaemonEngine::document(const SocketRequest& request, const Snapshot* snapshot) {
  if (const Status may = may_change(request); !may) return tl::unexpected<Error>(may.error());
  if (request.kind == SocketRequest::Kind::kOffer) {
    if (!snapshot) return fail("no interval has ended yet; ask again");
    const auto offer = offer_for(request.wish, *snapshot, host_look(*rein_));
    if (!offer) return tl::unexpected<Error>(offer.error());
    return offer_json(*offer);
  }
  const auto lease = change(request, snapshot);
  if (!lease) return tl::unexpected<Error>(lease.error());
  spdlog::info("{} {} by request",
               request.kind == SocketRequest::Kind::kRevert ? "reverted" : "applied", lease->id);
  return action_json(action_of(*lease));
}

std::string DaemonEngine::answer(const SocketRequest& request, const Snapshot* snapshot) {
  using Kind = SocketRequest::Kind;
  if (request.kind == Kind::kGetSchedule || request.kind == Kind::kSchedule)
    return schedule_answer(request);
  const auto document = this->document(request, snapshot);
  return document ? *document + '\n' : error_line(document.error().message);
}

}  // namespace culprit
