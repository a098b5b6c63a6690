// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "bpf/object_loader.h"
#include "bpf/stack.h"
#include "collect/python_frames.h"
#include "collect/sample.h"
#include "collect/stack_options.h"
#include "runtime/frame_book.h"
#include "runtime/symbolizer.h"

struct stack_probe;

namespace culprit {

class PythonProbe;

/// User-space half of bpf/stack.bpf.c: takes the counts out of the tables and names frames
/// while the processes still live.
class StackProbe {
 public:
  static Result<std::unique_ptr<StackProbe>> load(ObjectLoader& loader, const StackOptions& options,
                                                  std::uint32_t unit_hierarchy);
  ~StackProbe();

  /// From now on the frames of Python processes are named. `python` must outlive this.
  void name_python(PythonProbe& python) { python_ = &python; }

  /// To be called again and again; empties the tables five times a second.
  void collect(std::uint64_t now_ns);

  /// Everything since the last call.
  void deliver(Sample& sample);

  /// What was counted since the last call will not be delivered.
  void discard();

  bpf_object* object() const;

 private:
  using Traces = std::unordered_map<std::uint64_t, std::vector<std::uint64_t>>;
  using Ids = std::vector<std::uint32_t>;
  using Key = std::tuple<std::uint32_t, std::uint64_t, bool, std::uint64_t, std::string, Ids,
                         Ids>;  ///< …, task, thread's name, native and interpreted frames

  StackProbe();
  Status start(ObjectLoader& loader, const StackOptions& options, std::uint32_t unit_hierarchy);
  void empty_tables();
  void add(const stack_key& key, const stack_count& count, const Traces& traces);
  Ids native_frames(const stack_key& key, const Traces& traces);
  Ids python_frames(const stack_key& key, const Traces& traces);
  const std::vector<std::uint64_t>& frames_of(const Traces& traces, std::uint64_t id);

  SkeletonHandle<stack_probe> skeleton_;
  std::vector<LinkHandle> clocks_;
  FrameBook frames_;
  Symbolizer symbolizer_{frames_};
  PythonFrames python_frames_{frames_};
  PythonProbe* python_ = nullptr;  ///< null: interpreters' frames are not named
  std::map<Key, StackReading> readings_;
  std::uint64_t period_ns_ = 0, emptied_ns_ = 0;
  std::uint64_t lost_counts_ = 0, lost_traces_ = 0;
};

}  // namespace culprit
