// SPDX-License-Identifier: Apache-2.0
#include "view/live_top.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <iostream>
#include <utility>

#include "view/screen.h"
#include "view/terminal.h"
#include "view/throttle_pane.h"

namespace culprit {
namespace {

using Clock = std::chrono::steady_clock;

std::chrono::nanoseconds nanoseconds_of(double seconds) {
  return std::chrono::nanoseconds(static_cast<std::int64_t>(seconds * 1e9));
}

// The first interval is short, so that something is seen at once.
std::chrono::nanoseconds first_interval(const TopState& state) {
  return nanoseconds_of(std::min(state.interval_seconds, 0.5));
}

bool wants_colour() {
  const char* refused = std::getenv("NO_COLOR");
  return !refused || !*refused;
}

// How late the numbers are; a short delay is none.
double lateness(const TopState& state, Clock::time_point arrival) {
  if (state.replay || state.replay_ended) return 0;
  const double age = std::chrono::duration<double>(Clock::now() - arrival).count();
  const double late = age - state.interval_seconds;
  return late > 1 ? late : 0;
}

class LiveTop {
 public:
  LiveTop(Terminal& terminal, SnapshotFeed& feed, TopState state, ThrottleDesk* desk)
      : terminal_(terminal), feed_(feed), state_(std::move(state)), desk_(desk) {}

  Status run() {
    resize();
    while (!state_.quit) {
      state_.late_seconds = lateness(state_, arrival_);
      settle(state_);
      terminal_.show(draw_screen(state_));
      if (Status waited = wait(); !waited) return waited;
    }
    return {};
  }

 private:
  void resize() { std::tie(state_.width, state_.height) = terminal_.size(); }

  // Until something is to be drawn.
  Status wait() {
    std::array<pollfd, 4> waited = {{{STDIN_FILENO, POLLIN, 0},
                                     {feed_.descriptor(), POLLIN, 0},
                                     {terminal_.signal_descriptor(), POLLIN, 0},
                                     {desk_ ? desk_->descriptor() : -1, POLLIN, 0}}};
    const int ready = poll(waited.data(), waited.size(), 1000);
    if (ready < 0 && errno != EINTR) return fail("the terminal cannot be waited for");
    const Terminal::Signals signals = terminal_.take_signals();
    if (signals.resized) resize();
    if (signals.quit) state_.quit = true;
    if (ready > 0 && waited[3].revents)
      while (auto news = desk_->take()) accept_news(state_, std::move(*news));
    if (ready > 0 && waited[1].revents) return take_news();
    if (ready > 0 && waited[0].revents) press_keys(waited[0].revents);
    return {};
  }

  void press_keys(short events) {
    const auto pressed = terminal_.keys();
    // A terminal that went away is readable and has nothing to say.
    if (pressed.empty() && (events & (POLLHUP | POLLERR | POLLNVAL))) state_.quit = true;
    const double interval = state_.interval_seconds;
    for (const Key key : pressed) handle_key(state_, key);
    for (DeskRequest& request : std::exchange(state_.to_ask, {}))
      if (desk_) desk_->ask(std::move(request));
    if (state_.interval_seconds != interval)
      feed_.set_interval(nanoseconds_of(state_.interval_seconds));
  }

  Status take_news() {
    SnapshotFeed::News news = feed_.take();
    if (news.snapshot) {
      accept_snapshot(state_, std::move(news.snapshot));
      arrival_ = Clock::now();
    }
    if (news.error) return tl::unexpected<Error>(*news.error);
    if (news.ended) state_.replay_ended = true;
    return {};
  }

  Terminal& terminal_;
  SnapshotFeed& feed_;
  TopState state_;
  ThrottleDesk* desk_;
  Clock::time_point arrival_ = Clock::now();
};

}  // namespace

Status run_live_top(SampleSource& source, SnapshotFeed::Advance advance, TopState state,
                    ThrottleDesk* desk) {
  // The feed ends after the screen is given back: ending may take a while.
  SnapshotFeed::Pace pace{first_interval(state), nanoseconds_of(state.interval_seconds),
                          state.replay};
  auto terminal = Terminal::make(wants_colour());
  if (!terminal) return tl::unexpected<Error>(terminal.error());
  auto feed = SnapshotFeed::make(source, std::move(advance), pace);
  if (!feed) return tl::unexpected<Error>(feed.error());
  const Status done = LiveTop(**terminal, **feed, std::move(state), desk).run();
  terminal->reset();
  return done;
}

Status run_batch_top(SampleSource& source, const SnapshotFeed::Advance& advance, TopState state,
                     BatchOptions options) {
  std::chrono::nanoseconds wait{0};
  for (std::uint64_t frame = 0; frame < options.frames && !source.interrupted();) {
    auto sample = source.next(wait);
    if (!sample) return tl::unexpected<Error>(sample.error());
    if (!*sample) break;
    auto snapshot = advance(**sample);
    if (snapshot) {
      accept_snapshot(state, std::make_shared<const Snapshot>(std::move(*snapshot)));
      if (frame > 0) std::cout << '\n';
      std::cout << draw_batch_frame(state, options.rows, options.utf8) << std::flush;
      if (!std::cout) return fail("stdout cannot be written");
      ++frame;
    }
    wait = frame > 0 ? nanoseconds_of(state.interval_seconds) : first_interval(state);
  }
  if (!state.snapshot && !source.interrupted())
    return fail(source.name() + ": holds one sample at most; an interval needs two");
  return {};
}

}  // namespace culprit
