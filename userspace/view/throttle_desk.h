// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "model/snapshot.h"
#include "model/throttle_wish.h"

namespace culprit {

/// What top asks of who can change the host.
struct DeskRequest {
  enum class Kind { kOffer, kThrottle, kUndo };
  Kind kind = Kind::kOffer;
  ThrottleWish wish;
  std::string id;                            ///< of the action that is to be undone
  std::shared_ptr<const Snapshot> snapshot;  ///< in which it was seen
};

/// An answer.
struct DeskNews {
  std::optional<ThrottleOffer> offer;
  std::string message;  ///< what was done, or why not; "" of an offer
};

/// Answers in its own time, so that the screen never waits.
class ThrottleDesk {
 public:
  virtual ~ThrottleDesk() = default;
  /// Readable when there is news.
  virtual int descriptor() const = 0;
  /// Of several that wait, the last offer counts.
  virtual void ask(DeskRequest request) = 0;
  virtual std::optional<DeskNews> take() = 0;
};

}  // namespace culprit
