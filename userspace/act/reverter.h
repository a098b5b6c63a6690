// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "act/ledger.h"

namespace culprit {

/// Whom a reverter is there for.
struct ReverterOptions {
  /// One lease: stays until it has ended.
  std::optional<std::string> lease;
  /// Descriptor of a pipe that the owner of leases holds open; when it closes, all leases of
  /// `owner` are taken back. -1: none.
  int owner_pipe = -1;
  Keeper owner;
};

/// Takes leases back when their time is over, and those of an owner when he is gone, whatever
/// became of whoever made them. Any lease whose time is over is taken back, not only those that
/// it is there for: two reverters are safer than one. Ends when nothing is left to wait for, or
/// at SIGTERM, after it took back what it is there for.
Status run_reverter(Ledger& ledger, const ReverterOptions& options);

}  // namespace culprit
