// SPDX-License-Identifier: Apache-2.0
// The journal of what was changed: any text gives leases whose places lead nowhere but to files
// of cgroups, and what is read can be written and read again. /proc/locks and /proc/net/tcp.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "act/journal_record.h"
#include "act/process_facts.h"
#include "act/socket_peers.h"

namespace {

using namespace culprit;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_place(const Place& place) {
  if (is_of_thread(place.kind)) return;
  require(place.directory.starts_with('/'));
  require(place.directory.find("/../") == std::string::npos);
  require(place.file.find('/') == std::string::npos && place.file != "..");
}

void check_round(const std::string& text) {
  std::string again;
  const JournalText parsed = parse_journal(text);
  for (const Lease& lease : parsed.leases) {
    again += lease_line(lease);
    for (std::size_t index = 0; index < lease.changes.size(); ++index) {
      check_place(lease.changes[index].place);
      again += intent_line(lease.id, index, lease.changes[index]);
    }
  }
  const JournalText second = parse_journal(again);
  require(second.unreadable == 0);
  require(second.leases.size() == parsed.leases.size());
  for (std::size_t index = 0; index < second.leases.size(); ++index)
    require(second.leases[index].changes.size() == parsed.leases[index].changes.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  check_round(text);
  parse_lock_holders(text);
  parse_connections(text);
  return 0;
}
