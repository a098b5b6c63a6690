// SPDX-License-Identifier: Apache-2.0
#include "collect/python_pids.h"

#include <sys/mman.h>
#include <unistd.h>

#include "catch.h"

namespace culprit {

TEST_CASE("pids of Python processes: the kernel sees those that are set, and no others") {
  constexpr std::size_t kBytes = sizeof(PythonPids::Words);
  const int fd = memfd_create("pids", 0);
  REQUIRE(fd >= 0);
  REQUIRE(ftruncate(fd, kBytes) == 0);
  auto pids = PythonPids::map(fd);
  REQUIRE(pids);
  auto* kernel =
      static_cast<std::uint64_t*>(mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
  REQUIRE(kernel != MAP_FAILED);

  PythonPids::Words words{};
  PythonPids::add(words, 3);
  PythonPids::add(words, 64 * PYTHON_PID_WORDS + 64 * 5 + 1);  // pids wrap
  pids->set(words);
  CHECK(kernel[0] == 8);
  CHECK(kernel[5] == 2);

  kernel[0] |= 4;  // a fork; the child soon ran something else
  kernel[7] = 1;
  pids->set(words);
  CHECK(kernel[0] == 8);
  CHECK(kernel[7] == 0);

  pids->set({});
  CHECK(kernel[0] == 0);
  CHECK(kernel[5] == 0);
  munmap(kernel, kBytes);
  close(fd);
}

TEST_CASE("pids of Python processes: what is no map is refused") {
  CHECK_FALSE(PythonPids::map(-1));
}

}  // namespace culprit
