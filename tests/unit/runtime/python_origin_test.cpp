// SPDX-License-Identifier: Apache-2.0
#include "runtime/python_origin.h"

#include "catch.h"

namespace culprit {
namespace {

using Packages = std::set<std::string, std::less<>>;

constexpr std::string_view kWrapper =
    "#!/venv/bin/python\n# -*- coding: utf-8 -*-\nimport re\nimport sys\n"
    "from shop.cli import main\nif __name__ == '__main__':\n    sys.exit(main())\n";

Packages packages(const std::vector<std::string>& arguments, std::string_view script = "") {
  return PythonOrigin::of(arguments, script).packages();
}

bool is_application(std::string_view file, std::string_view function = "f") {
  return PythonOrigin().is_application(file, function);
}

}  // namespace

TEST_CASE("application code is what nobody installed", "[runtime]") {
  CHECK(is_application("/srv/app/jobs.py"));
  CHECK(is_application("/home/a/app/bin/worker.py", "<module>"));
  CHECK(is_application("jobs.py"));
  CHECK(is_application("<stdin>"));
  CHECK(is_application("/opt/python3/app.py"));
  CHECK(is_application("/usr/local/bin/myjob", "poll"));  // all of it is in the script
}

TEST_CASE("libraries wherever they are installed", "[runtime]") {
  for (const char* file :
       {"/usr/lib/python3.11/asyncio/events.py", "/usr/lib/python3/dist-packages/six.py",
        "/usr/local/lib/python3.11/dist-packages/x/y.py",
        "/app/.venv/lib/python3.12/site-packages/celery/app/trace.py",
        "/opt/conda/lib/python3.10/threading.py", "/usr/lib64/python3.9/socket.py",
        "/root/.pyenv/versions/3.8.18/lib/python3.8/queue.py",
        "/home/a/.local/lib/python3.11/site-packages/x.py", "/usr/lib/python311.zip/os.py",
        "/srv/eggs/x-1.0-py3.8.egg/x/y.py", "/tmp/.pex/x-1.0-py3-none-any.whl/x.py",
        "/app/__pypackages__/3.11/lib/x.py", "<frozen importlib._bootstrap>", "<string>",
        "<template>", "asyncio/events.py", "threading.py", ""})
    CHECK_FALSE(is_application(file));
  CHECK_FALSE(is_application("/venv/bin/uvicorn", "<module>"));
}

TEST_CASE("code given on the command line is the application", "[runtime]") {
  CHECK(PythonOrigin::of({"python3", "-c", "import x; x.f()"}, "").is_application("<string>", "f"));
  CHECK(PythonOrigin::of({"python3", "-Ic", "pass"}, "").is_application("<string>", "f"));
  CHECK_FALSE(PythonOrigin::of({"python3", "a.py", "-c"}, "").is_application("<string>", "f"));
}

TEST_CASE("the package that a process was started for is the application", "[runtime]") {
  const auto origin = PythonOrigin::of({"/usr/bin/python3", "-m", "shop.worker"}, "");
  CHECK(origin.is_application("/v/lib/python3.11/site-packages/shop/worker.py", "f"));
  CHECK_FALSE(origin.is_application("/v/lib/python3.11/site-packages/shopify/x.py", "f"));
  CHECK(PythonOrigin::of({"python3", "-m", "shop"}, "")
            .is_application("/v/lib/python3.11/site-packages/shop.py", "f"));
}

TEST_CASE("packages named by command lines", "[runtime]") {
  CHECK(packages({"python", "-X", "dev", "-u", "-m", "shop.main"}) == Packages{"shop"});
  CHECK(packages({"python", "-Xpycache_prefix=abc", "-m", "shop"}) == Packages{"shop"});
  CHECK(packages({"python", "/venv/bin/shopd", "run"}, kWrapper) == Packages{"shop"});
  CHECK(packages({"/venv/bin/shopd"}, kWrapper) == Packages{"shop"});
  CHECK(packages({"python", "/venv/bin/uvicorn", "shop.main:app", "--port", "80"}) ==
        Packages{"shop"});
  CHECK(packages({"python", "-m", "gunicorn", "shop.wsgi:make_app()", "-b", "0.0.0.0:80"}) ==
        Packages{"shop"});
  CHECK(packages({"python", "/v/bin/celery", "-A", "shop.tasks", "worker"}) == Packages{"shop"});
  CHECK(packages({"python", "/v/bin/flask", "--app=shop", "run"}) == Packages{"shop"});
}

TEST_CASE("command lines that name no package", "[runtime]") {
  CHECK(packages({}).empty());
  CHECK(packages({"python"}).empty());
  CHECK(packages({"python", "-m"}).empty());
  CHECK(packages({"python", ""}).empty());
  CHECK(packages({"python", "-m", "celery", "worker", "-A"}).empty());
  CHECK(packages({"python", "app.py", "http://x/y", "12:30", "a:b:c"}).empty());
  CHECK(packages({"python", "-c", "x", "shop:app"}).empty());
  CHECK(packages({"gunicorn: worker [shop]"}).empty());
  // Not a wrapper: a program that happens to lie in bin.
  CHECK(packages({"python", "/usr/bin/tool"}, "from apt import cache\n").empty());
}

TEST_CASE("the script of a command line", "[runtime]") {
  CHECK(PythonOrigin::script_path({"python3", "-u", "/srv/a.py", "x"}) == "/srv/a.py");
  CHECK(PythonOrigin::script_path({"python3", "-m", "x"}).empty());
  CHECK(PythonOrigin::script_path({"python3", "-c", "x"}).empty());
  CHECK(PythonOrigin::script_path({"python3"}).empty());
  CHECK(PythonOrigin::script_path({}).empty());
}

}  // namespace culprit
