// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/program_options/options_description.hpp>
#include <boost/program_options/variables_map.hpp>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "act/rein.h"
#include "util/result.h"

namespace culprit {

/// Adds --state DIRECTORY, where the journal of what was changed is.
void add_state_option(boost::program_options::options_description& options);

/// Adds an option for each knob.
void add_knob_options(boost::program_options::options_description& options);
/// The one that was asked for, and its argument; empty of none. Two are misuse.
Result<std::pair<std::string, std::string>> knob_asked(
    const boost::program_options::variables_map& values);

/// The host, with what a crash left taken back, which is told on stderr.
Result<std::unique_ptr<HostRein>> open_rein(const boost::program_options::variables_map& values);

/// The value of --for: at most half an hour.
Result<std::chrono::nanoseconds> lease_duration(
    const boost::program_options::variables_map& values);

/// Prints each veto on stderr. The one line of the refusal when they stop it: the absolute ones
/// always, the others unless `force`.
Status hold_vetoes(const std::vector<Veto>& vetoes, bool force);

/// What was done, the old value, and how to undo it.
std::string lease_report(const Lease& lease);

}  // namespace culprit
