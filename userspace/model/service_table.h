// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "collect/sample.h"
#include "model/call_processes.h"
#include "model/call_sums.h"
#include "model/connection_table.h"
#include "model/snapshot.h"

namespace culprit {

/// Remote addresses that processes of this host connect to, kept for some minutes after
/// their last use.
class ServiceTable {
 public:
  static constexpr std::size_t kMostServices = 2000, kMostUsers = 20;

  void begin_interval();
  /// Number of the service in this interval.
  std::uint32_t slot(std::string_view address);
  void note_call(std::uint32_t slot, Protocol protocol, const Call& call,
                 const ProcessName& caller);
  /// The connection's state at the end of the interval.
  void note_connection(ConnectionEntry& entry, std::uint64_t tick);
  /// Who listens on this host, whether or not it answers.
  void note_listeners(const std::vector<ListenerReading>& listeners);
  /// Rows of the interval, those that cost most time first.
  std::vector<ServiceRow> end_interval(std::uint64_t now_ns, CallProcesses& processes);
  void clear();

 private:
  /// A request that failed, by its arguments and who sent it.
  struct Retry {
    ProcessName caller;
    std::uint64_t attempts = 0, last_end_ns = 0;
  };
  struct Service {
    std::string address;
    Protocol protocol = Protocol::kUnknown;
    std::uint64_t used_ns = 0;     // end of the latest interval in which it was used
    std::uint64_t reply_ns = 0;    // latest end of a call
    std::uint64_t longest_ns = 0;  // that one took; 0: none was answered
    std::uint32_t refused = 0;     // connections in a row
    bool healthy = true;
    std::vector<ProcessName> users;
    std::unordered_map<std::uint64_t, Retry> retries;
    // in the present interval
    bool used = false;
    std::uint64_t connects = 0, connect_failures = 0;
    LogHistogram connect_latency;
    CallSums calls;
    std::uint64_t faults = 0;      // calls that failed by its fault
    std::uint32_t server_pid = 0;  // 0: it is not on this host, as far as is known
    std::optional<std::uint64_t> oldest_waiting_ns;
    std::uint32_t waiting = 0;  // connections that wait for an answer
    std::vector<std::uint32_t> user_slots;
  };
  static std::optional<std::uint64_t> silent_ns(const Service& service, std::uint64_t now_ns);
  static void note_retry(Service& service, const Call& call, const ProcessName& caller);
  static void count_retries(ServiceRow& row, Service& service, std::uint64_t now_ns);
  static bool is_silent_too_long(const Service& service, std::uint64_t silent_ns);
  void judge(Service& service, std::optional<std::uint64_t> silent_ns) const;
  /// Its users reach the same port at another address: of the addresses of a name they took the
  /// next.
  bool has_other_address(const Service& service) const;
  static ServiceRow row(const Service& service, std::optional<std::uint64_t> silent_ns,
                        CallProcesses& processes);
  void forget_unused(std::uint64_t now_ns);

  std::vector<Service> services_;
  std::unordered_map<std::string, std::uint32_t, TextHash, std::equal_to<>> slots_;
};

}  // namespace culprit
