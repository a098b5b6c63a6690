// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "runtime/binary_symbols.h"
#include "runtime/frame_book.h"
#include "runtime/perf_map.h"
#include "runtime/process_map.h"

namespace culprit {

/// Names the addresses of stacks. What a process has mapped is read when its first stack
/// comes, and kept: one that has ended by then stays "[unknown]". The innermost address of a
/// stack is where a thread was, the others are where it will return to, which may be behind
/// the end of the function that called.
class Symbolizer {
 public:
  /// `root` is "/" but in tests.
  explicit Symbolizer(FrameBook& frames, std::filesystem::path root = "/");

  /// To be called before the stacks of each interval: what a process says of itself is looked
  /// at once in each.
  void begin_round() { round_++; }

  /// Ids of frames, the innermost first, as the addresses are. Outermost ones that lie in no
  /// code are left out: the walk that found them had gone astray.
  std::vector<std::uint32_t> user_frames(std::uint32_t pid, std::uint64_t start_time_ns,
                                         const std::vector<std::uint64_t>& addresses);
  /// Without the innermost ones that took the stack at a tracepoint.
  std::vector<std::uint32_t> kernel_frames(const std::vector<std::uint64_t>& addresses,
                                           bool at_tracepoint);

 private:
  struct File {
    std::optional<BinarySymbols::FileId> id;
    bool tried = false;
  };
  struct Process {
    /// About as much memory as it takes.
    std::size_t bytes() const;

    ProcessView view;
    std::uint64_t start_time_ns = 0;
    ProcessMap map;
    std::vector<File> files;  ///< by place in the map
    PerfMap jit;
    std::unordered_map<std::uint64_t, std::uint32_t> frames;  ///< by address
    ino_t executable = 0;
    std::uint64_t looked = 0;  ///< round in which it was last asked who it is
    /// When an address that nothing is known of makes us read again: the longer, the more
    /// often that was in vain.
    std::uint64_t retry_round = 0, retry_rounds = 1;
  };

  void look_again(Process& process);
  bool read_map(Process& process);
  bool read_again(Process& process, std::uint64_t address);
  std::uint32_t name(Process& process, std::uint64_t address);
  std::optional<std::uint32_t> name_in_file(Process& process, const Mapping& mapping,
                                            std::uint64_t address);
  std::optional<std::uint32_t> name_known(Process& process, std::uint64_t address);
  std::string_view kernel_function(std::uint64_t address);
  std::uint32_t kernel_frame(std::uint64_t address);

  FrameBook& frames_;
  std::uint32_t unknown_;  ///< id of "[unknown]"
  std::filesystem::path root_;
  BinarySymbols binaries_;
  std::optional<SymbolTable> kernel_;
  std::unordered_map<std::uint64_t, std::uint32_t> kernel_frames_;
  std::map<std::pair<std::uint32_t, std::uint64_t>, Process> processes_;
  std::size_t process_bytes_ = 0;  ///< of all of them
  std::uint64_t round_ = 1;
};

}  // namespace culprit
