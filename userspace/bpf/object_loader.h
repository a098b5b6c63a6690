// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bpf/libbpf.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bpf/function_probe.h"
#include "bpf/load_plan.h"
#include "util/fd.h"
#include "util/result.h"

namespace culprit {

template <typename Skeleton>
struct SkeletonDeleter {
  void operator()(Skeleton* skeleton) const { Skeleton::destroy(skeleton); }
};

/// Owns a skeleton made by bpftool; destroying it unloads what it loaded.
template <typename Skeleton>
using SkeletonHandle = std::unique_ptr<Skeleton, SkeletonDeleter<Skeleton>>;

/// One program as it was applied.
struct AppliedProgram {
  std::string family, program, attach;
  bool attached = false;
  bool waits = false;        ///< loaded, to be attached once there is what it is for
  bool on_demand = false;    ///< as planned
  Skip skip = Skip::kNone;   ///< as planned
  bool shed = false;         ///< let go of, because it cost too much
  bool made_up_for = false;  ///< another program does its work, so nothing is lost
  std::string reason;        ///< when not attached
  int program_fd = -1;       ///< borrowed from the object
};

/// Applies the load plan object by object. Maps of bpf/shared_maps.bpf.h are created with
/// the first object and handed to the others. Nothing is pinned: when the process dies,
/// however it dies, the kernel takes everything away.
class ObjectLoader {
 public:
  explicit ObjectLoader(const LoadPlan& plan);

  /// Loads and attaches the programs of `family` that the plan loads. An error means that
  /// nothing of the family runs; applied() says why, for each program.
  template <typename Skeleton>
  Status load(const std::string& family, Skeleton& skeleton) {
    // The skeleton's own load() also maps its global variables.
    return load(family, skeleton.obj, [&skeleton] { return Skeleton::load(&skeleton); });
  }

  /// Attaches a program of the plan that waits ("uprobe/…", "uretprobe/…") to functions of
  /// `file`, in one process or in all.
  Result<FunctionLink> attach_to(bpf_program* program, const std::string& file,
                                 const std::vector<Function>& functions, FunctionEnd end,
                                 int pid = kAllProcesses);

  /// Attaches a program of the plan that waits ("perf_event") to the clock of every CPU.
  Result<std::vector<LinkHandle>> attach_to_clock(bpf_program* program, std::uint32_t frequency_hz);

  /// Attaches one that waits.
  Status attach_waiting(bpf_program* program);
  /// Lets go of one that is attached; it waits.
  void detach(const bpf_program* program);
  /// The links that attach_to_clock() gave are gone; the program waits again.
  void note_waiting(const bpf_program* program);
  /// The links that attach_to() gave are gone, because they cost too much.
  void note_shed(const bpf_program* program, const std::string& reason);

  /// Something of the family is attached, beside iterators, which run only when they are read.
  bool runs(std::string_view family) const;
  /// Lets go of all of a family but its iterators, and of what waits, because culprit costs too
  /// much. The programs that are gone.
  std::vector<std::string> shed(std::string_view family, const std::string& reason);

  /// File descriptor of a shared map, -1 before the first object is loaded.
  int shared_map(const std::string& name) const;

  const std::vector<AppliedProgram>& applied() const { return applied_; }
  /// True when that program is attached or waits.
  bool loaded(const std::string& program) const;
  /// True when that program is attached.
  bool attached(const std::string& program) const;
  /// The link of an attached program, else nullptr.
  bpf_link* link(const std::string& program) const;

 private:
  Status load(const std::string& family, bpf_object* object, const std::function<int()>& load);
  Status prepare(const std::string& family, bpf_object* object);
  void shrink_unused(bpf_object* object) const;
  Status keep_shared_maps(bpf_object* object);
  Status attach(const std::string& family, bpf_object* object);
  void note_attached(const bpf_program* program, const std::string& error);
  void give_up(const std::string& family, const std::string& reason);

  const LoadPlan& plan_;
  std::map<std::string, Fd> shared_maps_;
  std::map<std::string, LinkHandle> links_;
  std::vector<AppliedProgram> applied_;
};

/// Silences libbpf and keeps its last lines; taking them empties the store.
void capture_libbpf_messages();
std::string take_libbpf_messages();

}  // namespace culprit
