// SPDX-License-Identifier: Apache-2.0
#include "serve/socket_server.h"

#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "../model/samples.h"
#include "catch.h"
#include "model/model.h"
#include "store/daemon_source.h"
#include "util/unix_socket.h"

using namespace culprit;
using namespace culprit::test;
using Clock = std::chrono::steady_clock;
using Json = nlohmann::json;

namespace {

/// A server in a directory of its own, and the loop that feeds it.
class Served {
 public:
  explicit Served(std::size_t most_clients = 64) {
    char name[] = "/tmp/culprit-socket-XXXXXX";
    REQUIRE(mkdtemp(name));
    directory_ = name;
    auto listener = SocketListener::listen(path(), "no-such-group");
    REQUIRE(listener);
    DaemonStatus status;
    status.interval_seconds = 1;
    HostIdentity host;
    host.hostname = "served";
    auto server = SocketServer::start(std::move(*listener), host, most_clients, status);
    REQUIRE(server);
    server_ = std::move(*server);
  }
  ~Served() {
    server_.reset();
    CHECK_FALSE(std::filesystem::exists(path()));
    std::filesystem::remove_all(directory_);
  }

  std::filesystem::path path() const { return directory_ / "s"; }

  /// One process that uses half of a CPU, and threads that say nothing.
  void tick(int threads = 0) {
    SocketServer::Tick tick;
    tick.sample = sample_at(second_);
    tick.sample.lists_all_threads = second_ == 0;
    tick.sample.threads = {
        thread_in(tick.sample, 10, 10, static_cast<std::uint64_t>(second_) * kSecond / 2)};
    for (int i = 0; i < threads; ++i)  // numbers that do not compress
      tick.sample.threads.push_back(thread_in(tick.sample, 11, static_cast<std::uint32_t>(100 + i),
                                              static_cast<std::uint64_t>(i) * 0x9e3779b97f4a7c15u));
    if (auto snapshot = model_.advance(tick.sample))
      tick.snapshot = std::make_shared<const Snapshot>(std::move(*snapshot));
    tick.status.interval_seconds = 1;
    tick.status.samples = static_cast<std::uint64_t>(++second_);
    server_->publish(std::move(tick));
  }

  SocketServer& server() { return *server_; }

