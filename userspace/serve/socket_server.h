// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "serve/daemon_status.h"
#include "serve/publication.h"
#include "serve/socket_client.h"
#include "serve/socket_listener.h"
#include "serve/socket_request.h"

namespace culprit {

/// A thread that answers the daemon's clients (docs/socket.md). Whatever they do, who publishes
/// does not wait: a client that does not read is dropped, and a tick that the thread has not
/// taken yet becomes one with the next.
class SocketServer {
 public:
  struct Tick {
    Sample sample;
    std::shared_ptr<const Snapshot> snapshot;  ///< null: no interval has ended yet
    DaemonStatus status;
    bool restarts = false;  ///< other probes count anew: streams of Samples end
    Message actions;        ///< culprit.actions/1, a line; null: as it was
    std::vector<std::pair<ClientId, std::string>> answers;  ///< to take_requests(), lines
  };

  /// What the sampling loop is to answer; who asks has the right to.
  struct LoopRequest {
    ClientId client = 0;
    SocketRequest request;
  };

  static Result<std::unique_ptr<SocketServer>> start(SocketListener listener, HostIdentity host,
                                                     std::size_t most_clients, DaemonStatus status);
  ~SocketServer();
  SocketServer(const SocketServer&) = delete;
  SocketServer& operator=(const SocketServer&) = delete;

  void publish(Tick tick);
  /// Those that came since the last call; one a client at most.
  std::vector<LoopRequest> take_requests();
  /// From now on as many; those that are there stay.
  void set_most_clients(std::size_t most) { most_clients_.store(most); }

 private:
  using Clients = std::map<int, SocketClient>;  // by descriptor

  SocketServer(SocketListener listener, HostIdentity host, Fd epoll, Fd wake);
  void run();
  void handle_event(int descriptor, std::uint32_t events);
  void take_tick();
  void broadcast(const Tick& tick);
  void accept_clients();
  void admit(Fd socket);
  void refuse(const Fd& socket, const char* reason, const std::string& message);
  void serve(Clients::iterator client, std::uint32_t events);
  bool read_input(SocketClient& client);
  void answer_requests(SocketClient& client);
  void answer(SocketClient& client, const SocketRequest& request);
  void ask_loop(SocketClient& client, const SocketRequest& request);
  void give_answers(const Tick& tick);
  void subscribe(SocketClient& client, Stream stream);
  void say(SocketClient& client, Result<Message> message);
  void send_and_wait(Clients::iterator client);
  void drop(Clients::iterator client, const char* reason);
  void each_second(std::uint64_t now_ns);
  void wait_for(int descriptor, std::uint32_t& waited_for, std::uint32_t events);
  ClientCounts counts() const;

  SocketListener listener_;
  Fd epoll_, wake_;
  std::atomic<std::size_t> most_clients_ = 0;
  std::atomic<bool> stop_ = false;
  std::mutex mutex_;  // of the two below; never held while anything is sent or encoded
  std::optional<Tick> pending_;
  std::vector<LoopRequest> requests_;
  // All below belong to the thread.
  Publication publication_;
  DaemonStatus status_;
  Message actions_;  ///< null: not known yet
  Clients clients_;
  ClientCounts counts_;
  std::uint32_t listener_waits_for_ = 0;
  std::uint64_t second_ns_ = 0;
  ClientId next_client_ = 1;
  std::thread thread_;
};

}  // namespace culprit
