// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon_engine.h"

#include <spdlog/spdlog.h>
#include <algorithm>
#include <utility>

#include "act/action_json.h"
#include "serve/daemon_status.h"
#include "util/clock.h"

namespace culprit {
namespace {

EngineOptions options_of(const ActConfig& config) {
  EngineOptions options;
  options.mode = config.mode;
  options.lease = config.lease;
  return options;
}

std::string document_of(const Lease& lease) {
  JsonWriter out(JsonStyle::kLine);
  write_action(out, action_of(lease));
  return out.take();
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
    : mode_(config.mode),
      may_change_(acts(config.mode)),
      rein_(std::move(rein)),
      engine_(options_of(config), *rein_, [] { return clock_ns(CLOCK_MONOTONIC); }) {}

void DaemonEngine::stop() {
  if (const Status ended = engine_.stop("the daemon ends"); !ended)
    spdlog::error("not all could be taken back, the reverter tries again: {}",
                  ended.error().message);
}

void DaemonEngine::use(const ActConfig& config) {
  mode_ = config.mode;
  engine_.use(options_of(config));
}

bool DaemonEngine::on_snapshot(const Snapshot& snapshot) {
  const std::vector<EngineEvent> events = engine_.on_snapshot(snapshot);
  for (const EngineEvent& event : events)
    spdlog::info("{}{}{}: {}", event_name(event.kind), event.action.empty() ? "" : " ",
                 event.action, event.text);
  return std::any_of(events.begin(), events.end(), [](const EngineEvent& event) {
    return event.kind == EngineEvent::Kind::kApplied || event.kind == EngineEvent::Kind::kJudged ||
           event.kind == EngineEvent::Kind::kReverted;
  });
}

std::vector<HistoryAction> DaemonEngine::audit() {
  std::vector<HistoryAction> done;
  const auto leases = rein_->leases();
  if (!leases) {
    spdlog::error("what was done cannot be read: {}", leases.error().message);
    return done;
  }
  for (const Lease& lease : *leases)
    done.push_back({lease.id, lease.applied_wall_ns, lease.target.name, lease.verdict.value_or(""),
                    document_of(lease)});
  return done;
}

Result<Lease> DaemonEngine::change(const SocketRequest& request, const Snapshot* snapshot) {
  const bool reverts = request.kind == SocketRequest::Kind::kRevert;
  if (!may_change_ || (!reverts && !acts(mode_)))
    return fail("/act/mode is " + std::string(mode()) + ": nothing is changed in it" +
                (reverts ? "; culprit revert takes it back" : ""));
  if (reverts) return rein_->revert(request.id, "asked for on the socket");
  if (!snapshot) return fail("no interval has ended yet; ask again");
  return engine_.approve(request.id, *snapshot);
}

std::string DaemonEngine::answer(const SocketRequest& request, const Snapshot* snapshot) {
  if (request.kind == SocketRequest::Kind::kGetActions) return engine_.actions_json() + '\n';
  const auto lease = change(request, snapshot);
  if (!lease) return error_line(lease.error().message);
  spdlog::info("{} {} by request",
               request.kind == SocketRequest::Kind::kApply ? "applied" : "reverted", lease->id);
  return document_of(*lease) + '\n';
}

}  // namespace culprit
