// SPDX-License-Identifier: Apache-2.0
#include "act/journal_watch.h"

#include "act/lease_action.h"

namespace culprit {
namespace {

bool is_same(const struct stat& a, const struct stat& b) {
  return a.st_ino == b.st_ino && a.st_size == b.st_size && a.st_mtim.tv_sec == b.st_mtim.tv_sec &&
         a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

}  // namespace

bool JournalWatch::look() {
  struct stat now {};
  if (::stat(journal_.file().c_str(), &now) != 0) now = {};
  if (is_same(now, seen_)) return false;
  const auto held = journal_.read();
  error_ = held ? "" : held.error().message;
  if (!held) return false;
  seen_ = now;
  unreadable_lines_ = held->unreadable;
  actions_.clear();
  leases_ = held->leases;
  for (const Lease& lease : leases_) actions_.push_back(action_of(lease));
  return true;
}

}  // namespace culprit
