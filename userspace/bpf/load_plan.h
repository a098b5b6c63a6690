// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "bpf/facts.h"

namespace culprit {

/// How a program is to be attached, or why not.
struct PlannedProgram {
  std::string family;   ///< "sched", "thread", …: the object it lives in
  std::string program;  ///< name of the BPF program
  std::string attach;   ///< as in the snapshot, e.g. "tp_btf/sched_switch"
  bool load = false;
  std::string reason;   ///< when not loaded: the missing fact, or "--without sched"
};

/// What will be loaded on this host, made from facts alone.
struct LoadPlan {
  bool bpf = false;                      ///< false: read /proc only
  std::string proc_reason;               ///< why, when not
  std::vector<PlannedProgram> programs;  ///< every program that culprit knows

  /// True when any program of the family is to be loaded.
  bool loads(std::string_view family) const;
  /// True when that very program is to be loaded.
  bool loads_program(std::string_view program) const;
};

/// Features that `--without` takes: the families, "bpf", and single mechanisms such as
/// "sock_length". Each is one row of the same table as the plan.
std::vector<std::string> feature_names();

/// Pure: facts and refusals in, plan out.
LoadPlan make_load_plan(const Facts& facts, const std::set<std::string>& without);

}  // namespace culprit
