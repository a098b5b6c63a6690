// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bpf/facts.h"

namespace culprit {

/// What a fact is for.
enum class FactUse {
  kEssential,  ///< without it no BPF at all
  kProgram,    ///< single programs need it
  kOther,      ///< no program needs it
};

/// All that is to be known about one Fact of Facts.
struct FactRow {
  std::string_view id;     ///< its key in JSON and its name for --without
  std::string_view title;  ///< as in "no TITLE"
  Fact Facts::*fact;
  FactUse use;
  bool privileged;                 ///< finding out takes the rights to use BPF
  std::string_view lost;           ///< without it
  std::string_view how;            ///< to get it
  Fact Facts::*instead = nullptr;  ///< does the same work, so that nothing is lost with it
};

/// Every Fact of Facts has one row; the order is that of reports, and essential ones are
/// in the order in which the first missing one explains the others.
const std::vector<FactRow>& fact_table();

/// A capability that culprit uses.
struct CapabilityRow {
  int number;
  std::string_view name;
  std::string_view lost;  ///< without it
};
const std::vector<CapabilityRow>& capability_table();

/// True when the process has the capabilities that BPF takes.
bool may_use_bpf(const Facts& facts);

/// One thing that this host lacks.
struct MissingFact {
  std::string fact, title, detail, lost, how;
};

/// What is missing, what that costs and how to get it, from the two tables.
std::vector<MissingFact> missing_facts(const Facts& facts);

}  // namespace culprit
