// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/program_options/options_description.hpp>
#include <boost/program_options/variables_map.hpp>
#include <string>

#include "analyze/judge.h"
#include "util/result.h"

namespace culprit {

/// Adds --rules DIRECTORY, whose files add to the shipped rules.
void add_rules_option(boost::program_options::options_description& options);

/// The shipped rules and those of that directory. What does not compile is misuse.
Result<std::shared_ptr<const RuleSet>> rules_of(
    const boost::program_options::variables_map& values);

}  // namespace culprit
