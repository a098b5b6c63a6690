// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "act/lease.h"
#include "util/result.h"

namespace culprit {

// Lines of the journal, one JSON object each. What is written before a change tells how to take
// it back; what is written after it tells what was read back.

/// A lease begins; its changes are not in it.
std::string lease_line(const Lease& lease);
/// Change `index` of the lease is about to be made.
std::string intent_line(const std::string& id, std::size_t index, const ValueChange& change);
/// It was made, and `change.applied` was read back.
std::string applied_line(const std::string& id, std::size_t index, const ValueChange& change);
/// It was taken back.
std::string undone_line(const std::string& id, std::size_t index, const Undone& undone);
/// The lease lasts until then.
std::string renewed_line(const Lease& lease);
/// What measuring showed.
std::string verdict_line(const Lease& lease);
/// Nothing of the lease is left to be done.
std::string closed_line(const Lease& lease);

/// The leases that a journal's text tells of, oldest first.
struct JournalText {
  std::vector<Lease> leases;
  std::size_t unreadable = 0;  ///< lines that are none; a torn last one is among them
};
JournalText parse_journal(std::string_view text);

}  // namespace culprit
