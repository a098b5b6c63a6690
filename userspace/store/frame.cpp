// SPDX-License-Identifier: Apache-2.0
#include "store/frame.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <new>

namespace culprit {
namespace {

constexpr int kLevel = 1;       // 3 took twice the time on 5,000 threads and was larger
constexpr int kWindowLog = 23;  // 8 MiB: what unpacking may take besides its result
constexpr std::size_t kPrefixBytes = 8;
constexpr std::size_t kChunkBytes = 128 * 1024;

void put_number(std::string& out, std::uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) out.push_back(static_cast<char>(value >> shift));
}

std::uint32_t get_number(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t byte = 4; byte-- > 0;)
    value = value << 8 | static_cast<unsigned char>(bytes[at + byte]);
  return value;
}

std::string mebibytes(std::size_t bytes) {
  return std::to_string(bytes >> 20) + " MiB";
}

}  // namespace

FramePacker::FramePacker() : context_(ZSTD_createCCtx()) {
  if (!context_) throw std::bad_alloc();
  ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, kLevel);
  ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1);
}

Result<std::string> FramePacker::pack(FrameKind kind, std::string_view payload) {
  if (payload.size() > kFrameBytesMax)
    return fail("a frame of " + mebibytes(payload.size()) + " is larger than a recording keeps (" +
                mebibytes(kFrameBytesMax) + ")");
  std::string packed(ZSTD_compressBound(payload.size()), '\0');
  const std::size_t size =
      ZSTD_compress2(context_.get(), packed.data(), packed.size(), payload.data(), payload.size());
  if (ZSTD_isError(size)) return fail(std::string("zstd: ") + ZSTD_getErrorName(size));
  std::string frame;
  frame.reserve(kPrefixBytes + size);
  put_number(frame, static_cast<std::uint32_t>(kind));
  put_number(frame, static_cast<std::uint32_t>(size));
  frame.append(packed, 0, size);
  return frame;
}

FrameReader::FrameReader(File file) : file_(std::move(file)), context_(ZSTD_createDCtx()) {
  if (!context_) throw std::bad_alloc();
  ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, kWindowLog);
}

Status FrameReader::read_magic() {
  const Result<std::string> start = read(kRecordingMagic.size());
  if (!start) return tl::unexpected(start.error());
  if (*start == kRecordingMagic) return {};
  constexpr std::string_view kAnyVersion = "culprit.recording/";
  if (start->starts_with(kAnyVersion))
    return misuse("made in another version of the format; this culprit reads " +
                  std::string(kRecordingMagic.substr(0, kRecordingMagic.size() - 1)));
  return misuse("not a recording; culprit record makes one");
}

Result<std::string> FrameReader::read(std::size_t size) {
  std::string bytes;
  while (bytes.size() < size) {
    const std::size_t start = bytes.size();
    bytes.resize(start + std::min(kChunkBytes, size - start));
    const std::size_t got = std::fread(bytes.data() + start, 1, bytes.size() - start, file_.get());
    if (start + got < bytes.size()) {
      bytes.resize(start + got);
      if (std::ferror(file_.get()))
        return fail(std::string("cannot read: ") + std::strerror(errno));
      break;
    }
  }
  return bytes;
}

Result<FrameEnd> FrameReader::next(Frame& frame) {
  const Result<std::string> prefix = read(kPrefixBytes);
  if (!prefix) return tl::unexpected(prefix.error());
  if (prefix->empty()) return FrameEnd::kEnd;
  if (prefix->size() < kPrefixBytes) return FrameEnd::kCut;
  const std::uint32_t kind = get_number(*prefix, 0), size = get_number(*prefix, 4);
  if (kind != static_cast<std::uint32_t>(FrameKind::kHeader) &&
      kind != static_cast<std::uint32_t>(FrameKind::kSample))
    return misuse("expected a frame of kind 1 or 2, found " + std::to_string(kind));
  if (size > kFrameBytesMax)
    return misuse("expected a frame of at most " + mebibytes(kFrameBytesMax) + ", found " +
                  std::to_string(size) + " bytes");
  const Result<std::string> packed = read(size);
  if (!packed) return tl::unexpected(packed.error());
  if (packed->size() < size) return FrameEnd::kCut;
  Result<std::string> payload = unpack(*packed);
  if (!payload) return tl::unexpected(payload.error());
  frame.kind = static_cast<FrameKind>(kind);
  frame.payload = std::move(*payload);
  return FrameEnd::kMore;
}

Result<std::string> FrameReader::unpack(std::string_view packed) {
  ZSTD_DCtx_reset(context_.get(), ZSTD_reset_session_only);
  ZSTD_inBuffer in{packed.data(), packed.size(), 0};
  std::string payload;
  for (std::size_t state = 1; state != 0;) {
    const std::size_t start = payload.size(), taken = in.pos;
    if (start > kFrameBytesMax)
      return misuse("expected at most " + mebibytes(kFrameBytesMax) + " in a frame, found more");
    payload.resize(start + kChunkBytes);
    ZSTD_outBuffer out{payload.data() + start, kChunkBytes, 0};
    state = ZSTD_decompressStream(context_.get(), &out, &in);
    if (ZSTD_isError(state)) return misuse(std::string("zstd: ") + ZSTD_getErrorName(state));
    payload.resize(start + out.pos);
    if (state != 0 && out.pos == 0 && in.pos == taken) return misuse("zstd: data ends too early");
  }
  if (in.pos != packed.size()) return misuse("expected one zstd frame, found more behind it");
  return payload;
}

}  // namespace culprit
