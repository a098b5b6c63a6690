// SPDX-License-Identifier: Apache-2.0
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <utility>

#include "analyze/rule_watch.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/judging.h"
#include "cli/reading_options.h"
#include "cli/rein_options.h"
#include "cli/snapshot_actions.h"
#include "cli/top_desk.h"
#include "cli/watch.h"
#include "model/model.h"
#include "util/duration.h"
#include "util/interrupt.h"
#include "view/live_top.h"
#include "view/terminal.h"

namespace culprit {
namespace po = boost::program_options;
namespace {

constexpr int kNarrowest = 20, kWidest = 1000;

std::string view_names() {
  std::string names;
  for (const View view : kEveryView) {
    if (view != kEveryView.front()) names += view == kEveryView.back() ? " or " : ", ";
    names += traits_of(view).name;
  }
  return names;
}

Result<View> parse_view(const std::string& name) {
  if (const auto view = view_named(name)) return *view;
  return misuse("no view '" + name + "'; write " + view_names());
}

Result<TopState> initial_state(const po::variables_map& values) {
  TopState state;
  const auto interval = parse_duration(values["interval"].as<std::string>());
  if (!interval) return tl::unexpected<Error>(interval.error());
  state.interval_seconds = std::chrono::duration<double>(*interval).count();
  if (state.interval_seconds < 0.1) return misuse("the interval must be 100ms or more");
  const auto view = parse_view(values["view"].as<std::string>());
  if (!view) return tl::unexpected<Error>(view.error());
  state.view = *view;
  if (values.count("sort")) {
    const std::string name = values["sort"].as<std::string>();
    const Column* column = find_column(state.view, name);
    if (!column) return misuse("no column '" + name + "'; write a title such as RUNQ%");
    state.shown().sort = {column->id, !column->left};
  }
  if (values.count("filter")) state.filter = values["filter"].as<std::string>();
  if (values.count("user")) state.user = values["user"].as<std::string>();
  state.replay = values.count("from") > 0;
  return state;
}

int width_for_batch(const po::variables_map& values) {
  if (values.count("width")) return values["width"].as<int>();
  const char* columns = std::getenv("COLUMNS");
  const int width = columns ? std::atoi(columns) : 0;
  return width >= kNarrowest && width <= kWidest ? width : 120;
}

Result<BatchOptions> batch_options(const po::variables_map& values, TopState& state) {
  BatchOptions options;
  const int frames = values["batch"].as<int>();
  options.rows = values["rows"].as<int>();
  state.width = width_for_batch(values);
  if (frames < 1) return misuse("--batch takes the number of frames, 1 or more");
  if (options.rows < 1 || options.rows > 100000) return misuse("--rows takes 1 to 100000");
  if (state.width < kNarrowest || state.width > kWidest) return misuse("--width takes 20 to 1000");
  options.frames = static_cast<std::uint64_t>(frames);
  options.utf8 = use_locale_of_user();
  state.height = options.rows + 30;
  state.hide_idle = true;
  return options;
}

po::options_description make_options() {
  po::options_description options("options");
  add_reading_options(options);
  add_rules_option(options);
  add_state_option(options);
  options.add_options()("interval,i", po::value<std::string>()->default_value("1s"),
                        "time between frames");
  options.add_options()("batch,b", po::value<int>()->value_name("N"),
                        "print N frames as text; only what used anything");
  options.add_options()("rows", po::value<int>()->default_value(30), "most lines of a batch frame");
  options.add_options()("width", po::value<int>(), "of a batch frame; else COLUMNS, else 120");
  options.add_options()("view", po::value<std::string>()->default_value("processes"),
                        view_names().c_str());
  options.add_options()("sort", po::value<std::string>(), "title of a column, e.g. RUNQ%");
  options.add_options()("filter", po::value<std::string>(), "name, command or unit to show");
  options.add_options()("stacks", "take stacks 49 times a second, for a process's detail");
  options.add_options()("user,u", po::value<std::string>(), "processes of that user only");
  return options;
}

Status run(const po::variables_map& values) {
  auto state = initial_state(values);
  if (!state) return tl::unexpected<Error>(state.error());
  BatchOptions batch;
  if (values.count("batch")) {
    const auto options = batch_options(values, *state);
    if (!options) return tl::unexpected<Error>(options.error());
    batch = *options;
  }
  auto rules = rules_of(values);
  if (!rules) return tl::unexpected<Error>(rules.error());
  auto source = open_source(values);
  if (!source) return tl::unexpected<Error>(source.error());
  Model model((*source)->host());
  Judge judge(std::move(*rules));
  RuleWatch watch(values["rules"].as<std::string>());
  std::optional<Error> refused;  // the screen is not ours to write on: told when it is left
  SnapshotActions actions(**source, values["state"].as<std::string>(), RemedyPreview::kOneAtATime);
  const auto advance = [&](const Sample& sample) {
    if (auto changed = watch.poll()) {
      refused = *changed ? std::nullopt : std::optional(changed->error());
      if (*changed) judge.use(std::move(**changed));
    }
    auto snapshot = model.advance(sample);
    if (!snapshot) return snapshot;
    judge.judge(*snapshot);
    actions.fill(*snapshot);
    return snapshot;
  };
  Status done;
  if (values.count("batch")) {
    const InterruptScope interruptible(**source);
    done = run_batch_top(**source, advance, std::move(*state), batch);
  } else {
    const auto desk = desk_for(**source, values["state"].as<std::string>(), state->desk_refusal);
    done = run_live_top(**source, advance, std::move(*state), desk.get());
  }
  report_note(**source);
  if (refused) spdlog::warn("the rules stayed as they were: {}", refused->message);
  return done;
}

}  // namespace

int run_top(const std::vector<std::string>& arguments) {
  const auto parsed = parse_arguments(arguments, "top [OPTION...]", make_options());
  if (!parsed) return report(parsed.error());
  if (parsed->help_shown) return kExitDone;
  const Status done = run(parsed->values);
  return done ? kExitDone : report(done.error());
}

}  // namespace culprit
