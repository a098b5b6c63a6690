// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "bpf/facts.h"

namespace culprit {

/// One program that culprit knows, beside what every program needs.
struct ProgramRow {
  std::string_view family, program, attach;
  std::vector<Fact Facts::*> needs;
  std::string_view lost;  ///< when it is not loaded
  // Names with blanks between; one of them that is loaded decides.
  std::string_view instead = "";     ///< above it: it is not needed
  std::string_view substitute = "";  ///< nothing is lost without it
  std::string_view beside = "";      ///< above it: without one of them it is of no use
  bool on_demand = false;            ///< attached only while there is something that it is for
  bool on_request = false;           ///< only loaded when somebody asks for it
};

/// All of them, in the order of loading: what stands in for another program comes after it.
const std::vector<ProgramRow>& program_table();

}  // namespace culprit
