// SPDX-License-Identifier: Apache-2.0
#include "model/request_table.h"

#include <algorithm>
#include <unordered_map>

#include "model/counter.h"
#include "model/key_hash.h"

namespace culprit {
namespace {

constexpr std::uint64_t kMemoryNs = 60'000'000'000;
/// How long a call that some ended request may have made waits for those still open.
constexpr std::uint64_t kPatienceNs = 5'000'000'000;

/// Begin before call before end where times are equal: both bounds belong to a request.
enum EventKind : std::uint32_t { kBegin = 0, kCall = 1, kEnd = 2 };

struct Event {
  std::uint64_t time_ns;
  std::uint64_t kind_and_index;
  Event(std::uint64_t time, EventKind kind, std::uint32_t index)
      : time_ns(time), kind_and_index(std::uint64_t{kind} << 32 | index) {}
  EventKind kind() const { return static_cast<EventKind>(kind_and_index >> 32); }
  std::uint32_t index() const { return static_cast<std::uint32_t>(kind_and_index); }
};

}  // namespace

/// Requests open at one moment of a sweep, on a thread or in a process.
struct RequestTable::Open {
  std::uint32_t count = 0;
  std::uint32_t only = 0;            // exclusive or of their indexes: the one, if it is one
  double calls = 0, sure_calls = 0;  // that each request open all the time would have had

  void toggle(std::uint32_t index, bool begins) {
    count += begins ? 1 : ~std::uint32_t{0};
    only ^= index;
  }
  void share_call() {
    calls += 1.0 / count;
    if (count == 1) sure_calls += 1;
  }
};

/// One pass over a process's requests and calls in order of time.
class RequestTable::Sweep {
 public:
  Sweep(Process& process, std::uint64_t now_ns, SettledCalls& settled)
      : process_(process), now_ns_(now_ns), settled_(settled) {}

  void run() {
    for (const Event& event : events()) {
      if (event.kind() == kCall)
        call(process_.calls[event.index()]);
      else
        request(event.index(), event.kind() == kBegin);
    }
  }

 private:
  std::vector<Event> events() const {
    std::vector<Event> events;
    events.reserve(2 * process_.requests.size() + process_.calls.size());
    for (std::uint32_t i = 0; i < process_.requests.size(); i++) {
      events.emplace_back(process_.requests[i].start_ns, kBegin, i);
      events.emplace_back(process_.requests[i].end_ns, kEnd, i);
    }
    for (std::uint32_t i = 0; i < process_.calls.size(); i++)
      events.emplace_back(process_.calls[i].start_ns, kCall, i);
    std::sort(events.begin(), events.end(), [](const Event& a, const Event& b) {
      return a.time_ns != b.time_ns ? a.time_ns < b.time_ns : a.kind_and_index < b.kind_and_index;
    });
    return events;
  }

  /// The sets that a request is in while it is open: calls without and with a known work each
  /// have those that they can belong to.
  void request(std::uint32_t index, bool begins) {
    ServedRequest& request = process_.requests[index];
    Open& thread = any_.threads[request.tid];
    if (begins && request.tid && thread.count) process_.overlaps = true;
    double calls = 0, sure_calls = 0;
    const auto change = [&](Open& open) {
      calls += open.calls;
      sure_calls += open.sure_calls;
      open.toggle(index, begins);
    };
    change(thread);
    change(any_.whole);
    if (request.work) {
      change(works_[request.work]);
    } else {
      change(unlabelled_.threads[request.tid]);
      change(unlabelled_.whole);
    }
    request.calls = begins ? calls : calls - request.calls;
    request.sure_calls = begins ? sure_calls : sure_calls - request.sure_calls;
  }

  /// True when the call was found to be work of open requests, or waits for one.
  bool call_by_work(WaitingCall& call, bool may_be_open, std::uint64_t age_ns) {
    const auto work = works_.find(call.work);
    if (work != works_.end() && work->second.count) {
      settle(call, work->second);
      return true;
    }
    return may_be_open && age_ns < kPatienceNs;
  }

  /// True when requests are open on that thread and the work of each is known.
  bool all_labelled(std::uint32_t tid) {
    const auto any = tid ? any_.threads.find(tid) : any_.threads.end();
    if (any == any_.threads.end() || any->second.count == 0) return false;
    const auto unlabelled = unlabelled_.threads.find(tid);
    return unlabelled == unlabelled_.threads.end() || unlabelled->second.count == 0;
  }

  void settle(WaitingCall& call, Open& open) {
    call.settled = true;
    open.share_call();
    if (open.count == 1 && call.index != kNoSlot)
      settled_.endpoint_of[call.index] = process_.requests[open.only].endpoint;
  }

