// SPDX-License-Identifier: Apache-2.0
#include "model/interpreted_frames.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace culprit {
namespace {

/// "_PyEval_EvalFrameDefault.cold" → "_PyEval_EvalFrameDefault".
std::string_view plain_name(const StackFrame& frame) {
  const std::string_view name = frame.function;
  return name.substr(0, name.find('.'));
}

bool is_evaluation(const FramePointer& frame) {
  return frame->kind != CodeKind::kKernel && plain_name(*frame) == "_PyEval_EvalFrameDefault";
}

/// The interpreter's way from a call to its evaluation, which tells a reader nothing.
bool is_passage(const FramePointer& frame) {
  constexpr std::array<std::string_view, 26> kNames = {
      "_PyEval_EvalFrame",
      "_PyEval_EvalFrameDefault",
      "_PyEval_EvalCodeWithName",
      "_PyEval_EvalCode",
      "_PyEval_Vector",
      "PyEval_EvalCode",
      "PyEval_EvalFrame",
      "PyEval_EvalFrameEx",
      "_PyFunction_Vectorcall",
      "_PyFunction_FastCallDict",
      "function_code_fastcall",
      "_PyObject_Vectorcall",
      "_PyObject_VectorcallTstate",
      "PyObject_Vectorcall",
      "_PyObject_FastCallDictTstate",
      "_PyObject_FastCallDict",
      "_PyObject_Call",
      "_PyObject_Call_Prepend",
      "_PyObject_CallFunctionVa",
      "_PyObject_MakeTpCall",
      "_PyVectorcall_Call",
      "PyVectorcall_Call",
      "PyObject_Call",
      "PyObject_CallOneArg",
      "method_vectorcall",
      "call_function",
  };
  return frame->kind != CodeKind::kKernel &&
         std::find(kNames.begin(), kNames.end(), plain_name(*frame)) != kNames.end();
}

bool is_known(const FramePointer& frame) {
  return frame->function.rfind("[unknown]", 0) != 0;
}

/// "[unknown] libcrypto.so.3": which library it is is worth telling; not of the interpreter's
/// own file, whose inner functions have no names where it is stripped.
bool is_in_library(const FramePointer& frame) {
  constexpr std::string_view kIn = "[unknown] ";
  const std::string_view name = frame->function;
  return name.starts_with(kIn) && !name.substr(kIn.size()).starts_with("python") &&
         !name.substr(kIn.size()).starts_with("libpython");
}

std::vector<Frames> split_at_nulls(const Frames& interpreted) {
  std::vector<Frames> evaluations(1);
  for (const FramePointer& frame : interpreted) {
    if (frame)
      evaluations.back().push_back(frame);
    else if (!evaluations.back().empty())
      evaluations.emplace_back();
  }
  if (evaluations.back().empty()) evaluations.pop_back();
  return evaluations;
}

void append(Frames& frames, const Frames& more) {
  frames.insert(frames.end(), more.begin(), more.end());
}

/// Every evaluation of the native stack becomes the next of `evaluations`.
Frames replace_each(const Frames& native, const std::vector<Frames>& evaluations) {
  Frames merged;
  auto next = evaluations.begin();
  for (std::size_t begin = 0; begin < native.size();) {
    std::size_t end = begin;
    while (end < native.size() && is_passage(native[end])) end++;
    const auto first = native.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto last = native.begin() + static_cast<std::ptrdiff_t>(end);
    if (end == begin) {
      merged.push_back(native[begin++]);
      continue;
    }
    // A passage to something else than an evaluation stays.
    if (std::none_of(first, last, is_evaluation)) merged.insert(merged.end(), first, last);
    for (auto frame = first; frame != last; ++frame)
      if (is_evaluation(*frame)) append(merged, *next++);
    begin = end;
  }
  return merged;
}

/// `first` and `last`: the innermost and the outermost evaluation of the native stack.
Frames replace_all(const Frames& native, std::size_t first, std::size_t last,
                   const std::vector<Frames>& evaluations) {
  Frames merged(native.begin(), native.begin() + static_cast<std::ptrdiff_t>(first));
  for (const Frames& evaluation : evaluations) append(merged, evaluation);
  for (std::size_t i = last + 1; i < native.size(); i++)
    if (!is_passage(native[i]) && is_known(native[i])) merged.push_back(native[i]);
  return merged;
}

/// The native stack ends before any evaluation.
Frames put_below(const Frames& native, const std::vector<Frames>& evaluations) {
  auto end = std::find_if_not(native.begin(), native.end(), is_known);
  if (end != native.end() && is_in_library(*end)) ++end;
  Frames merged(native.begin(), end);
  std::erase_if(merged, is_passage);
  for (const Frames& evaluation : evaluations) append(merged, evaluation);
  return merged;
}

/// Before 3.11 each Python frame is an evaluation of its own, and nothing marks it.
std::vector<Frames> one_each(const Frames& interpreted) {
  std::vector<Frames> evaluations;
  for (const FramePointer& frame : interpreted) evaluations.push_back({frame});
  return evaluations;
}

}  // namespace

Frames merge_interpreted(const Frames& native, const Frames& interpreted) {
  std::vector<Frames> evaluations = split_at_nulls(interpreted);
  if (evaluations.empty()) return native;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < native.size(); i++)
    if (is_evaluation(native[i])) places.push_back(i);
  if (places.empty()) return put_below(native, evaluations);
  if (evaluations.size() == 1 && evaluations.front().size() == places.size())
    evaluations = one_each(evaluations.front());
  if (evaluations.size() == places.size()) return replace_each(native, evaluations);
  return replace_all(native, places.front(), places.back(), evaluations);
}

}  // namespace culprit
