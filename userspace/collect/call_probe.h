// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "bpf/object_loader.h"
#include "util/result.h"

namespace culprit {

/// The probes of connections and calls. Their records come through exchanges().
class CallProbe {
 public:
  virtual ~CallProbe() = default;
  /// Sockets seen by their own tracepoints or functions.
  static Result<std::unique_ptr<CallProbe>> load(ObjectLoader& loader);
  /// The same seen from system calls.
  static Result<std::unique_ptr<CallProbe>> load_syscalls(ObjectLoader& loader);

  /// The ring buffer of connection and exchange records.
  virtual int exchanges() const = 0;

  /// Ships the connections that are open already. Once, before the first interval.
  virtual void list_existing() = 0;

  /// From now on wakes the reader when a connection begins with TLS.
  virtual void watch_plaintext() = 0;

  /// From now on tells which connection a thread uses while it is in a TLS library's call.
  virtual void follow_plaintext() = 0;

  /// There is a connection of which only arrivals tell when what was sent came. While there is
  /// none for a while, nobody looks at arrivals.
  virtual void need_arrivals() = 0;

  /// From now on counts the bytes of threads, or does not, where it stands in for the programs
  /// of the family network.
  virtual void count_traffic(bool wanted) = 0;

  /// From now on tells, or does not, which task sends.
  virtual void know_tasks(bool known) = 0;

  /// Ships what is still in the connections' buffers. The ids of all watched connections;
  /// nullopt when they cannot be listed on this host.
  virtual std::optional<std::vector<std::uint64_t>> flush() = 0;

  virtual bpf_object* object() const = 0;
};

}  // namespace culprit
