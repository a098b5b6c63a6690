// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/program_options/options_description.hpp>
#include <boost/program_options/variables_map.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/action.h"
#include "util/result.h"

namespace culprit {

/// Adds --state DIRECTORY and --history FILE.
void add_action_options(boost::program_options::options_description& options);

/// What the journal tells, and with `since_ns`, wall clock, what the daemon has kept in history
/// from then on; oldest first. Lines of the journal that cannot be read are told on stderr. There
/// is no error in that no history is kept, unless it was asked for by name.
Result<std::vector<Action>> known_actions(const boost::program_options::variables_map& values,
                                          std::optional<std::int64_t> since_ns);

/// The action of that id: of the journal, of the daemon's proposals, or of history. Absent when
/// nobody knows it.
Result<std::optional<Action>> find_action(const boost::program_options::variables_map& values,
                                          const std::string& id);

/// As leases ("r01234567") and proposals ("p1") are called.
bool is_action_id(std::string_view text);

}  // namespace culprit
