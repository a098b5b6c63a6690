// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace culprit {

/// A directory that stands for "/" and goes away with the test.
class Fixture {
 public:
  Fixture() {
    std::string name = (std::filesystem::temp_directory_path() / "culprit-XXXXXX").string();
    if (!::mkdtemp(name.data())) throw std::runtime_error("mkdtemp " + name);
    root_ = name;
  }
  ~Fixture() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  Fixture(const Fixture&) = delete;
  Fixture& operator=(const Fixture&) = delete;

  const std::filesystem::path& root() const { return root_; }

  void write(const std::string& path, std::string_view text) const {
    std::filesystem::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path, std::ios::binary) << text;
  }
  void make_directory(const std::string& path) const {
    std::filesystem::create_directories(root_ / path);
  }
  void link(const std::string& path, const std::string& target) const {
    std::filesystem::create_directories((root_ / path).parent_path());
    std::filesystem::create_symlink(target, root_ / path);
  }
  void remove(const std::string& path) const { std::filesystem::remove_all(root_ / path); }

 private:
  std::filesystem::path root_;
};

inline std::string slurp(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// What a file must not do to a reader: every one of these goes through every parser.
inline std::vector<std::string> garbage_texts() {
  std::vector<std::string> texts = {
      "",
      "\n",
      std::string(1, '\0'),
      ":",
      "(",
      ")(",
      "cpu",
      "cpu -1 -1 -1 -1 -1 -1 -1 -1\n",
      "cpu 99999999999999999999 1 1 1 1 1 1 1\n",
      "cpu 18446744073709551615 1 1 1 1 1 1 1\n",
      "cpu4000000000 1 1 1 1 1 1 1 1\n",
      "MemTotal: 18446744073709551615 kB\n",
      "some total=\nfull total=18446744073709551615\n",
      "1 2 sda -1 0 0 0 0 0 0 0 0 0 0\n",
      "eth0: -5 0 0 0 0 0 0 0 -5\n",
      "Tcp: OutSegs\n",
      "Tcp: OutSegs\nTcp:\n",
      "1 (a) R 99999999999\n",
      "0::\n1:memory\n:::\n",
      "1 1 8:1 / /\n1 1 :\n- - - - -\n",
      "usage_usec\nusage_usec -1\n",
      "{\"Name\": [[[[",
      "a:b:c\n::::\nroot:x:-1:\n",
  };
  texts.emplace_back(1 << 16, 'x');
  texts.emplace_back(1 << 16, ' ');
  texts.emplace_back(1 << 16, '\n');
  texts.emplace_back(1 << 16, '(');
  texts.emplace_back(1 << 16, '9');
  texts.emplace_back(1 << 16, '\xff');
  std::string noise;
  std::uint32_t state = 12345;
  for (int i = 0; i < 1 << 16; ++i) {
    state = state * 1664525 + 1013904223;
    noise += static_cast<char>(state >> 24);
  }
  texts.push_back(std::move(noise));
  return texts;
}

}  // namespace culprit
