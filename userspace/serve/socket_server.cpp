// SPDX-License-Identifier: Apache-2.0
#include "serve/socket_server.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <exception>
#include <utility>

#include "collect/sample_merge.h"
#include "util/blocked_signals.h"
#include "util/clock.h"

namespace culprit {
namespace {

constexpr std::uint64_t kSecondNs = 1'000'000'000;
constexpr int kSecondMilliseconds = 1000;
constexpr unsigned kRequestsPerSecond = 100;  // of one client; further ones wait
constexpr std::uint64_t kIdleNs = 60 * kSecondNs;
constexpr std::size_t kMostForLoop = 256;  // requests, of all clients
constexpr std::size_t kReadBytes = 4096;

std::string ack_line(const char* stream, const DaemonStatus& status) {
  return std::string("{\"subscribed\":\"") + stream +
         "\",\"interval_seconds\":" + std::to_string(status.interval_seconds) + "}\n";
}

}  // namespace

Result<std::unique_ptr<SocketServer>> SocketServer::start(SocketListener listener,
                                                          HostIdentity host,
                                                          std::size_t most_clients,
                                                          DaemonStatus status) {
  Fd epoll(epoll_create1(EPOLL_CLOEXEC));
  Fd wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!epoll || !wake) return unsupported(std::string("epoll, eventfd: ") + std::strerror(errno));
  std::unique_ptr<SocketServer> server(
      new SocketServer(std::move(listener), std::move(host), std::move(epoll), std::move(wake)));
  server->most_clients_.store(most_clients);
  server->status_ = std::move(status);
  const BlockedSignals for_the_sampling_loop;
  server->thread_ = std::thread([raw = server.get()] { raw->run(); });
  return server;
}

SocketServer::SocketServer(SocketListener listener, HostIdentity host, Fd epoll, Fd wake)
    : listener_(std::move(listener)),
      epoll_(std::move(epoll)),
      wake_(std::move(wake)),
      publication_(std::move(host)) {
  std::uint32_t wake_waits_for = 0;
  wait_for(wake_.get(), wake_waits_for, EPOLLIN);
  wait_for(listener_.descriptor(), listener_waits_for_, EPOLLIN);
}

SocketServer::~SocketServer() {
  stop_.store(true);
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(wake_.get(), &one, sizeof one);
  if (thread_.joinable()) thread_.join();
}

void SocketServer::publish(Tick tick) {
  {
    const std::lock_guard lock(mutex_);
    if (pending_)
      tick.answers.insert(tick.answers.begin(), pending_->answers.begin(), pending_->answers.end());
    if (pending_ && !tick.actions) tick.actions = pending_->actions;
    if (pending_ && !tick.restarts) {
      tick.restarts = pending_->restarts;
      tick.sample = merge_samples(std::move(pending_->sample), std::move(tick.sample));
      if (!tick.snapshot) tick.snapshot = std::move(pending_->snapshot);
    }
    pending_ = std::move(tick);
  }
  const std::uint64_t one = 1;
  // Fails only when the counter is full, and then the thread is awake already.
  [[maybe_unused]] const ssize_t written = write(wake_.get(), &one, sizeof one);
}

std::vector<SocketServer::LoopRequest> SocketServer::take_requests() {
  const std::lock_guard lock(mutex_);
  return std::exchange(requests_, {});
}

void SocketServer::wait_for(int descriptor, std::uint32_t& waited_for, std::uint32_t events) {
  if (waited_for == events) return;
  epoll_event event{};
  event.events = events;
  event.data.fd = descriptor;
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, descriptor, &event) == 0 ||
      epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event) == 0)
    waited_for = events;
}

void SocketServer::run() {
  std::array<epoll_event, 64> events{};
  while (!stop_.load()) {
    const int ready = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                 kSecondMilliseconds);
    for (int i = 0; i < ready && !stop_.load(); ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      try {
        handle_event(event.data.fd, event.events);
      } catch (const std::exception& error) {
        spdlog::error("socket: {}", error.what());
        if (const auto client = clients_.find(event.data.fd); client != clients_.end())
          drop(client, "failure");
      }
    }
    if (const std::uint64_t now_ns = clock_ns(CLOCK_MONOTONIC); now_ns - second_ns_ >= kSecondNs)
      each_second(now_ns);
  }
}

void SocketServer::handle_event(int descriptor, std::uint32_t events) {
  if (descriptor == wake_.get()) return take_tick();
  if (descriptor == listener_.descriptor()) return accept_clients();
  // It may have been dropped for an earlier event of this round.
  if (const auto client = clients_.find(descriptor); client != clients_.end())
    serve(client, events);
}

