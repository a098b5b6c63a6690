// SPDX-License-Identifier: Apache-2.0
#include "serve/publication.h"

#include <string>
#include <utility>

#include "serve/json.h"
#include "store/codec.h"
#include "store/recording.h"

namespace culprit {

void Publication::take(const Sample& sample, std::shared_ptr<const Snapshot> snapshot) {
  standing_.take(sample);
  any_ = true;
  if (snapshot) snapshot_ = std::move(snapshot);
  snapshot_line_.reset();
  stream_start_.reset();
}

void Publication::restart() {
  standing_ = {};
  any_ = false;
  stream_start_.reset();
}

Result<Message> Publication::snapshot() {
  if (!snapshot_) return fail("no interval has ended yet; ask again");
  if (!snapshot_line_)
    snapshot_line_ = std::make_shared<const std::string>(json_text(*snapshot_) + '\n');
  return snapshot_line_;
}

Result<Message> Publication::stream_start() {
  if (!any_) return fail("nothing has been read yet; ask again");
  if (stream_start_) return stream_start_;
  auto bytes = recording_start(packer_, host_);
  if (!bytes) return tl::unexpected<Error>(bytes.error());
  const auto first = packer_.pack(FrameKind::kSample, encode(standing_.sample()));
  if (!first) return tl::unexpected<Error>(first.error());
  stream_start_ = std::make_shared<const std::string>(*bytes + *first);
  return stream_start_;
}

Result<Message> Publication::frame(const Sample& sample) {
  auto bytes = packer_.pack(FrameKind::kSample, encode(sample));
  if (!bytes) return tl::unexpected<Error>(bytes.error());
  return std::make_shared<const std::string>(std::move(*bytes));
}

}  // namespace culprit