  void call(WaitingCall& call) {
    const bool may_be_open = process_.oldest_request_ns <= call.start_ns;
    const std::uint64_t age_ns = increase(call.start_ns, now_ns_);
    if (call.work && call_by_work(call, may_be_open, age_ns)) return;
    if (!call.work && all_labelled(call.tid)) {
      call.settled = true;  // it would have their label
      return;
    }
    Candidates& candidates = call.work ? unlabelled_ : any_;
    const auto thread = call.tid ? candidates.threads.find(call.tid) : candidates.threads.end();
    const bool on_thread = thread != candidates.threads.end() && thread->second.count;
    Open& open = on_thread ? thread->second : candidates.whole;
    if (open.count == 0) {
      // Its request may be told one tick after it.
      const bool hopeless = !may_be_open || (call.work && age_ns >= kPatienceNs);
      call.settled = hopeless && call.index == kNoSlot;
      return;
    }
    if (may_be_open && age_ns < (on_thread ? kPatienceNs : kMemoryNs) &&
        (!on_thread || open.count > 1 || process_.overlaps))
      return;
    settle(call, open);
  }

  struct Candidates {
    Open whole;
    std::unordered_map<std::uint32_t, Open> threads;  // by tid; no call is on 0
  };
  Process& process_;
  std::uint64_t now_ns_;
  SettledCalls& settled_;
  Candidates any_, unlabelled_;  // the latter: requests whose work is not known
  std::unordered_map<std::uint32_t, Open> works_;
};

void RequestTable::begin_tick(std::uint64_t previous_ns, std::uint64_t now_ns, std::size_t calls) {
  previous_ns_ = previous_ns;
  now_ns_ = now_ns;
  calls_ = calls;
  for (auto& [pid, process] : processes_)
    process.oldest_request_ns = process.oldest_call_ns = ~std::uint64_t{0};
}

void RequestTable::note_open_request(std::uint32_t pid, std::uint64_t since_ns) {
  Process& process = processes_[pid];
  process.oldest_request_ns = std::min(process.oldest_request_ns, since_ns);
}

void RequestTable::note_open_call(std::uint32_t pid, std::uint64_t since_ns) {
  const auto found = processes_.find(pid);
  if (found != processes_.end())
    found->second.oldest_call_ns = std::min(found->second.oldest_call_ns, since_ns);
}

void RequestTable::add_request(std::uint32_t pid, const ServedRequest& request) {
  if (request.end_ns < request.start_ns) return;
  note_serving(pid);
  processes_[pid].requests.push_back(request);
}

void RequestTable::add_call(std::uint32_t pid, const Call& call, std::size_t index) {
  const auto found = processes_.find(pid);
  if (found == processes_.end()) return;
  found->second.calls.push_back(
      {call.start_ns, call.tid, call.work, static_cast<std::uint32_t>(index)});
}

SettledCalls RequestTable::settle() {
  SettledCalls settled;
  settled.endpoint_of.resize(calls_);
  for (auto process = processes_.begin(); process != processes_.end();) {
    settle(process->first, process->second, settled);
    forget_old(process->second);
    if (increase(process->second.served_ns, now_ns_) > kMemoryNs)
      process = processes_.erase(process);
    else
      ++process;
  }
  return settled;
}

void RequestTable::settle(std::uint32_t pid, Process& process, SettledCalls& settled) {
  if (process.calls.empty() || process.requests.empty()) return;
  Sweep(process, now_ns_, settled).run();
  for (const ServedRequest& request : process.requests)
    if (request.calls > 0)
      settled.endpoints.push_back({pid, request.endpoint, request.calls, request.sure_calls});
}

void RequestTable::forget_old(Process& process) {
  const std::uint64_t oldest_kept_ns = now_ns_ - std::min(now_ns_, kMemoryNs);
  std::uint64_t needed_ns = std::min(previous_ns_, process.oldest_call_ns);
  std::erase_if(process.calls, [&](const WaitingCall& call) {
    return call.settled || call.start_ns < oldest_kept_ns ||
           (call.index == kNoSlot && process.requests.empty() &&
            process.oldest_request_ns > call.start_ns);
  });
  // They lie in the order in which they came.
  if (process.calls.size() > kMostPerProcess)
    process.calls.erase(process.calls.begin(),
                        process.calls.end() - static_cast<std::ptrdiff_t>(kMostPerProcess));
  for (WaitingCall& call : process.calls) {
    call.index = kNoSlot;
    needed_ns = std::min(needed_ns, call.start_ns);
  }
  needed_ns = std::max(needed_ns, oldest_kept_ns);
  std::erase_if(process.requests,
                [&](const ServedRequest& request) { return request.end_ns < needed_ns; });
  if (process.requests.size() > kMostPerProcess)
    process.requests.erase(process.requests.begin(),
                           process.requests.end() - static_cast<std::ptrdiff_t>(kMostPerProcess));
}

}  // namespace culprit