void SocketServer::take_tick() {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = read(wake_.get(), &count, sizeof count);
  std::optional<Tick> tick;
  {
    const std::lock_guard lock(mutex_);
    tick = std::exchange(pending_, std::nullopt);
  }
  if (!tick) return;
  status_ = tick->status;
  if (tick->actions) actions_ = tick->actions;
  if (tick->restarts) {
    publication_.restart();
    for (auto client = clients_.begin(); client != clients_.end();) {
      const auto next = std::next(client);
      if (client->second.stream == Stream::kSamples) drop(client, "probes_restarted");
      client = next;
    }
  }
  publication_.take(tick->sample, tick->snapshot);
  broadcast(*tick);
  give_answers(*tick);
}

void SocketServer::give_answers(const Tick& tick) {
  for (const auto& answer : tick.answers) {
    const auto client = std::find_if(clients_.begin(), clients_.end(), [&](const auto& entry) {
      return entry.second.id == answer.first;
    });
    if (client == clients_.end()) continue;  // it has gone meanwhile
    client->second.waits_for_loop = false;
    say(client->second, std::make_shared<const std::string>(answer.second));
    send_and_wait(client);
  }
}

void SocketServer::broadcast(const Tick& tick) {
  Result<Message> frame = Message();
  for (auto client = clients_.begin(); client != clients_.end();) {
    const auto next = std::next(client);
    SocketClient& one = client->second;
    Message message;
    if (one.stream == Stream::kSamples) {
      if (frame && !*frame) frame = publication_.frame(tick.sample);
      if (frame) message = *frame;
    } else if (one.stream == Stream::kSnapshots && tick.snapshot) {
      if (auto line = publication_.snapshot()) message = *line;
    }
    if (one.stream == Stream::kSamples && !frame) {
      spdlog::error("socket: {}", frame.error().message);
      drop(client, "failure");  // the next Samples would not follow
    } else if (message) {
      if (one.output.push(std::move(message)))
        send_and_wait(client);
      else
        drop(client, "not_reading");
    }
    client = next;
  }
}

