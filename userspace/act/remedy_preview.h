// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "act/remedy.h"
#include "act/track.h"

namespace culprit {

/// What the host says to an order, before anything is done.
struct HostOpinion {
  std::string old_text, new_text;  ///< of the knob
  std::string impossible;          ///< why it would have no effect, or cannot be; "": it can
  std::vector<Veto> vetoes;
};

/// Says of each recommendation what `culprit apply` would do about it: fills
/// Recommendation::action. Pure but for the host that it may ask.
class RemedyPreview {
 public:
  using Look = std::function<HostOpinion(const ThrottleOrder&, const Snapshot&)>;
  static constexpr std::size_t kAllAtOnce = ~std::size_t{0}, kOneAtATime = 1;

  /// Without a `look`, for what is past, neither old values nor vetoes are known. The host is
  /// asked about at most `looks` recommendations for one snapshot, for that takes time; the others
  /// have their turn with the next ones.
  explicit RemedyPreview(Look look = {}, std::size_t looks = kAllAtOnce)
      : look_(std::move(look)), looks_(looks) {}

  /// Once for each judged snapshot, in order. `now_ns` is a monotonic clock: the host is asked
  /// about the same recommendation every 30 s.
  void fill(Snapshot& snapshot, std::uint64_t now_ns);

 private:
  struct Asked {
    HostOpinion opinion;
    std::uint64_t at_ns = 0;
    std::size_t nth = 0;  ///< of the orders: it is about this one
  };
  std::optional<Action> action_for(const Recommendation& recommendation, const Snapshot& snapshot,
                                   std::uint64_t now_ns);
  /// About the first of the orders that the host can do; nullptr: it was not asked yet.
  const Asked* ask(const std::string& id, const std::vector<ThrottleOrder>& orders,
                   const Snapshot& snapshot, std::uint64_t now_ns);

  Look look_;
  std::size_t looks_, looks_left_ = 0;
  Tracks tracks_;
  std::map<std::string, Asked> asked_;
};

/// Asks the running host through `rein`, which outlives the result.
RemedyPreview::Look host_look(HostRein& rein);

}  // namespace culprit
