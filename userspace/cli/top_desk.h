// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/program_options/variables_map.hpp>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "collect/sample_source.h"
#include "util/fd.h"
#include "util/result.h"
#include "view/throttle_desk.h"

namespace culprit {

/// Does what top asks, in a thread of its own: to change the host may take a while.
class TopDesk final : public ThrottleDesk {
 public:
  using Answer = std::function<DeskNews(const DeskRequest&)>;
  static Result<std::unique_ptr<TopDesk>> make(Answer answer);
  ~TopDesk() override;

  int descriptor() const override { return news_ready_.get(); }
  void ask(DeskRequest request) override;
  std::optional<DeskNews> take() override;

 private:
  TopDesk(Answer answer, Fd news_ready);
  void run();

  Answer answer_;
  Fd news_ready_;
  std::mutex mutex_;  // of the three below; never held while the host is changed
  std::condition_variable wake_;
  std::deque<DeskRequest> requests_;
  std::deque<DeskNews> news_;
  bool stop_ = false;
  std::thread thread_;
};

/// Who answers top: the daemon that its Samples come from, or this process itself. Null where
/// nothing can be changed, with `refusal` saying why.
std::unique_ptr<TopDesk> desk_for(const SampleSource& source, const std::string& state_directory,
                                  std::string& refusal);

}  // namespace culprit
