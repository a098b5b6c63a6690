// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "act/process_facts.h"

namespace culprit {

/// Why something must not be throttled.
struct Veto {
  std::string name;       ///< "protected", "database", "lock_holder", …
  std::string reason;     ///< one line that names the process
  bool absolute = false;  ///< a person's word does not lift it
};

/// "REASON (NAME)" of each.
std::vector<std::string> veto_texts(const std::vector<Veto>& vetoes);

/// What the guards have to know beside the process itself.
struct GuardContext {
  std::set<std::uint32_t> ours;              ///< culprit, and who started it
  std::string own_executable;                ///< path of culprit
  std::set<std::uint32_t> victim_ancestors;  ///< the victim, and who started it
  std::set<std::uint32_t> lock_holders;
  std::set<std::uint32_t> database_servers;  ///< seen answering as one
  std::set<std::uint32_t> victim_peers;      ///< who the victim has a connection to
  std::uint64_t now_ticks = 0;               ///< since boot
  std::uint64_t ticks_per_second = 100;
  bool young_may_be_held = false;  ///< they belong to something that is not
};

/// Younger than three seconds.
bool is_young(const ProcessFacts& process, const GuardContext& context);

/// Everything that speaks against it; empty when nothing does. Pure. Lists match an executable's
/// file name or a unit as a whole, never a part of it.
std::vector<Veto> vetoes_of(const ProcessFacts& process, const std::string& unit,
                            const GuardContext& context);

/// Names of all guards that are asked before a throttle, those of history among them.
std::vector<std::string> guard_names();

/// A unit that no throttle is for, as a whole.
bool is_protected_unit(std::string_view unit);

}  // namespace culprit
