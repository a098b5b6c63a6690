// SPDX-License-Identifier: Apache-2.0
#include "store/history_query.h"

#include <nlohmann/json.hpp>

#include "util/when.h"

#include <algorithm>
#include <array>

#include "store/history_rollup.h"

namespace culprit {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
/// Ticks that follow one another begin where the last one ended; a hole that is no longer than this
/// is a tick that came late.
constexpr std::int64_t kLeastHole = 5 * kSecond / 2;

/// The shortest round time of which `most` are enough for the span.
std::int64_t round_step(std::int64_t span_ns, std::size_t most) {
  constexpr std::array<std::int64_t, 18> kRound = {
      1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 21600, 43200, 86400};
  for (const std::int64_t seconds : kRound)
    if (span_ns <= seconds * kSecond * static_cast<std::int64_t>(most)) return seconds * kSecond;
  return (span_ns / static_cast<std::int64_t>(most) / (86400 * kSecond) + 1) * 86400 * kSecond;
}

std::int64_t middle_of(const HistoryTick& tick) {
  return tick.start_ns + (tick.end_ns - tick.start_ns) / 2;
}

/// Takes ticks in order and makes steps, the whole and the holes between them.
class RangeFiller {
 public:
  explicit RangeFiller(HistoryRange& range)
      : range_(range), begin_(range.span.since_ns), last_end_(range.span.since_ns) {}

  void add(const HistoryTick& tick) {
    const std::int64_t middle = middle_of(tick);
    if (middle < range_.span.since_ns || middle >= range_.span.until_ns) return;
    note_hole(tick.start_ns);
    last_end_ = std::max(last_end_, tick.end_ns);
    while (middle >= begin_ + range_.step_ns) next_step();
    step_.add(tick);
    whole_.add(tick);
  }

  /// Gives the holes.
  std::vector<TimeSpan> finish() {
    while (begin_ < range_.span.until_ns) next_step();
    note_hole(range_.span.until_ns);
    range_.whole = whole_.take();
    return std::move(holes_);
  }

 private:
  void next_step() {
    range_.steps.push_back({{begin_, begin_ + range_.step_ns}, step_.take()});
    begin_ += range_.step_ns;
  }
  void note_hole(std::int64_t until_ns) {
    if (until_ns - last_end_ > kLeastHole) holes_.push_back({last_end_, until_ns});
  }

  HistoryRange& range_;
  HistoryRollup whole_, step_;
  std::int64_t begin_, last_end_;
  std::vector<TimeSpan> holes_;
};

bool overlap(const TimeSpan& span, const HistoryGap& gap) {
  return gap.since_ns < span.until_ns && gap.until_ns > span.since_ns;
}

/// Holes between the ticks, with the cause where the file tells one.
std::vector<HistoryGap> all_gaps(const std::vector<TimeSpan>& empty,
                                 const std::vector<HistoryGap>& told) {
  std::vector<HistoryGap> gaps;
  for (const TimeSpan& hole : empty) {
    const auto known = std::find_if(told.begin(), told.end(),
                                    [&](const HistoryGap& gap) { return overlap(hole, gap); });
    if (known == told.end())
      gaps.push_back({hole.since_ns, hole.until_ns, 0, "nobody watched, or it is no longer kept"});
    else
      gaps.push_back({hole.since_ns, hole.until_ns, known->ticks, known->cause});
  }
  // What was lost of the finest interval only, or of less than a coarse one.
  for (const HistoryGap& gap : told)
    if (std::none_of(empty.begin(), empty.end(),
                     [&](const TimeSpan& hole) { return overlap(hole, gap); }))
      gaps.push_back(gap);
  std::stable_sort(gaps.begin(), gaps.end(), [](const HistoryGap& a, const HistoryGap& b) {
    return a.since_ns < b.since_ns;
  });
  return gaps;
}

}  // namespace

Result<HistoryRange> read_range(HistoryReader& reader, TimeSpan span, std::size_t most_steps) {
  HistoryRange range;
  range.step_ns = round_step(span.until_ns - span.since_ns, most_steps);
  span.since_ns -= span.since_ns % range.step_ns;
  range.span = span;
  RangeFiller filler(range);
  // A tick belongs to where its middle is, so one that begins a little before counts.
  const Status read =
      reader.range({span.since_ns - kSecond, span.until_ns}, most_steps, HistoryDetail::kAll,
                   [&](HistoryTick&& tick) { filler.add(tick); });
  if (!read) return tl::unexpected<Error>(read.error());
  const std::vector<TimeSpan> holes = filler.finish();
  auto host = reader.host();
  if (!host) return tl::unexpected<Error>(host.error());
  range.host = std::move(*host);
  auto findings = reader.findings(span);
  if (!findings) return tl::unexpected<Error>(findings.error());
  range.findings = std::move(*findings);
  const auto told = reader.gaps(span);
  if (!told) return tl::unexpected<Error>(told.error());
  range.gaps = all_gaps(holes, *told);
  auto actions = reader.actions(span);
  if (!actions) return tl::unexpected<Error>(actions.error());
  range.actions = std::move(*actions);
  return range;
}

namespace {

constexpr std::int64_t kDay = 86'400ll * 1'000'000'000;

/// It had not ended before; when it was not told that it ended, its time was not over.
bool held_at(const HistoryAction& action, std::int64_t time_ns) {
  const auto document = nlohmann::json::parse(action.document, nullptr, false);
  for (const char* key : {"ended_at", "deadline"}) {
    if (!document.is_object() || !document.contains(key) || !document[key].is_string()) continue;
    const auto end = parse_when(document[key].get<std::string>(), time_ns);
    return !end || *end >= time_ns;
  }
  return true;
}

}  // namespace

Result<HistoryMoment> read_moment(HistoryReader& reader, std::int64_t time_ns) {
  HistoryMoment moment;
  moment.time_ns = time_ns;
  auto host = reader.host();
  if (!host) return tl::unexpected<Error>(host.error());
  moment.host = std::move(*host);
  auto tick = reader.at(time_ns);
  if (!tick) return tl::unexpected<Error>(tick.error());
  moment.tick = std::move(*tick);
  if (!moment.tick) return moment;
  auto findings = reader.findings({moment.tick->start_ns, moment.tick->end_ns});
  if (!findings) return tl::unexpected<Error>(findings.error());
  moment.findings = std::move(*findings);
  // None lasts longer than a day.
  auto actions = reader.actions({moment.tick->start_ns - kDay, moment.tick->end_ns});
  if (!actions) return tl::unexpected<Error>(actions.error());
  for (HistoryAction& action : *actions)
    if (held_at(action, moment.tick->start_ns)) moment.actions.push_back(std::move(action));
  return moment;
}

}  // namespace culprit
