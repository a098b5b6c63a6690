// SPDX-License-Identifier: Apache-2.0
#include "model/interpreted_frames.h"

#include "catch.h"
#include "unit/model/stacks.h"

namespace culprit {
namespace {

using test::functions_of;
using test::stack_frames;

std::string merged(const std::string& native, const std::string& interpreted) {
  return functions_of(merge_interpreted(stack_frames(native), stack_frames(interpreted)));
}

}  // namespace

TEST_CASE("a run of interpreter frames becomes Python's", "[stacks]") {
  CHECK(merged("memcpy _PyEval_EvalFrameDefault _PyEval_Vector PyEval_EvalCode Py_RunMain main",
               "p:inner p:outer p:module") == "memcpy inner outer module Py_RunMain main");
  CHECK(merged("_PyEval_EvalFrameDefault.cold main", "p:f") == "f main");
  CHECK(merged("_PyEval_EvalFrameDefault main", "") == "_PyEval_EvalFrameDefault main");
  CHECK(merged("", "p:f p:g") == "f g");
}

TEST_CASE("each of several evaluations gets its own frames", "[stacks]") {
  // A function of Python is called by sorted(), which is C.
  CHECK(merged("_PyEval_EvalFrameDefault _PyFunction_Vectorcall list_sort builtin_sorted "
               "_PyEval_EvalFrameDefault _PyEval_Vector PyEval_EvalCode main",
               "p:key 0 p:sort_all p:module") ==
        "key list_sort builtin_sorted sort_all module main");
  // Directly within one another: nothing of the passage is left.
  CHECK(merged("_PyEval_EvalFrameDefault _PyEval_Vector _PyObject_Vectorcall "
               "_PyEval_EvalFrameDefault main",
               "p:a p:b 0 p:c") == "a b c main");
  CHECK(merged("k:vfs_read read _PyEval_EvalFrameDefault task_step _PyEval_EvalFrameDefault",
               "0 p:a 0 0 p:b 0") == "vfs_read read a task_step b");
}

TEST_CASE("before 3.11 each Python frame is an evaluation", "[stacks]") {
  CHECK(merged("_PyEval_EvalFrameDefault function_code_fastcall _PyEval_EvalFrameDefault "
               "list_sort _PyEval_EvalFrameDefault PyEval_EvalCode main",
               "p:a p:b p:c") == "a b list_sort c main");
}

TEST_CASE("a native stack that is cut short loses no Python frame", "[stacks]") {
  // No frame pointers: the walk ends in a library.
  CHECK(merged("k:vfs_read read [unknown] nonsense", "p:a 0 p:b") == "vfs_read read a b");
  CHECK(merged("_PyEval_EvalFrameDefault [unknown]", "p:a 0 p:b p:c") == "a b c");
  CHECK(merged("_PyObject_Malloc PyObject_CallOneArg", "p:a 0 p:b") == "_PyObject_Malloc a b");
  // More evaluations than Python told of: what is between them cannot be placed.
  CHECK(merged("x _PyEval_EvalFrameDefault y _PyEval_EvalFrameDefault z _PyEval_EvalFrameDefault "
               "PyEval_EvalCode main",
               "p:a p:b") == "x a b main");
}

TEST_CASE("a library without names is told, the interpreter's own file is not", "[stacks]") {
  const auto innermost = [](const std::string& function) {
    const auto frame =
        std::make_shared<StackFrame>(StackFrame{CodeKind::kNative, function, "file"});
    return functions_of(merge_interpreted({frame}, stack_frames("p:digest 0 p:main")));
  };
  CHECK(innermost("[unknown] libcrypto.so.3") == "[unknown] libcrypto.so.3 digest main");
  CHECK(innermost("[unknown] python3.11") == "digest main");
  CHECK(innermost("[unknown] libpython3.12.so.1.0") == "digest main");
  CHECK(innermost("[unknown]") == "digest main");
}

TEST_CASE("a passage to other than an evaluation stays", "[stacks]") {
  CHECK(merged("memcpy PyObject_Call c_function _PyEval_EvalFrameDefault main", "p:f") ==
        "memcpy PyObject_Call c_function f main");
  CHECK(merged("k:_PyEval_EvalFrameDefault _PyEval_EvalFrameDefault", "p:f") ==
        "_PyEval_EvalFrameDefault f");
}

}  // namespace culprit
