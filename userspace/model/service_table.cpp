// SPDX-License-Identifier: Apache-2.0
#include "model/service_table.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "model/counter.h"
#include "model/service_fault.h"

namespace culprit {
namespace {

constexpr std::uint64_t kMemoryNs = 300'000'000'000;
constexpr std::uint64_t kSilentNs = 5'000'000'000;
/// Silence that is not healthy: of one whose answers are not known; else, when several wait, some
/// times as long as any of them took.
constexpr std::uint64_t kUnhealthySilentNs = 30'000'000'000;
constexpr std::uint64_t kLeastPatienceNs = 10'000'000'000;
constexpr std::uint64_t kPatience = 5;
/// One alone may be a look whether somebody is there.
constexpr std::uint32_t kRefusalsToJudge = 2;
constexpr std::uint64_t kRequestsToJudge = 20;
constexpr std::uint64_t kRetryPauseNs = 1'000'000'000, kRetryMemoryNs = 10'000'000'000;
constexpr std::uint64_t kAttemptsOfRetry = 3;
constexpr std::size_t kMostRetries = 4096;  // of one service

bool is_recognised(Protocol protocol) {
  return is_database(protocol) || protocol == Protocol::kHttp1;
}

/// What tells more about what is spoken: one that is recognised, then TLS, then nothing.
Protocol better_known(Protocol a, Protocol b) {
  if (a == Protocol::kUnknown || b == Protocol::kUnknown) return std::max(a, b);
  return std::min(a, b);
}

}  // namespace

void ServiceTable::begin_interval() {
  for (Service& service : services_) {
    service.used = false;
    service.connects = service.connect_failures = 0;
    service.connect_latency = {};
    service.calls = {};
    service.faults = 0;
    service.oldest_waiting_ns.reset();
    service.waiting = 0;
    service.user_slots.clear();
  }
}

std::uint32_t ServiceTable::slot(std::string_view address) {
  const auto found = slots_.find(address);
  if (found != slots_.end()) return found->second;
  const auto slot = static_cast<std::uint32_t>(services_.size());
  slots_.emplace(address, slot);
  services_.emplace_back();
  services_.back().address = address;
  return slot;
}

void ServiceTable::note_call(std::uint32_t slot, Protocol protocol, const Call& call,
                             const ProcessName& caller) {
  Service& service = services_[slot];
  service.calls.note(call);
  service.faults += is_service_fault(protocol, call);
  service.reply_ns = std::max(service.reply_ns, call.end_ns);
  service.longest_ns = std::max(service.longest_ns, increase(call.start_ns, call.end_ns));
  note_retry(service, call, caller);
}

/// The same request again, soon after it failed. One that is made now and then is no retry.
void ServiceTable::note_retry(Service& service, const Call& call, const ProcessName& caller) {
  if (!call.arguments || (service.retries.empty() && !failed(call))) return;
  const std::uint64_t key =
      hash_numbers(call.query, call.arguments, caller.id.pid, caller.id.start_time_ns);
  auto known = service.retries.find(key);
  if (known == service.retries.end()) {
    if (!failed(call) || service.retries.size() >= kMostRetries) return;
    known = service.retries.emplace(key, Retry{caller}).first;
  }
  Retry& retry = known->second;
  if (increase(retry.last_end_ns, call.start_ns) > kRetryPauseNs) retry.attempts = 0;
  retry.attempts++;
  retry.last_end_ns = std::max(retry.last_end_ns, call.end_ns);
}

void ServiceTable::count_retries(ServiceRow& row, Service& service, std::uint64_t now_ns) {
  std::erase_if(service.retries, [&](const auto& entry) {
    return increase(entry.second.last_end_ns, now_ns) > kRetryMemoryNs;
  });
  for (const auto& entry : service.retries) {
    const Retry& retry = entry.second;
    if (retry.attempts < kAttemptsOfRetry) continue;
    row.retried_requests++;
    row.retry_attempts += retry.attempts;
    const auto same = [&](const ProcessName& one) { return one.id == retry.caller.id; };
    if (row.retriers.size() < kMostUsers &&
        std::none_of(row.retriers.begin(), row.retriers.end(), same))
      row.retriers.push_back(retry.caller);
  }
  std::sort(row.retriers.begin(), row.retriers.end(),
            [](const ProcessName& a, const ProcessName& b) { return a.id < b.id; });
}

void ServiceTable::note_connection(ConnectionEntry& entry, std::uint64_t tick) {
  Service& service = services_[entry.slots.service];
  const ConnectionReading& reading = entry.reading;
  service.used = true;
  service.protocol = better_known(service.protocol, reading.protocol);
  const bool failed = reading.end == SocketEnd::kConnectFailed;
  const bool opened = std::exchange(entry.opening_for_service, false);
  if (failed && entry.ended_in == tick) {
    service.connect_failures++;
    service.refused++;
  } else if (opened && !failed) {
    service.connects++;
    service.refused = 0;
    if (reading.connect_ns) service.connect_latency.add(*reading.connect_ns);
  }
  if (const std::uint32_t pid = reading.peer_pid ? reading.peer_pid : entry.server_pid)
    service.server_pid = pid;
  // What is only ever written to does not wait for an answer.
  const bool answers = is_recognised(reading.protocol) || service.reply_ns;
  if (reading.busy_since_ns && answers && !entry.last_call_waits) {
    service.waiting++;
    service.oldest_waiting_ns = std::min(service.oldest_waiting_ns.value_or(*reading.busy_since_ns),
                                         *reading.busy_since_ns);
  }
  auto& users = service.user_slots;
  if (users.size() < kMostUsers &&
      std::find(users.begin(), users.end(), entry.slots.process) == users.end())
    users.push_back(entry.slots.process);
}

std::optional<std::uint64_t> ServiceTable::silent_ns(const Service& service, std::uint64_t now_ns) {
  if (!service.oldest_waiting_ns) return std::nullopt;
  const std::uint64_t since_ns = std::max(*service.oldest_waiting_ns, service.reply_ns);
  const std::uint64_t silent_ns = increase(since_ns, now_ns);
  return silent_ns > kSilentNs ? std::optional(silent_ns) : std::nullopt;
}

void ServiceTable::note_listeners(const std::vector<ListenerReading>& listeners) {
  const auto note = [this](std::string_view address, std::uint32_t pid) {
    const auto found = slots_.find(address);
    if (found != slots_.end()) services_[found->second].server_pid = pid;
  };
  for (const ListenerReading& listener : listeners) {
    if (!listener.pid) continue;
    note(listener.address, listener.pid);
    const std::string_view address = listener.address;
    const std::string port(address.substr(std::min(address.rfind(':'), address.size())));
    if (!address.starts_with("0.0.0.0:") && !address.starts_with("[::]:")) continue;
    note("127.0.0.1" + port, listener.pid);
    note("[::1]" + port, listener.pid);
  }
}

bool ServiceTable::is_silent_too_long(const Service& service, std::uint64_t silent_ns) {
  if (service.waiting > 1)
    return silent_ns > (service.longest_ns
                            ? std::max(kPatience * service.longest_ns, kLeastPatienceNs)
                            : kUnhealthySilentNs);
  // One statement alone may well take that long.
  const bool may_work =
      service.protocol == Protocol::kPostgresql || service.protocol == Protocol::kMysql;
  return !may_work && silent_ns > kUnhealthySilentNs;
}

bool ServiceTable::has_other_address(const Service& service) const {
  const std::string_view address = service.address;
  const std::string_view port = address.substr(std::min(address.rfind(':'), address.size()));
  return std::any_of(services_.begin(), services_.end(), [&](const Service& other) {
    return &other != &service && other.connects > 0 && other.address.ends_with(port) &&
           std::any_of(other.users.begin(), other.users.end(), [&](const ProcessName& user) {
             return std::find_if(service.users.begin(), service.users.end(),
                                 [&](const ProcessName& one) { return one.id == user.id; }) !=
                    service.users.end();
           });
  });
}

/// Without anything new the verdict stays as it was.
void ServiceTable::judge(Service& service, std::optional<std::uint64_t> silent_ns) const {
  const CallSums& calls = service.calls;
  const bool any_success = service.connects > 0 || calls.count > calls.errors;
  const bool any = any_success || service.connect_failures > 0 || calls.count > 0 || silent_ns;
  if (!any) return;
  const bool unreachable = service.connect_failures > 0 && service.refused >= kRefusalsToJudge &&
                           !any_success && !has_other_address(service);
  const bool failing = calls.count >= kRequestsToJudge && service.faults * 10 >= calls.count;
  service.healthy =
      !unreachable && !failing && !(silent_ns && is_silent_too_long(service, *silent_ns));
}

ServiceRow ServiceTable::row(const Service& service, std::optional<std::uint64_t> silent_ns,
                             CallProcesses& processes) {
  ServiceRow row;
  row.address = service.address;
  row.protocol =
      service.protocol == Protocol::kUnknown ? "tcp" : std::string(protocol_name(service.protocol));
  row.connects = service.connects;
  row.connect_failures = service.connect_failures;
  row.requests = service.calls.count;
  row.errors = service.faults;
  row.latency = service.calls.latency.latency();
  row.connect_latency = service.connect_latency.latency();
  if (service.server_pid) row.server = processes.name(processes.slot(service.server_pid));
  if (silent_ns) row.silent_seconds = seconds_of(*silent_ns);
  row.healthy = service.healthy;
  row.users = service.users;
  return row;
}

void ServiceTable::forget_unused(std::uint64_t now_ns) {
  std::erase_if(services_, [&](const Service& service) {
    return increase(service.used_ns, now_ns) > kMemoryNs;
  });
  std::sort(services_.begin(), services_.end(), [](const Service& a, const Service& b) {
    return std::tuple(b.used_ns, b.calls.total_ns, std::string_view(a.address)) <
           std::tuple(a.used_ns, a.calls.total_ns, std::string_view(b.address));
  });
  if (services_.size() > kMostServices) services_.resize(kMostServices);
  slots_.clear();
  for (std::uint32_t slot = 0; slot < services_.size(); slot++)
    slots_.emplace(services_[slot].address, slot);
}

std::vector<ServiceRow> ServiceTable::end_interval(std::uint64_t now_ns, CallProcesses& processes) {
  for (Service& service : services_) {
    if (!service.used) continue;
    service.used_ns = now_ns;
    service.users.clear();
    for (const std::uint32_t slot : service.user_slots)
      service.users.push_back(processes.name(slot));
    std::sort(service.users.begin(), service.users.end(),
              [](const ProcessName& a, const ProcessName& b) {
                return std::tie(a.name, a.id) < std::tie(b.name, b.id);
              });
  }
  forget_unused(now_ns);
  std::vector<std::pair<std::uint64_t, ServiceRow>> ranked;
  ranked.reserve(services_.size());
  for (Service& service : services_) {
    const auto silent = silent_ns(service, now_ns);
    judge(service, silent);
    ranked.emplace_back(service.calls.total_ns, row(service, silent, processes));
    count_retries(ranked.back().second, service, now_ns);
  }
  std::sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second.address < b.second.address;
  });
  std::vector<ServiceRow> rows;
  rows.reserve(ranked.size());
  for (auto& [total_ns, row] : ranked) rows.push_back(std::move(row));
  return rows;
}

void ServiceTable::clear() {
  services_.clear();
  slots_.clear();
}

}  // namespace culprit
