// SPDX-License-Identifier: Apache-2.0
#include "store/recording.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>

#include "store/codec.h"

namespace culprit {
namespace {

std::string_view byte_order() {
  return std::endian::native == std::endian::little ? "little" : "big";
}

/// Samples hold records as the bytes that they are in memory; refuses another layout. Calls
/// are checked where there are any: many recordings hold none.
Status check_layout(const RecordingHeader& header) {
  const auto differ = [](std::string_view pointer, const std::string& expected,
                         const std::string& found) {
    return misuse(std::string(pointer) + ": expected " + expected + ", found " + found +
                  "; read it with the culprit that made it");
  };
  if (header.byte_order != byte_order())
    return differ("/byte_order", std::string(byte_order()), header.byte_order);
  if (header.thread_record_bytes != sizeof(thread_record))
    return differ("/thread_record_bytes", std::to_string(sizeof(thread_record)),
                  std::to_string(header.thread_record_bytes));
  if (header.histogram_bytes != sizeof(histogram))
    return differ("/histogram_bytes", std::to_string(sizeof(histogram)),
                  std::to_string(header.histogram_bytes));
  return {};
}

}  // namespace

Result<std::string> recording_start(FramePacker& packer, const HostIdentity& host) {
  const RecordingHeader header{.recorded_by = CULPRIT_VERSION,
                               .byte_order = std::string(byte_order()),
                               .thread_record_bytes = sizeof(thread_record),
                               .histogram_bytes = sizeof(histogram),
                               .call_reading_bytes = sizeof(CallReading),
                               .host = host};
  const Result<std::string> frame = packer.pack(FrameKind::kHeader, encode(header));
  if (!frame) return tl::unexpected(frame.error());
  return std::string(kRecordingMagic) + *frame;
}

Result<std::unique_ptr<RecordingWriter>> RecordingWriter::create(const std::filesystem::path& path,
                                                                 const HostIdentity& host) {
  Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file && errno == EEXIST)
    return misuse(path.string() + ": is there already; name another file or remove this one");
  if (!file) return misuse(path.string() + ": cannot be made: " + std::strerror(errno));
  std::unique_ptr<RecordingWriter> writer(new RecordingWriter(path, std::move(file)));
  const Result<std::string> start = recording_start(writer->packer_, host);
  if (!start) return fail(path.string() + ": " + start.error().message);
  if (const Status done = writer->write(*start); !done) return tl::unexpected(done.error());
  return writer;
}

Status RecordingWriter::append(const Sample& sample) {
  return write_frame(FrameKind::kSample, encode(sample));
}

Status RecordingWriter::write_frame(FrameKind kind, std::string_view payload) {
  const Result<std::string> frame = packer_.pack(kind, payload);
  if (!frame) return fail(path_.string() + ": " + frame.error().message);
  return write(*frame);
}

Status RecordingWriter::write(std::string_view bytes) {
  for (std::size_t written = 0; written < bytes.size();) {
    const ssize_t size = ::write(file_.get(), bytes.data() + written, bytes.size() - written);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) {
      const std::string reason = std::strerror(size < 0 ? errno : ENOSPC);
      if (::ftruncate(file_.get(), static_cast<off_t>(bytes_)) != 0)
        return fail(path_.string() + ": cannot write: " + reason + "; its last frame is cut");
      return fail(path_.string() + ": cannot write: " + reason);
    }
    written += static_cast<std::size_t>(size);
  }
  bytes_ += bytes.size();
  return {};
}

Recording::Recording(File file, std::string name, Pace pace)
    : frames_(std::move(file)),
      name_(std::move(name)),
      pace_(pace),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Result<std::unique_ptr<Recording>> Recording::open(const std::filesystem::path& path, Pace pace) {
  File file(std::fopen(path.c_str(), "rbe"));
  if (!file) return misuse(path.string() + ": cannot be opened: " + std::strerror(errno));
  return read(std::move(file), path.string(), pace);
}

Result<std::unique_ptr<Recording>> Recording::read(File file, std::string name, Pace pace) {
  std::unique_ptr<Recording> recording(new Recording(std::move(file), std::move(name), pace));
  if (const Status magic = recording->frames_.read_magic(); !magic)
    return misuse(recording->name_ + ": " + magic.error().message);
  recording->frame_ = 1;
  if (const Status header = recording->read_header(); !header)
    return tl::unexpected(recording->at_frame(header.error()));
  return recording;
}

Status Recording::read_header() {
  Frame frame;
  const Result<FrameEnd> end = frames_.next(frame);
  if (!end) return tl::unexpected(end.error());
  if (*end != FrameEnd::kMore) return misuse("expected the header, found the end of the file");
  if (frame.kind != FrameKind::kHeader) return misuse("expected the header, found a sample");
  Result<RecordingHeader> header = decode_header(frame.payload);
  if (!header) return tl::unexpected(header.error());
  if (Status layout = check_layout(*header); !layout) return layout;
  host_ = std::move(header->host);
  call_reading_bytes_ = header->call_reading_bytes;
  return {};
}

Error Recording::at_frame(const Error& error) const {
  return {error.kind, name_ + ": frame " + std::to_string(frame_) + ": " + error.message};
}

Result<std::optional<Sample>> Recording::next(std::chrono::nanoseconds wait) {
  if (done_) return std::optional<Sample>();
  if (pace_ == Pace::kAsked) wait_for(wait);
  ++frame_;
  Frame frame;
  const Result<FrameEnd> end = frames_.next(frame);
  done_ = true;  // unless this frame turns out well
  if (!end) return tl::unexpected(at_frame(end.error()));
  if (*end != FrameEnd::kMore) {
    cut_ = *end == FrameEnd::kCut;
    return std::optional<Sample>();
  }
  if (frame.kind != FrameKind::kSample)
    return tl::unexpected(at_frame({ErrorKind::kUsage, "expected a sample, found a header"}));
  Result<Sample> sample = decode_sample(frame.payload, call_reading_bytes_);
  if (!sample) return tl::unexpected(at_frame(sample.error()));
  if (sample->monotonic_ns <= last_monotonic_ns_)
    return tl::unexpected(
        at_frame({ErrorKind::kUsage, "/monotonic_ns: expected more than " +
                                         std::to_string(last_monotonic_ns_) + ", found " +
                                         std::to_string(sample->monotonic_ns)}));
  last_monotonic_ns_ = sample->monotonic_ns;
  done_ = false;
  return std::optional<Sample>(std::move(*sample));
}

void Recording::wait_for(std::chrono::nanoseconds wait) {
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(wait).count();
  pollfd wake{wake_.get(), POLLIN, 0};
  ::poll(&wake, 1, static_cast<int>(std::clamp<long>(milliseconds, 0, 86'400'000)));
  std::uint64_t ignored = 0;
  [[maybe_unused]] const ssize_t size = ::read(wake_.get(), &ignored, sizeof ignored);
}

void Recording::wake() noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t size = ::write(wake_.get(), &one, sizeof one);
}

std::string Recording::note() const {
  if (!cut_) return {};
  return name_ + ": ends within frame " + std::to_string(frame_) +
         ", as after a kill; what came before is used";
}

}  // namespace culprit