 private:
  std::filesystem::path directory_;
  std::unique_ptr<SocketServer> server_;
  Model model_{HostIdentity{}};
  int second_ = 0;
};

/// A client that writes and reads lines.
class Client {
 public:
  explicit Client(const std::filesystem::path& path) {
    const auto address = unix_address(path.native());
    socket_ = Fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(connect(socket_.get(), address->generic(), address->size) == 0);
    const timeval patience{5, 0};
    setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  void write(std::string_view text) {
    REQUIRE(send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(text.size()));
  }
  /// "" at the end.
  std::string line() {
    std::string line;
    for (char byte = 0; recv(socket_.get(), &byte, 1, 0) == 1; line += byte)
      if (byte == '\n') return line;
    return line;
  }
  Json json() { return Json::parse(line(), nullptr, false); }
  Json ask(std::string_view request) {
    write(std::string(request) + "\n");
    return json();
  }
  int descriptor() const { return socket_.get(); }

 private:
  Fd socket_;
};

/// Asks until the answer is what is waited for: the server's thread is another one.
Json status_with(const Served& served, const auto& holds) {
  const auto end = Clock::now() + std::chrono::seconds(5);
  Json status;
  do {
    status = Client(served.path()).ask(R"({"get":"status"})");
    if (holds(status)) return status;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  } while (Clock::now() < end);
  FAIL("expected another status, found " << status.dump());
  return status;
}

}  // namespace

TEST_CASE("A snapshot and the status can be asked for, again and again", "[socket]") {
  Served served;
  Client client(served.path());
  CHECK(client.ask(R"({"get":"snapshot"})")["error"] == "no interval has ended yet; ask again");
  served.tick();
  served.tick();
  status_with(served, [](const Json& status) { return status["samples"] == 2; });
  const Json snapshot = client.ask(R"({"get":"snapshot"})");
  CHECK(snapshot["schema"] == "culprit.snapshot/1");
  CHECK(snapshot["processes"][0]["cpu_seconds"] == 0.5);
  const Json status = client.ask(R"({"get":"status"})");
  CHECK(status["schema"] == "culprit.status/1");
  CHECK(status["clients"]["connected"] == 1);
}

TEST_CASE("Garbage gets an error, each line one, and the client stays", "[socket]") {
  Served served;
  Client client(served.path());
  client.write("\n\xff\xfe\n{}\n");
  for (int i = 0; i < 3; ++i) CHECK(client.json().contains("error"));
  CHECK(client.ask(R"({"get":"status"})").contains("pid"));
  client.write(std::string(5000, 'x'));
  CHECK(client.json()["error"] == "a request is one line of at most 4096 bytes");
  CHECK(client.line() == "");
}

TEST_CASE("A stream of snapshots has each of them", "[socket]") {
  Served served;
  served.tick();
  status_with(served, [](const Json& status) { return status["samples"] == 1; });
  Client client(served.path());
  CHECK(client.ask(R"({"subscribe":"snapshots"})")["subscribed"] == "snapshots");
  for (int i = 0; i < 3; ++i) {
    served.tick();
    CHECK(client.json()["interval"]["seconds"] == 1.0);
  }
}

TEST_CASE("Samples come through the socket as from a recording", "[socket]") {
  Served served;
  served.tick(3);
  served.tick();
  status_with(served, [](const Json& status) { return status["samples"] == 2; });
  auto source = DaemonSource::connect(served.path());
  REQUIRE(source);
  CHECK((*source)->host().hostname == "served");
  CHECK((*source)->interval() == std::chrono::seconds(1));
  const auto first = (*source)->next({});
  REQUIRE(first);
  REQUIRE(*first);
  CHECK((*first)->monotonic_ns == sample_at(1).monotonic_ns);
  CHECK((*first)->threads.size() == 4);  // those that did not run lately, too
  for (int i = 0; i < 3; ++i) served.tick();
  const auto later = (*source)->next(std::chrono::milliseconds(2900));
  REQUIRE(later);
  REQUIRE(*later);
  CHECK((*later)->monotonic_ns == sample_at(4).monotonic_ns);
}

TEST_CASE("Who waits for a Sample can be interrupted, and learns of the daemon's end", "[socket]") {
  Served served;
  served.tick();
  status_with(served, [](const Json& status) { return status["samples"] == 1; });
  auto source = DaemonSource::connect(served.path());
  REQUIRE(source);
  REQUIRE((*source)->next({}));
  std::thread interrupter([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    (*source)->interrupt();
  });
  const auto none = (*source)->next(std::chrono::seconds(1));
  interrupter.join();
  REQUIRE(none);
  CHECK_FALSE(*none);
  CHECK((*source)->note().empty());
}

TEST_CASE("A client that never reads is dropped and counted; who publishes does not wait",
          "[socket]") {
  Served served;
  served.tick();
  status_with(served, [](const Json& status) { return status["samples"] == 1; });
  Client stuck(served.path());
  CHECK(stuck.ask(R"({"subscribe":"samples"})")["subscribed"] == "samples");
  for (int i = 2; i < 60; ++i) {
    const auto begin = Clock::now();
    served.tick(2000);
    CHECK(Clock::now() - begin < std::chrono::seconds(1));
    const auto now =
        status_with(served, [&](const Json& status) { return status["samples"] == i; });
    if (now["clients"]["dropped"].contains("not_reading")) break;
  }
  const Json status = Client(served.path()).ask(R"({"get":"status"})");
  CHECK(status["clients"]["dropped"]["not_reading"] == 1);
  CHECK(status["clients"]["streams"] == 0);
}

TEST_CASE("Streams of Samples end when others begin", "[socket]") {
  Served served;
  served.tick();
  status_with(served, [](const Json& status) { return status["samples"] == 1; });
  auto source = DaemonSource::connect(served.path());
  REQUIRE(source);
  SocketServer::Tick tick;
  tick.sample = sample_at(100);
  tick.restarts = true;
  served.server().publish(std::move(tick));
  REQUIRE((*source)->next({}));
  const auto none = (*source)->next({});
  REQUIRE(none);
  CHECK_FALSE(*none);
  CHECK((*source)->note().find("the daemon has ended") != std::string::npos);
}

TEST_CASE("No more clients than may be", "[socket]") {
  Served served(2);
  Client one(served.path()), two(served.path());
  CHECK(one.ask(R"({"get":"status"})").contains("pid"));
  CHECK(two.ask(R"({"get":"status"})").contains("pid"));
  Client three(served.path());
  CHECK(three.json()["error"] == "there are 2 clients already");
  CHECK(three.line() == "");
  CHECK(one.ask(R"({"get":"status"})")["clients"]["refused"]["too_many"] == 1);
}

TEST_CASE("One listens at a path; a socket that nobody listens on is replaced", "[socket]") {
  Served served;
  const auto second = SocketListener::listen(served.path(), "root");
  REQUIRE_FALSE(second);
  CHECK(second.error().message == served.path().string() + ": another daemon listens there");

  const std::filesystem::path dead = served.path().parent_path() / "dead";
  const auto address = unix_address(dead.native());
  {
    const Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(bind(socket.get(), address->generic(), address->size) == 0);
  }
  CHECK(SocketListener::listen(dead, "root"));
  CHECK_FALSE(std::filesystem::exists(dead));

  std::ofstream(dead) << "mine";
  const auto file = SocketListener::listen(dead, "root");
  REQUIRE_FALSE(file);
  CHECK(file.error().message == dead.string() + ": is there, and is no socket");
}
