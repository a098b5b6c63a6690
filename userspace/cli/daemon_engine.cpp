// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon_engine.h"

#include <spdlog/spdlog.h>
#include <utility>

#include "act/lease_action.h"
#include "act/wish.h"
#include "serve/daemon_status.h"
#include "serve/json_action.h"
#include "serve/json_offer.h"
#include "util/clock.h"

namespace culprit {
namespace {

EngineOptions options_of(const ActConfig& config) {
  EngineOptions options;
  options.mode = config.mode;
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

void DaemonEngine::on_snapshot(const Snapshot& snapshot) {
  for (const EngineEvent& event : engine_.on_snapshot(snapshot))
    spdlog::info("{}{}{}: {}", event_name(event.kind), event.action.empty() ? "" : " ",
                 event.action, event.text);
}

Status DaemonEngine::may_change(const SocketRequest& request) const {
  const bool reverts = request.kind == SocketRequest::Kind::kRevert;
  if (may_change_ && (reverts || acts(mode_))) return {};
  return fail("/act/mode is " + std::string(mode()) + ": the daemon changes nothing in it; " +
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
  const auto document = this->document(request, snapshot);
  return document ? *document + '\n' : error_line(document.error().message);
}

}  // namespace culprit
