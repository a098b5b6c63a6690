// SPDX-License-Identifier: Apache-2.0
#include "view/throttle_pane.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "model/usage.h"
#include "view/format.h"
#include "view/page.h"

namespace culprit {
namespace {

constexpr std::array<std::chrono::minutes, 5> kDurations = {
    std::chrono::minutes(1), std::chrono::minutes(5), std::chrono::minutes(10),
    std::chrono::minutes(15), std::chrono::minutes(30)};
constexpr Style kAlert{.colour = Colour::kRed, .bold = true};
constexpr Style kKey{.colour = Colour::kCyan, .bold = true};

bool is(Key key, char32_t character) {
  return key == Key{KeyName::kCharacter, character};
}

bool leaves(Key key) {
  return is(key, 'n') || is(key, 'N') || is(key, 'q') || key.name == KeyName::kEscape ||
         key.name == KeyName::kBackspace;
}

double seconds_of(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

void ask(TopState& state, DeskRequest::Kind kind, std::string id = {}) {
  state.to_ask.push_back({kind, state.throttle.wish, std::move(id), state.newest});
}

void ask_for_step(TopState& state, int step) {
  if (!state.throttle.offer || step < 0 || step >= state.throttle.offer->steps) return;
  state.throttle.wish.step = step;
  state.throttle.offer.reset();
  ask(state, DeskRequest::Kind::kOffer);
}

void change_duration(TopState& state, int by) {
  auto& duration = state.throttle.wish.duration;
  const auto at = std::find(kDurations.begin(), kDurations.end(), duration);
  const auto index = std::clamp<std::ptrdiff_t>(at - kDurations.begin() + by, 0,
                                                static_cast<std::ptrdiff_t>(kDurations.size()) - 1);
  duration = kDurations[static_cast<std::size_t>(index)];
}

bool has_absolute(const ThrottleOffer& offer) {
  return std::any_of(offer.objections.begin(), offer.objections.end(),
                     [](const Objection& objection) { return objection.absolute; });
}

void order(TopState& state, bool force) {
  const auto& offer = state.throttle.offer;
  if (!offer) {
    state.message = "what would be done is not known yet";
    return;
  }
  if (!offer->impossible.empty()) {
    state.message = "this knob would have no effect; Right tries another";
    return;
  }
  if (has_absolute(*offer) || (!offer->objections.empty() && !force)) {
    state.message = has_absolute(*offer) ? "nobody may slow that one"
                                         : "something speaks against it; ! does it all the same";
    return;
  }
  state.throttle.wish.force = force;
  state.throttle.wish.knob = offer->knob;
  state.pane = Pane::kTable;
  state.message = "asked for";
  ask(state, DeskRequest::Kind::kThrottle);
}

Style verdict_style(const Action& action) {
  if (!action.verdict) return kPlain;
  return *action.verdict == "helped" ? Style{.colour = Colour::kGreen} : kAlert;
}

}  // namespace

void propose_throttle(TopState& state) {
  const Line* line = state.selected_line();
  if (!state.desk_refusal.empty()) {
    state.message = state.desk_refusal;
    return;
  }
  if (!line || (!line->task && !line->process)) {
    state.message = "processes and tasks can be slowed: choose one";
    return;
  }
  state.throttle = {};
  if (line->task) {
    state.throttle.wish.task = line->task->id;
    state.throttle.name = "task " + line->task->name;
    state.throttle.cpu_cores = line->task->cpu_seconds;
  } else {
    state.throttle.wish.process = line->process->id;
    state.throttle.name =
        "process " + line->process->name + " (" + std::to_string(line->process->id.pid) + ")";
    state.throttle.cpu_cores = line->process->usage.cpu_seconds;
    state.throttle.disk_bytes = disk_bytes_of(line->process->usage);
  }
  if (const double seconds = state.snapshot->seconds; seconds > 0) {
    state.throttle.cpu_cores /= seconds;
    state.throttle.disk_bytes /= seconds;
  }
  state.pane = Pane::kThrottle;
  ask(state, DeskRequest::Kind::kOffer);
}

void propose_undo(TopState& state) {
  if (!state.desk_refusal.empty()) {
    state.message = state.desk_refusal;
    return;
  }
  if (!state.newest || active_actions(*state.newest).empty()) {
    state.message = "nothing is throttled";
    return;
  }
  state.undo = active_actions(*state.newest).front()->id;
  state.pane = Pane::kUndo;
}

void answer_throttle(TopState& state, Key key) {
  if (leaves(key))
    state.pane = Pane::kTable;
  else if (is(key, 'y') || is(key, 'Y'))
    order(state, false);
  else if (is(key, '!'))
    order(state, true);
  else if (key.name == KeyName::kRight && state.throttle.offer)
    ask_for_step(state, state.throttle.offer->step + 1);
  else if (key.name == KeyName::kLeft && state.throttle.offer)
    ask_for_step(state, state.throttle.offer->step - 1);
  else if (key.name == KeyName::kUp || key.name == KeyName::kDown)
    change_duration(state, key.name == KeyName::kUp ? 1 : -1);
  else
    state.message = "y or n";
}

void answer_undo(TopState& state, Key key) {
  const auto active = state.newest ? active_actions(*state.newest) : std::vector<const Action*>();
  const auto at = std::find_if(active.begin(), active.end(),
                               [&](const Action* action) { return action->id == state.undo; });
  if (leaves(key)) {
    state.pane = Pane::kTable;
  } else if (is(key, 'y') || is(key, 'Y')) {
    state.pane = Pane::kTable;
    state.message = at == active.end() ? "it has ended by itself" : "asked for";
    if (at != active.end()) ask(state, DeskRequest::Kind::kUndo, state.undo);
  } else if (key.name == KeyName::kDown || key.name == KeyName::kUp) {
    if (active.empty()) return;
    const std::ptrdiff_t last = static_cast<std::ptrdiff_t>(active.size()) - 1;
    const std::ptrdiff_t now = at == active.end() ? 0 : at - active.begin();
    const std::ptrdiff_t by = key.name == KeyName::kDown ? 1 : -1;
    state.undo =
        active[static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(now + by, 0, last))]->id;
  } else {
    state.message = "y or n";
  }
}

void accept_news(TopState& state, DeskNews news) {
  if (news.offer) {
    if (state.pane == Pane::kThrottle) {
      state.throttle.offer = std::move(news.offer);
      state.throttle.wish.step = state.throttle.offer->step;
    }
    return;
  }
  state.message = std::move(news.message);
  if (state.pane == Pane::kThrottle && !state.throttle.offer) state.pane = Pane::kTable;
}

void draw_throttle(Canvas& canvas, const TopState& state, int top, int height) {
  Page page(canvas, {top, 0, canvas.width(), height});
  page.rule("Throttle");
  const ThrottleDialogue& dialogue = state.throttle;
  std::string use = format_percent(100 * dialogue.cpu_cores) + "% of a CPU";
  if (dialogue.disk_bytes > 0) use += ", " + format_bytes(dialogue.disk_bytes) + "/s of disks";
  page.line().item("who ", dialogue.name, kBold).item("", use + " now");
  if (!dialogue.offer) {
    page.text("asking what can be done…", kDim);
    return;
  }
  const ThrottleOffer& offer = *dialogue.offer;
  const std::string step =
      "(" + std::to_string(offer.step + 1) + " of " + std::to_string(offer.steps) + ")";
  page.line().item("what", offer.knob + ": " + offer.new_text, kBold).item("", step, kDim);
  if (!offer.old_text.empty()) page.line().item("now ", offer.old_text);
  page.line()
      .item("for ", format_duration(seconds_of(dialogue.wish.duration)), kBold)
      .item("", "it ends by itself then", kDim);
  if (!offer.impossible.empty())
    page.wrapped("It would have no effect: " + offer.impossible, kAlert, 4);
  for (const Objection& objection : offer.objections)
    page.wrapped((objection.absolute ? "Never: " : "Against it: ") + objection.reason + " (" +
                     objection.name + ")",
                 objection.absolute ? kAlert : Style{.colour = Colour::kYellow}, 3);
  page.skip_row();
  Pen pen = page.line();
  if (offer.impossible.empty() && offer.objections.empty()) pen.text("y", kKey).text(" does it  ");
  if (offer.impossible.empty() && !offer.objections.empty() && !has_absolute(offer))
    pen.text("!", kKey).text(" does it all the same  ");
  pen.text("n", kKey).text(" leaves it  ").text("Right Left", kKey).text(" another knob  ");
  pen.text("Up Down", kKey).text(" longer, shorter");
}

void draw_undo(Canvas& canvas, const TopState& state, int top, int height) {
  Page page(canvas, {top, 0, canvas.width(), height});
  page.rule("Undo");
  if (!state.newest) return;
  for (const Action* action : active_actions(*state.newest)) {
    const bool chosen = action->id == state.undo;
    page.text((chosen ? "> " : "  ") + action->id + "  " +
                  action_line(*action, state.newest->end_wall_ns),
              chosen ? kBold : verdict_style(*action));
    if (chosen && !action->old_text.empty()) page.text("    back to " + action->old_text, kDim);
  }
  page.skip_row();
  page.line()
      .text("y", kKey)
      .text(" undoes it  ")
      .text("n", kKey)
      .text(" leaves it  ")
      .text("Up Down", kKey)
      .text(" another one");
}

std::vector<const Action*> active_actions(const Snapshot& snapshot) {
  std::vector<const Action*> active;
  for (const Action& action : snapshot.actions)
    if (action.state == "active") active.push_back(&action);
  std::reverse(active.begin(), active.end());
  return active;
}

std::string action_line(const Action& action, std::int64_t now_wall_ns) {
  std::string text = action.target.name + ": " + action.knob + ": " + action.new_text;
  if (!action.victim.empty()) text += ", for " + action.victim;
  if (action.deadline_wall_ns)
    text += ", " +
            format_duration(
                std::max(0.0, static_cast<double>(*action.deadline_wall_ns - now_wall_ns) / 1e9)) +
            " left";
  const auto achieved = action.measured ? action.measured->p95_ratio() : std::nullopt;
  if (action.verdict)
    text += ", " + *action.verdict +
            (achieved ? " (p95 " + std::string(*achieved < 1 ? "-" : "+") +
                            std::to_string(std::lround(std::fabs(*achieved - 1) * 100)) + "%)"
                      : "");
  else if (!action.victim.empty())
    text += ", no verdict yet";
  return text;
}

}  // namespace culprit
