// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "act/lease.h"
#include "util/fd.h"
#include "util/result.h"

namespace culprit {

/// A reverter that was started, and is ready.
struct ReverterProcess {
  Keeper keeper;
  Fd owner_pipe;  ///< while it is open, the owner lives; empty of one that keeps a single lease
  Fd store;       ///< of one that keeps a single lease: what is put there it holds until it ends
};

/// Starts `culprit revert --keep ID` in a session of its own: it outlives us, and ends with the
/// lease. It must be there before the lease is.
Result<ReverterProcess> start_lease_reverter(const std::string& directory, const std::string& id);

/// Starts one that takes back all leases whose keeper we are as soon as we end, however that is.
Result<ReverterProcess> start_owner_reverter(const std::string& directory);

/// Leaves descriptors with a reverter that keeps a single lease. They lie in the queue of its
/// socket, so that it holds them without doing anything, and the kernel closes them with it.
Status leave_with(const ReverterProcess& reverter, const std::vector<Fd>& descriptors);

/// This process, as the keeper of leases.
Keeper own_keeper();

}  // namespace culprit
