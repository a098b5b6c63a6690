// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "collect/sample_source.h"
#include "store/frame.h"
#include "util/fd.h"
#include "util/result.h"

namespace culprit {

/// The bytes with which a recording of that host begins: magic and header.
Result<std::string> recording_start(FramePacker& packer, const HostIdentity& host);

/// Keeps Samples in a file (docs/recording.md). Each append() is handed to the kernel
/// whole, so that a kill loses at most the last Sample.
class RecordingWriter {
 public:
  /// Makes the file, readable by its owner alone: it holds command lines. One that is
  /// there already is left as it is, and is an error.
  static Result<std::unique_ptr<RecordingWriter>> create(const std::filesystem::path& path,
                                                         const HostIdentity& host);

  /// When the disk is full, nothing is left of this Sample and all before it stay.
  Status append(const Sample& sample);
  std::uint64_t bytes() const { return bytes_; }

 private:
  RecordingWriter(std::filesystem::path path, Fd file)
      : path_(std::move(path)), file_(std::move(file)) {}
  Status write(std::string_view bytes);
  Status write_frame(FrameKind kind, std::string_view payload);

  std::filesystem::path path_;
  Fd file_;
  FramePacker packer_;
  std::uint64_t bytes_ = 0;
};

enum class Pace {
  kAtOnce,  ///< next() does not wait
  kAsked,   ///< next() waits as long as it is told
};

/// Reads a recording back. An error names the file, the frame and the place in it.
class Recording : public SampleSource {
 public:
  static Result<std::unique_ptr<Recording>> open(const std::filesystem::path& path,
                                                 Pace pace = Pace::kAtOnce);
  /// `name` is for messages.
  static Result<std::unique_ptr<Recording>> read(File file, std::string name,
                                                 Pace pace = Pace::kAtOnce);

  const HostIdentity& host() const override { return host_; }
  Result<std::optional<Sample>> next(std::chrono::nanoseconds wait) override;
  /// Says so when the recording was cut within its last frame.
  std::string name() const override { return name_; }
  std::string note() const override;

 private:
  void wake() noexcept override;
  Recording(File file, std::string name, Pace pace);
  Status read_header();
  Error at_frame(const Error& error) const;
  void wait_for(std::chrono::nanoseconds wait);

  FrameReader frames_;
  std::string name_;
  Pace pace_;
  Fd wake_;  ///< eventfd that interrupt() writes to
  HostIdentity host_;
  std::uint32_t call_reading_bytes_ = 0;
  std::uint64_t frame_ = 0;  ///< number of the frame read last, the header is 1
  std::uint64_t last_monotonic_ns_ = 0;
  bool done_ = false, cut_ = false;
};

}  // namespace culprit
