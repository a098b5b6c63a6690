// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "bpf/object_loader.h"
#include "util/result.h"

struct call_probe;

namespace culprit {

/// The probes of connections and calls. Their records come through exchanges().
class CallProbe {
 public:
  ~CallProbe();
  static Result<std::unique_ptr<CallProbe>> load(ObjectLoader& loader);

  /// The ring buffer of connection and exchange records.
  int exchanges() const;

  /// Ships the connections that are open already. Once, before the first interval.
  void list_existing();

  /// From now on tells which connection a thread uses while it is in a TLS library's call,
  /// and wakes the reader when a connection begins with TLS.
  void watch_plaintext();

  /// Ships what is still in the connections' buffers. The ids of all watched connections;
  /// nullopt when they cannot be listed on this host.
  std::optional<std::vector<std::uint64_t>> flush();

  bpf_object* object() const;

 private:
  CallProbe();
  SkeletonHandle<call_probe> skeleton_;
  bpf_link* existing_ = nullptr;  // both are the loader's
  bpf_link* flush_ = nullptr;
};

}  // namespace culprit
