// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bpf/object_loader.h"
#include "collect/call_tracker.h"
#include "collect/text_file.h"
#include "util/result.h"

struct tls_probe;

namespace culprit {

/// The probes of TLS libraries. They are loaded at the start and attached to a file when a
/// process that has it mapped turns out to have a TLS connection: once a file, for all
/// processes, present and to come. What they ship comes through CallProbe::exchanges().
class TlsProbe {
 public:
  ~TlsProbe();
  /// The family `call` is loaded before. `one_link` as in the plan.
  static Result<std::unique_ptr<TlsProbe>> load(ObjectLoader& loader, bool one_link);

  /// Looks for the TLS library of a process, once for each program that it runs.
  void look_at(const TlsProcess& process);

  /// From now on tells, or does not, which task writes.
  void know_tasks(bool known);

  /// It is attached to a library.
  bool attached() const { return attached_files_ > 0; }

  bpf_object* object() const;

 private:
  using FileId = std::pair<dev_t, ino_t>;
  struct Seen {
    std::uint64_t start_time_ns = 0;
    FileId executable;
    bool operator==(const Seen&) const = default;
  };

  TlsProbe(ObjectLoader& loader, bool one_link);
  bool attach_libraries(const std::string& process);
  bool attach(const std::string& path);
  Status attach_calls(const Fd& file, const std::vector<Function>& functions);

  ObjectLoader& loader_;
  SkeletonHandle<tls_probe> skeleton_;
  std::vector<FunctionLink> links_;
  std::map<std::uint32_t, Seen> seen_;  ///< by pid
  std::map<FileId, bool> files_;        ///< true: attached; false: has no such functions
  std::size_t attached_files_ = 0, most_attached_files_;
  TextReader text_;
};

}  // namespace culprit
