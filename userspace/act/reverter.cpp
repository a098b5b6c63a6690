// SPDX-License-Identifier: Apache-2.0
#include "act/reverter.h"

#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "util/fd.h"

namespace culprit {
namespace {

constexpr std::uint64_t kMillisecond = 1'000'000;
// Deadlines count suspended time too, which no timeout of poll does: it looks once a second.
constexpr std::uint64_t kLongestWait = 1'000 * kMillisecond;
/// How long a lease may take to begin after its reverter did.
constexpr std::uint64_t kBeginWithin = 10'000 * kMillisecond;
constexpr std::uint64_t kRetry = 200 * kMillisecond;

class Reverter {
 public:
  Reverter(Ledger& ledger, const ReverterOptions& options)
      : ledger_(ledger), options_(options), begun_ns_(ledger.clock().boot_ns()) {}

  Status start() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    // A terminal that goes away, or Ctrl-C in it, is no reason to end a lease.
    signal(SIGHUP, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    if (sigprocmask(SIG_BLOCK, &signals, nullptr) != 0) return failed("sigprocmask");
    signals_ = Fd(signalfd(-1, &signals, SFD_CLOEXEC));
    if (!signals_) return failed("signalfd");
    changes_ = Fd(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    if (!changes_ || inotify_add_watch(changes_.get(), ledger_.journal().directory().c_str(),
                                       IN_MODIFY | IN_MOVED_TO | IN_CREATE) < 0)
      return failed("inotify");
    return {};
  }

  Status run() {
    for (;;) {
      const std::optional<std::string> because = wait();
      if (because) return end(*because);
      if (!look()) return {};
    }
  }

 private:
  static tl::unexpected<Error> failed(const char* what) {
    return fail(std::string("reverter: ") + what + ": " + std::strerror(errno));
  }

  bool is_mine(const Lease& lease) const {
    if (options_.lease) return lease.id == *options_.lease;
    return lease.keeper.pid == options_.owner.pid &&
           lease.keeper.start_ticks == options_.owner.start_ticks;
  }

  /// Waits for the next deadline, a change of the journal, or an end, whose reason it tells.
  std::optional<std::string> wait() {
    std::array<pollfd, 3> events{{{signals_.get(), POLLIN, 0},
                                  {changes_.get(), POLLIN, 0},
                                  {options_.owner_pipe, POLLIN, 0}}};
    const std::uint64_t now = ledger_.clock().boot_ns();
    const std::uint64_t wait = next_ns_ > now ? std::min(next_ns_ - now, kLongestWait) : 0;
    const int timeout = static_cast<int>(wait / kMillisecond) + 1;
    if (::poll(events.data(), events.size(), timeout) < 0) return std::nullopt;
    if (events[0].revents != 0) return "the reverter was told to end";
    if (events[1].revents != 0) drain(changes_.get());
    if (events[2].revents != 0 && !drain(options_.owner_pipe)) return "culprit ended";
    return std::nullopt;
  }

  /// False at the end of the file.
  static bool drain(int fd) {
    std::array<char, 4096> bytes{};
    return ::read(fd, bytes.data(), bytes.size()) != 0;
  }

  /// Takes back what is over. False when nothing is left to wait for.
  bool look() {
    const std::uint64_t now = ledger_.clock().boot_ns();
    next_ns_ = now + kLongestWait;
    const auto leases = ledger_.leases();
    if (!leases) return true;  // out of memory, say: once more in a second
    bool over = false, mine_open = false, mine_seen = false;
    for (const Lease& lease : *leases) {
      mine_seen = mine_seen || is_mine(lease);
      if (!lease.open()) continue;
      mine_open = mine_open || is_mine(lease);
      over = over || lease.deadline_ns <= now;
      next_ns_ = std::min(next_ns_, std::max(lease.deadline_ns, now + kRetry));
    }
    if (over) {
      const auto done = ledger_.revert_if(
          [&](const Lease& lease) { return lease.deadline_ns <= now; }, "its time was over");
      // What could not be taken back stays open, and is tried again in a moment.
      if (done) next_ns_ = now;
      return true;
    }
    if (!options_.lease) return true;
    const bool may_begin = ::getppid() == parent_ && now - begun_ns_ < kBeginWithin;
    return mine_open || (!mine_seen && may_begin);
  }

  Status end(const std::string& because) {
    constexpr int kTries = 20;
    Status last;
    for (int attempt = 0; attempt < kTries; ++attempt) {
      const auto done =
          ledger_.revert_if([&](const Lease& lease) { return is_mine(lease); }, because);
      if (done) return {};
      last = tl::unexpected<Error>(done.error());
      ::usleep(kRetry / 1000);
    }
    return last;
  }

  Ledger& ledger_;
  const ReverterOptions& options_;
  std::uint64_t begun_ns_, next_ns_ = 0;
  pid_t parent_ = ::getppid();  ///< who is to make the lease
  Fd signals_, changes_;
};

}  // namespace

Status run_reverter(Ledger& ledger, const ReverterOptions& options) {
  ::prctl(PR_SET_NAME, "culprit");  // not "exe", of /proc/self/exe
  Reverter reverter(ledger, options);
  if (Status started = reverter.start(); !started) return started;
  // Whoever started us waits for this line before he changes anything.
  constexpr std::string_view kReady = "ready\n";
  if (::write(STDOUT_FILENO, kReady.data(), kReady.size()) != static_cast<ssize_t>(kReady.size()))
    return fail("reverter: nobody waits for it");
  return reverter.run();
}

}  // namespace culprit
