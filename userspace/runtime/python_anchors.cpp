// SPDX-License-Identifier: Apache-2.0
#include "runtime/python_anchors.h"

namespace culprit {
namespace {

// clang-format off
constexpr PythonAnchor kAnchors[] = {
    {"asyncio/events.py", "Handle._run", TaskKind::kCallback, "asyncio"},
    {"threading.py", "Thread.run", TaskKind::kThread, ""},
    {"threading.py", "Thread._bootstrap_inner", TaskKind::kThread, ""},
    {"threading.py", "Timer.run", TaskKind::kThread, ""},
    {"concurrent/futures/thread.py", "_WorkItem.run", TaskKind::kJob, "concurrent.futures"},
    {"concurrent/futures/process.py", "_process_worker", TaskKind::kJob, "concurrent.futures"},
    {"concurrent/futures/process.py", "_process_chunk", TaskKind::kJob, "concurrent.futures"},
    {"multiprocessing/process.py", "BaseProcess.run", TaskKind::kJob, "multiprocessing"},
    {"multiprocessing/pool.py", "worker", TaskKind::kJob, "multiprocessing"},
    {"multiprocessing/pool.py", "mapstar", TaskKind::kJob, "multiprocessing"},
    {"multiprocessing/pool.py", "starmapstar", TaskKind::kJob, "multiprocessing"},
    {"socketserver.py", "BaseRequestHandler.__init__", TaskKind::kJob, "socketserver"},
    {"http/server.py", "BaseHTTPRequestHandler.handle_one_request", TaskKind::kJob, "http.server"},
    {"gunicorn/workers/sync.py", "SyncWorker.handle_request", TaskKind::kJob, "gunicorn"},
    {"gunicorn/workers/gthread.py", "ThreadWorker.handle_request", TaskKind::kJob, "gunicorn"},
    {"django/core/handlers/base.py", "BaseHandler._get_response", TaskKind::kJob, "django"},
    {"django/core/handlers/base.py", "BaseHandler._get_response_async", TaskKind::kJob, "django"},
    {"django/views/generic/base.py", "View.dispatch", TaskKind::kJob, "django"},
    {"rest_framework/views.py", "APIView.dispatch", TaskKind::kJob, "django"},
    {"flask/app.py", "Flask.dispatch_request", TaskKind::kJob, "flask"},
    {"fastapi/routing.py", "run_endpoint_function", TaskKind::kJob, "fastapi"},
    {"starlette/routing.py", "request_response.<locals>.app", TaskKind::kJob, "starlette"},
    {"starlette/routing.py", "request_response.<locals>.app.<locals>.app", TaskKind::kJob,
     "starlette"},
    {"anyio/_backends/_asyncio.py", "WorkerThread.run", TaskKind::kJob, "anyio"},
    {"aiohttp/web_app.py", "Application._handle", TaskKind::kJob, "aiohttp"},
    {"tornado/web.py", "RequestHandler._execute", TaskKind::kJob, "tornado"},
    {"celery/app/trace.py", "build_tracer.<locals>.trace_task", TaskKind::kJob, "celery"},
    {"celery/app/trace.py", "_install_stack_protection.<locals>.__protected_call__",
     TaskKind::kJob, "celery"},
    {"rq/worker.py", "Worker.perform_job", TaskKind::kJob, "rq"},
    {"rq/job.py", "Job.perform", TaskKind::kJob, "rq"},
    {"rq/job.py", "Job._execute", TaskKind::kJob, "rq"},
    {"apscheduler/executors/base.py", "run_job", TaskKind::kJob, "apscheduler"},
    {"apscheduler/executors/base.py", "run_coroutine_job", TaskKind::kJob, "apscheduler"},
    {"apscheduler/executors/base_py3.py", "run_coroutine_job", TaskKind::kJob, "apscheduler"},
    {"dramatiq/actor.py", "Actor.__call__", TaskKind::kJob, "dramatiq"},
    {"arq/worker.py", "Worker.run_job", TaskKind::kJob, "arq"},
    {"schedule/__init__.py", "Job.run", TaskKind::kJob, "schedule"},
};
// clang-format on

/// `file` ends in `end`, with whole parts of the path.
bool ends_in(std::string_view file, std::string_view end) {
  if (file.size() < end.size() || file.substr(file.size() - end.size()) != end) return false;
  return file.size() == end.size() || file[file.size() - end.size() - 1] == '/';
}

std::string_view last_part(std::string_view function) {
  return function.substr(function.rfind('.') + 1);
}

}  // namespace

const PythonAnchor* find_anchor(std::string_view file, std::string_view function, bool qualified) {
  for (const PythonAnchor& anchor : kAnchors) {
    const std::string_view name = qualified ? anchor.function : last_part(anchor.function);
    if (function == name && ends_in(file, anchor.file)) return &anchor;
  }
  return nullptr;
}

}  // namespace culprit
