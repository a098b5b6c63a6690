// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "bpf/facts.h"
#include "util/result.h"

namespace culprit {

/// Why a program is not to be loaded.
enum class Skip {
  kNone,         ///< it is
  kUnavailable,  ///< the host lacks something
  kRefused,      ///< --without
  kNotNeeded,    ///< another program does its work, or nobody asked for it
};

/// How a program is to be attached, or why not.
struct PlannedProgram {
  std::string family;   ///< "sched", "thread", …: the object it lives in
  std::string program;  ///< name of the BPF program
  std::string attach;   ///< as in the snapshot, e.g. "tp_btf/sched_switch"
  bool load = false;
  bool on_demand = false;  ///< attached only while there is something that it is for
  std::string reason;      ///< when not loaded: the missing fact, or "--without sched"
  Skip skip = Skip::kNone;
  std::string lost;  ///< what culprit cannot tell when it is missing; "" when nothing is
};

/// What will be loaded on this host, made from facts alone.
struct LoadPlan {
  bool bpf = false;                      ///< false: read /proc only
  std::string proc_reason;               ///< why, when not
  std::vector<PlannedProgram> programs;  ///< every program that culprit knows
  bool one_link = false;                 ///< of a program on functions, to all of a file

  /// True when any program of the family is to be loaded.
  bool loads(std::string_view family) const;
  /// True when that very program is to be loaded.
  bool loads_program(std::string_view program) const;
};

/// Something that `--without` takes.
struct Feature {
  std::string_view name, help;
};

/// "bpf", the families, and every fact on which a program depends, such as "sock_length".
const std::vector<Feature>& features();
std::vector<std::string> feature_names();

/// Reads the values of --without, each a name or several with commas between.
Result<std::set<std::string>> parse_features(const std::vector<std::string>& values);

/// The facts as if the host lacked what is refused.
Facts refuse(Facts facts, const std::set<std::string>& without);

/// Pure: facts and refusals in, plan out. `asked` names programs that are loaded only when
/// somebody wants them.
LoadPlan make_load_plan(const Facts& facts, const std::set<std::string>& without,
                        const std::set<std::string>& asked = {});

}  // namespace culprit
