// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <zstd.h>

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "util/result.h"

namespace culprit {

/// How every recording begins; the number is the format's.
inline constexpr std::string_view kRecordingMagic = "culprit.recording/1\n";
/// No frame holds more than this, neither as kept nor as unpacked.
inline constexpr std::size_t kFrameBytesMax = std::size_t{64} << 20;

/// Numbers are never reused.
enum class FrameKind : std::uint32_t { kHeader = 1, kSample = 2 };

struct Frame {
  FrameKind kind = FrameKind::kHeader;
  std::string payload;
};

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

/// Packs frames: kind and size, 32 bits each, little endian, then one zstd frame with
/// its own checksum.
class FramePacker {
 public:
  FramePacker();
  Result<std::string> pack(FrameKind kind, std::string_view payload);

 private:
  struct Free {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  };
  std::unique_ptr<ZSTD_CCtx, Free> context_;
};

enum class FrameEnd { kMore, kEnd, kCut };

/// Reads frames out of a file that nobody vouches for: memory grows with what is really
/// there, never by a size that the file claims.
class FrameReader {
 public:
  explicit FrameReader(File file);

  /// True when the file begins as a recording of this version does.
  Status read_magic();
  /// kMore: `frame` holds the next one. kEnd: the file is over. kCut: it ends within a
  /// frame, as after a kill.
  Result<FrameEnd> next(Frame& frame);

 private:
  /// Up to `size` bytes; fewer only at the end of the file.
  Result<std::string> read(std::size_t size);
  Result<std::string> unpack(std::string_view packed);

  struct Free {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };
  File file_;
  std::unique_ptr<ZSTD_DCtx, Free> context_;
};

}  // namespace culprit
