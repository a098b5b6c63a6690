// SPDX-License-Identifier: Apache-2.0
#include "collect/listener_reader.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>

#include "catch.h"

using namespace culprit;
namespace fs = std::filesystem;

namespace {

/// One message as the kernel sends it: header, socket, its memory as an attribute.
std::string message(std::uint16_t port, std::uint32_t queue, std::uint32_t backlog,
                    std::uint32_t drops, std::uint16_t type = SOCK_DIAG_BY_FAMILY) {
  struct {
    nlmsghdr header;
    inet_diag_msg socket;
    rtattr attribute;
    std::array<std::uint32_t, SK_MEMINFO_VARS> memory;
  } all{};
  static_assert(sizeof(all) ==
                sizeof(nlmsghdr) + sizeof(inet_diag_msg) + sizeof(rtattr) + 4 * SK_MEMINFO_VARS);
  all.header.nlmsg_len = sizeof(all);
  all.header.nlmsg_type = type;
  all.socket.idiag_family = AF_INET;
  all.socket.id.idiag_sport = htons(port);
  all.socket.id.idiag_src[0] = htonl(INADDR_LOOPBACK);
  all.socket.idiag_inode = port + 10'000u;
  all.socket.idiag_rqueue = queue;
  all.socket.idiag_wqueue = backlog;
  all.attribute.rta_type = INET_DIAG_SKMEMINFO;
  all.attribute.rta_len = sizeof(rtattr) + sizeof(all.memory);
  all.memory[SK_MEMINFO_DROPS] = drops;
  return {reinterpret_cast<const char*>(&all), sizeof(all)};
}

class FixtureRoot {
 public:
  FixtureRoot()
      : path_(fs::temp_directory_path() / ("culprit-listen-" + std::to_string(getpid()))) {
    fs::create_directories(path_);
  }
  ~FixtureRoot() { fs::remove_all(path_); }
  void descriptor(int pid, int fd, const std::string& target) const {
    const fs::path directory = path_ / "proc" / std::to_string(pid) / "fd";
    fs::create_directories(directory);
    fs::create_symlink(target, directory / std::to_string(fd));
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

}  // namespace

TEST_CASE("listening sockets are read out of netlink messages", "[listener]") {
  std::vector<ListenerReading> listeners;
  const std::string two = message(80, 3, 128, 7) + message(443, 0, 511, 0);
  CHECK(parse_listeners(two, listeners) == DiagEnd::kMore);
  REQUIRE(listeners.size() == 2);
  CHECK(listeners[0].address == "127.0.0.1:80");
  CHECK(listeners[0].inode == 10'080);
  CHECK(listeners[0].queue == 3);
  CHECK(listeners[0].backlog == 128);
  CHECK(listeners[0].drops == 7);
  CHECK(listeners[1].address == "127.0.0.1:443");
  CHECK(parse_listeners(message(1, 0, 0, 0, NLMSG_DONE), listeners) == DiagEnd::kDone);
  CHECK(parse_listeners(message(1, 0, 0, 0, NLMSG_ERROR), listeners) == DiagEnd::kFailed);
  CHECK(listeners.size() == 2);
}

TEST_CASE("cut and senseless netlink messages are left out", "[listener]") {
  const std::string whole = message(80, 3, 128, 7);
  for (std::size_t size = 0; size < whole.size(); size++) {
    std::vector<ListenerReading> listeners;
    parse_listeners(std::string_view(whole).substr(0, size), listeners);
    CHECK(listeners.empty());
  }
  for (std::size_t at = 0; at < whole.size(); at++) {
    for (const char byte : {'\0', '\x01', '\x7f', '\xff'}) {
      std::string damaged = whole + whole;
      damaged[at] = byte;
      std::vector<ListenerReading> listeners;
      parse_listeners(damaged, listeners);
      CHECK(listeners.size() <= 2);
    }
  }
}

TEST_CASE("the lowest pid that holds a listener is its owner", "[listener]") {
  const FixtureRoot root;
  root.descriptor(300, 4, "socket:[10080]");
  root.descriptor(200, 3, "socket:[10080]");
  root.descriptor(200, 5, "/dev/null");
  root.descriptor(400, 3, "socket:[broken");
  ListenerReader reader(root.path());
  std::vector<ListenerReading> listeners(2);
  listeners[0].inode = 10'080;
  listeners[1].inode = 99;
  reader.find_owners(listeners, 1);
  CHECK(listeners[0].pid == 200);
  CHECK(listeners[1].pid == 0);

  // A new one is looked for again, but not at once.
  root.descriptor(250, 9, "socket:[99]");
  reader.find_owners(listeners, 2);
  CHECK(listeners[1].pid == 0);
  reader.find_owners(listeners, 11'000'000'000);
  CHECK(listeners[1].pid == 250);
}
