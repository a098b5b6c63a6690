// SPDX-License-Identifier: Apache-2.0
#include "serve/output_queue.h"

#include <sys/socket.h>
#include <unistd.h>

#include "catch.h"
#include "util/fd.h"

using namespace culprit;
using Sent = OutputQueue::Sent;

namespace {

struct Pair {
  Fd ours, theirs;
  Pair() {
    int both[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, both) == 0);
    ours = Fd(both[0]);
    theirs = Fd(both[1]);
  }
  std::string read_all() {
    std::string all(1 << 20, '\0');
    std::size_t size = 0;
    for (ssize_t got;
         (got = recv(theirs.get(), all.data() + size, all.size() - size, MSG_DONTWAIT)) > 0;)
      size += static_cast<std::size_t>(got);
    all.resize(size);
    return all;
  }
};

Message message(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

}  // namespace

TEST_CASE("What is queued comes out in order", "[socket]") {
  Pair pair;
  OutputQueue queue;
  CHECK(queue.send(pair.ours.get()) == Sent::kAll);
  CHECK(queue.push(message("one ")));
  CHECK(queue.push(message("two")));
  CHECK(queue.bytes() == 7);
  CHECK(queue.send(pair.ours.get()) == Sent::kAll);
  CHECK(queue.empty());
  CHECK(queue.bytes() == 0);
  CHECK(pair.read_all() == "one two");
}

TEST_CASE("A reader who does not read is not waited for, and gets the rest when it does",
          "[socket]") {
  Pair pair;
  OutputQueue queue;
  const auto large = message(std::string(600'000, 'x'));
  std::size_t pushed = 0, read = 0;
  while (queue.push(large)) {
    ++pushed;
    CHECK(queue.send(pair.ours.get()) == Sent::kPart);
  }
  CHECK(pushed == OutputQueue::kMostMessages);
  for (Sent sent = Sent::kPart; sent != Sent::kAll;) {
    read += pair.read_all().size();
    sent = queue.send(pair.ours.get());
    REQUIRE(sent != Sent::kGone);
  }
  read += pair.read_all().size();
  CHECK(read == pushed * large->size());
}

TEST_CASE("A queue is bounded in bytes, but has room for one message, however large", "[socket]") {
  OutputQueue queue;
  CHECK(queue.push(message(std::string(OutputQueue::kMostBytes + 1, 'x'))));
  CHECK_FALSE(queue.push(message("y")));
}

TEST_CASE("A reader who has gone is told, without a signal", "[socket]") {
  Pair pair;
  OutputQueue queue;
  pair.theirs = Fd();
  CHECK(queue.push(message("lost")));
  CHECK(queue.send(pair.ours.get()) == Sent::kGone);
}
