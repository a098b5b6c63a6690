// SPDX-License-Identifier: Apache-2.0
// Connections that a full accept queue drops, against the kernel's own count.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "catch.h"
#include "collect/listener_reader.h"
#include "util/clock.h"
#include "util/fd.h"
#include "watch.h"

using namespace culprit;
using namespace culprit::test;
using std::chrono::milliseconds;

namespace {

sockaddr_in bound_to(const Fd& socket) {
  sockaddr_in address{};
  socklen_t size = sizeof(address);
  REQUIRE(getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
  return address;
}

}  // namespace

TEST_CASE("a full accept queue shows on the process that does not accept", "[live][io]") {
  const Fd listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  REQUIRE(listen(listener.get(), 1) == 0);
  address = bound_to(listener);

  Watch watch;
  watch.start();
  std::vector<Fd> clients;
  for (int i = 0; i < 20; i++) {
    clients.emplace_back(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    connect(clients.back().get(), reinterpret_cast<sockaddr*>(&address), sizeof(address));
  }
  const Snapshot snapshot = watch.after(milliseconds(500));
  const ProcessRow& row = process_row(snapshot, getpid());
  if (ListenerReader().read(clock_ns(CLOCK_MONOTONIC)).empty()) {
    // This kernel has no sock_diag for TCP: absent, not zero.
    CHECK_FALSE(row.listen_overflows);
    CHECK_FALSE(row.accept_queue_ratio);
    return;
  }
  REQUIRE(row.listen_overflows);
  REQUIRE(snapshot.system.listen_overflows);
  CHECK(*row.listen_overflows > 0);
  CHECK(*row.listen_overflows >= *snapshot.system.listen_overflows);
  REQUIRE(row.accept_queue_ratio);
  CHECK(*row.accept_queue_ratio >= 1.0);
}
