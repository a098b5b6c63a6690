// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "act/lease.h"
#include "util/fd.h"
#include "util/result.h"

namespace culprit {

/// A reverter that was started, and is ready.
struct ReverterProcess {
  Keeper keeper;
  Fd owner_pipe;  ///< while it is open, the owner lives; empty of one that keeps a single lease
};

/// Starts `culprit revert --keep ID` in a session of its own: it outlives us, and ends with the
/// lease. It must be there before the lease is.
Result<ReverterProcess> start_lease_reverter(const std::string& directory, const std::string& id);

/// Starts one that takes back all leases whose keeper we are as soon as we end, however that is.
Result<ReverterProcess> start_owner_reverter(const std::string& directory);

/// This process, as the keeper of leases.
Keeper own_keeper();

}  // namespace culprit