void SocketServer::accept_clients() {
  for (;;) {
    Fd socket(accept4(listener_.descriptor(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (socket) {
      admit(std::move(socket));
    } else if (errno != EINTR && errno != ECONNABORTED) {
      // Out of descriptors: they stay in the queue, and we look again in a second.
      if (errno != EAGAIN) wait_for(listener_.descriptor(), listener_waits_for_, 0);
      return;
    }
  }
}

void SocketServer::admit(Fd socket) {
  const auto peer = peer_of(socket.get(), listener_.group());
  if (!peer || !peer->may_read())
    return refuse(socket, "not_permitted", "not permitted: only root and the socket's group read");
  const std::size_t most = most_clients_.load();
  if (clients_.size() >= most)
    return refuse(socket, "too_many", "there are " + std::to_string(most) + " clients already");
  const int descriptor = socket.get();
  SocketClient client;
  client.id = next_client_++;
  client.socket = std::move(socket);
  client.peer = *peer;
  client.active_ns = clock_ns(CLOCK_MONOTONIC);
  wait_for(descriptor, client.waited_for, EPOLLIN);
  ++counts_.accepted;
  clients_.insert_or_assign(descriptor, std::move(client));
}

void SocketServer::refuse(const Fd& socket, const char* reason, const std::string& message) {
  ++counts_.refused[reason];
  const std::string line = error_line(message);
  // A fresh socket has room for a line; whoever has gone already needs none.
  [[maybe_unused]] const ssize_t sent =
      send(socket.get(), line.data(), line.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

void SocketServer::serve(Clients::iterator client, std::uint32_t events) {
  if (events & (EPOLLHUP | EPOLLERR)) return drop(client, nullptr);
  if (events & EPOLLIN && !read_input(client->second)) return drop(client, nullptr);
  send_and_wait(client);
}

/// False: it has gone.
bool SocketServer::read_input(SocketClient& client) {
  std::array<char, kReadBytes> bytes;
  const ssize_t size = recv(client.socket.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (size < 0) return errno == EAGAIN || errno == EINTR;
  if (size == 0) client.input_ended = true;
  // A stream takes no further requests: an answer would stand within it.
  if (client.stream == Stream::kNone && !client.ends_when_sent)
    client.input.add({bytes.data(), static_cast<std::size_t>(size)});
  return true;
}

void SocketServer::answer_requests(SocketClient& client) {
  while (client.stream == Stream::kNone && !client.ends_when_sent && !client.waits_for_loop &&
         client.output.empty()) {
    if (client.asked >= kRequestsPerSecond) return;
    const auto line = client.input.next();
    if (!line && !client.input.too_long()) return;
    ++client.asked;
    client.active_ns = clock_ns(CLOCK_MONOTONIC);
    if (!line) {
      say(client, fail("a request is one line of at most " +
                       std::to_string(LineBuffer::kMostBytes) + " bytes"));
      client.ends_when_sent = true;
    } else if (const auto request = parse_socket_request(*line)) {
      answer(client, *request);
    } else {
      say(client, tl::unexpected<Error>(request.error()));
    }
    if (client.output.send(client.socket.get()) != OutputQueue::Sent::kAll) return;
  }
}

void SocketServer::answer(SocketClient& client, const SocketRequest& request) {
  using Kind = SocketRequest::Kind;
  switch (request.kind) {
    case Kind::kGetSnapshot:
      return say(client, publication_.snapshot());
    case Kind::kGetStatus:
      return say(client, std::make_shared<const std::string>(status_line(status_, counts())));
    case Kind::kSubscribeSnapshots:
      return subscribe(client, Stream::kSnapshots);
    case Kind::kSubscribeSamples:
      return subscribe(client, Stream::kSamples);
    case Kind::kGetActions:
      return say(client, actions_ ? Result<Message>(actions_)
                                  : fail("nothing has been read yet; ask again"));
    case Kind::kGetSchedule:
    case Kind::kSchedule:
    case Kind::kApply:
    case Kind::kRevert:
    case Kind::kOffer:
    case Kind::kThrottle:
      return ask_loop(client, request);
  }
}

/// It is answered with the next tick.
void SocketServer::ask_loop(SocketClient& client, const SocketRequest& request) {
  if (request.changes() && !client.peer.may_change)
    return say(client, fail("not permitted: only root changes anything"));
  const std::lock_guard lock(mutex_);
  if (requests_.size() >= kMostForLoop) return say(client, fail("too many ask at once; ask again"));
  client.waits_for_loop = true;
  requests_.push_back({client.id, request});
}

void SocketServer::subscribe(SocketClient& client, Stream stream) {
  const bool samples = stream == Stream::kSamples;
  Result<Message> start = samples ? publication_.stream_start() : Result<Message>(Message());
  if (!start) return say(client, std::move(start));
  client.stream = stream;
  client.input.clear();
  say(client,
      std::make_shared<const std::string>(ack_line(samples ? "samples" : "snapshots", status_)));
  if (samples) say(client, std::move(start));
}

/// There is room: a client is answered when it has been sent all that it asked for before.
void SocketServer::say(SocketClient& client, Result<Message> message) {
  client.output.push(
      message ? std::move(*message)
              : std::make_shared<const std::string>(error_line(message.error().message)));
}

/// Sends what there is, answers what is asked then, and waits for what comes next.
void SocketServer::send_and_wait(Clients::iterator client) {
  SocketClient& one = client->second;
  OutputQueue::Sent sent = one.output.send(one.socket.get());
  if (sent == OutputQueue::Sent::kAll) {
    answer_requests(one);
    sent = one.output.send(one.socket.get());
  }
  if (sent == OutputQueue::Sent::kGone) return drop(client, nullptr);
  const bool has_all = sent == OutputQueue::Sent::kAll;
  if (has_all && one.ends_when_sent) return drop(client, "request_too_long");
  const bool asks_no_more = one.input_ended && !one.input.has_line() && !one.waits_for_loop;
  if (has_all && asks_no_more && one.stream == Stream::kNone) return drop(client, nullptr);
  const bool may_ask =
      one.stream != Stream::kNone || (has_all && !one.waits_for_loop && !one.input.has_line());
  wait_for(one.socket.get(), one.waited_for,
           (may_ask && !one.input_ended ? EPOLLIN : 0u) | (has_all ? 0u : EPOLLOUT));
}

/// `reason` is null when it went by itself.
void SocketServer::drop(Clients::iterator client, const char* reason) {
  if (reason) ++counts_.dropped[reason];
  clients_.erase(client);  // with the descriptor, which epoll then forgets
}

void SocketServer::each_second(std::uint64_t now_ns) {
  second_ns_ = now_ns;
  wait_for(listener_.descriptor(), listener_waits_for_, EPOLLIN);
  for (auto client = clients_.begin(); client != clients_.end();) {
    const auto next = std::next(client);
    SocketClient& one = client->second;
    const bool waited = one.asked >= kRequestsPerSecond;
    one.asked = 0;
    const bool idle = one.stream == Stream::kNone && !one.waits_for_loop;
    if (idle && now_ns - one.active_ns > kIdleNs)
      drop(client, one.output.empty() ? "idle" : "not_reading");
    else if (waited)
      send_and_wait(client);
    client = next;
  }
}

ClientCounts SocketServer::counts() const {
  ClientCounts counts = counts_;
  counts.connected = clients_.size();
  counts.streams = static_cast<std::uint64_t>(
      std::count_if(clients_.begin(), clients_.end(),
                    [](const auto& entry) { return entry.second.stream != Stream::kNone; }));
  return counts;
}

}  // namespace culprit
