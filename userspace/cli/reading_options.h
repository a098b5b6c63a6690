// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/program_options/options_description.hpp>
#include <boost/program_options/variables_map.hpp>
#include <memory>

#include "collect/sample_source.h"
#include "collect/stack_options.h"
#include "util/result.h"

namespace culprit {

/// Adds what every reading subcommand takes: --from FILE, --socket PATH, --no-attach,
/// --without FEATURE, --hide-commands.
void add_reading_options(boost::program_options::options_description& options);

/// Opens what the options name: a recording, or the running host, through the daemon if one
/// runs and can give what is asked.
Result<std::unique_ptr<SampleSource>> open_source(
    const boost::program_options::variables_map& values);

/// The same for who wants stacks, and of the rest no more than whose they are. A recording has
/// those that were taken when it was made.
Result<std::unique_ptr<SampleSource>> open_stack_source(
    const boost::program_options::variables_map& values, const StackOptions& stacks);

}  // namespace culprit
