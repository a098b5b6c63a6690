// SPDX-License-Identifier: Apache-2.0
#include "cli/top_desk.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <exception>
#include <utility>

#include "act/wish.h"
#include "serve/json_action.h"
#include "serve/json_offer.h"
#include "store/daemon_client.h"
#include "store/daemon_source.h"
#include "store/recording.h"
#include "util/blocked_signals.h"

namespace culprit {
namespace {

DeskNews told(std::string message) {
  return {std::nullopt, std::move(message)};
}

/// With this process's own rights, as culprit throttle does it.
class OwnHands {
 public:
  explicit OwnHands(std::string directory) : directory_(std::move(directory)) {}

  DeskNews answer(const DeskRequest& request) {
    if (::geteuid() != 0) return told("to throttle takes root");
    switch (request.kind) {
      case DeskRequest::Kind::kOffer:
        return offer(request);
      case DeskRequest::Kind::kThrottle:
        return throttle(request);
      case DeskRequest::Kind::kUndo:
        return undo(request.id);
    }
    return told("");
  }

 private:
  DeskNews offer(const DeskRequest& request) {
    if (!looks_) looks_ = HostRein::to_look(directory_);
    auto offer = offer_for(request.wish, *request.snapshot, host_look(*looks_));
    if (!offer) return told(offer.error().message);
    return {std::move(*offer), ""};
  }

  Status open() {
    if (rein_) return {};
    auto rein = HostRein::open(directory_, KeptBy::kOwnReverter);
    if (!rein) return tl::unexpected<Error>(rein.error());
    rein_ = std::move(*rein);
    return {};
  }

  DeskNews throttle(const DeskRequest& request) {
    if (const Status opened = open(); !opened) return told(opened.error().message);
    const auto lease = fulfil(request.wish, *request.snapshot, *rein_);
    if (!lease) return told(lease.error().message);
    return told(lease->id + ": " + lease->target.name + ": " + lease->new_text + "; U undoes it");
  }

  DeskNews undo(const std::string& id) {
    if (const Status opened = open(); !opened) return told(opened.error().message);
    const auto lease = rein_->revert(id, "undone in culprit top");
    return told(lease ? id + ": " + undo_text(*lease) : lease.error().message);
  }

  std::string directory_;
  std::unique_ptr<HostRein> looks_, rein_;
};

/// Through the daemon, with the rights that it grants us.
class DaemonHands {
 public:
  explicit DaemonHands(std::string path) : path_(std::move(path)) {}

  DeskNews answer(const DeskRequest& request) {
    const bool undoes = request.kind == DeskRequest::Kind::kUndo;
    const bool offers = request.kind == DeskRequest::Kind::kOffer;
    const auto line =
        ask(undoes ? "{\"revert\":\"" + request.id + "\"}" : wish_request(request.wish, offers));
    if (!line) return told(line.error().message);
    if (offers) {
      auto offer = parse_offer(*line);
      if (!offer) return told(offer.error().message);
      return {std::move(*offer), ""};
    }
    const auto action = parse_action(*line);
    if (!action) return told(action.error().message);
    if (undoes) return told(action->id + " has ended: " + action->ended_because);
    return told(action->id + ": " + action->target.name + ": " + action->new_text +
                "; U undoes it");
  }

 private:
  /// The daemon hangs up on who asked nothing for a minute: the next one comes anew.
  Result<std::string> ask(const std::string& request) {
    auto client = DaemonClient::connect(path_);
    if (!client) return tl::unexpected<Error>(client.error());
    return client->ask(request);
  }

  std::string path_;
};

}  // namespace

Result<std::unique_ptr<TopDesk>> TopDesk::make(Answer answer) {
  Fd ready(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!ready) return unsupported("eventfd");
  return std::unique_ptr<TopDesk>(new TopDesk(std::move(answer), std::move(ready)));
}

TopDesk::TopDesk(Answer answer, Fd news_ready)
    : answer_(std::move(answer)), news_ready_(std::move(news_ready)) {
  const BlockedSignals for_the_thread_that_has_the_screen;
  thread_ = std::thread([this] { run(); });
}

TopDesk::~TopDesk() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void TopDesk::ask(DeskRequest request) {
  {
    const std::lock_guard lock(mutex_);
    if (request.kind == DeskRequest::Kind::kOffer)
      std::erase_if(requests_,
                    [](const DeskRequest& one) { return one.kind == DeskRequest::Kind::kOffer; });
    requests_.push_back(std::move(request));
  }
  wake_.notify_all();
}

std::optional<DeskNews> TopDesk::take() {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(news_ready_.get(), &count, sizeof count);
  const std::lock_guard lock(mutex_);
  if (news_.empty()) return std::nullopt;
  DeskNews first = std::move(news_.front());
  news_.pop_front();
  return first;
}

void TopDesk::run() {
  for (;;) {
    DeskRequest request;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return stop_ || !requests_.empty(); });
      if (stop_) return;
      request = std::move(requests_.front());
      requests_.pop_front();
    }
    DeskNews news;
    try {
      news = answer_(request);
    } catch (const std::exception& error) {
      news = told(std::string("unexpected: ") + error.what());
    }
    {
      const std::lock_guard lock(mutex_);
      news_.push_back(std::move(news));
    }
    const std::uint64_t one = 1;
    // Fails only when the counter is full, and then the reader is awake already.
    [[maybe_unused]] const ssize_t written = ::write(news_ready_.get(), &one, sizeof one);
  }
}

std::unique_ptr<TopDesk> desk_for(const SampleSource& source, const std::string& state_directory,
                                  std::string& refusal) {
  if (dynamic_cast<const Recording*>(&source)) {
    refusal = "this is a recording: what is past cannot be changed";
    return nullptr;
  }
  TopDesk::Answer answer;
  if (dynamic_cast<const DaemonSource*>(&source))
    answer = [hands = std::make_shared<DaemonHands>(source.name())](const DeskRequest& request) {
      return hands->answer(request);
    };
  else
    answer = [hands = std::make_shared<OwnHands>(state_directory)](const DeskRequest& request) {
      return hands->answer(request);
    };
  auto desk = TopDesk::make(std::move(answer));
  if (desk) return std::move(*desk);
  refusal = desk.error().message;
  return nullptr;
}

}  // namespace culprit
