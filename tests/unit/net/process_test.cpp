// A command beside the loop: what it writes, how it ended, that nothing of its group is left.
#include "net/process.h"

#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

using namespace wsspec;
using net::Process;
using std::chrono::milliseconds;

namespace {

struct Running {
  explicit Running(const std::string& command) {
    auto created = net::Loop::create();
    REQUIRE(created);
    loop = std::move(*created);
    auto started = Process::start(*loop, command, [this](auto octets) {
      total += octets.size();
      if (output.size() < 4096) output.append(octets.begin(), octets.end());
    });
    REQUIRE(started);
    process = std::move(*started);
  }
  /// Until it is gone, or so long.
  bool wait(int ms = 10000) {
    const auto until = net::Clock::now() + milliseconds(ms);
    net::Timer look(*loop, [] {});
    while (!process->gone() && net::Clock::now() < until) {
      look.start(milliseconds(5));
      loop->run_once();
    }
    return process->gone();
  }
  std::unique_ptr<net::Loop> loop;
  std::string output;
  std::size_t total = 0;
  std::unique_ptr<Process> process;
};

}  // namespace

TEST_CASE("output of both kinds, in order, and the exit status") {
  Running run("echo one; echo two >&2; cat; echo three; exit 7");
  REQUIRE(run.wait());
  CHECK(run.output == "one\ntwo\nthree\n");  // its input is empty
  REQUIRE(run.process->end());
  CHECK(run.process->end()->status == 7);
  CHECK(run.process->end()->signal == 0);
}

TEST_CASE("a signal") {
  Running run("kill -SEGV $$");
  REQUIRE(run.wait());
  CHECK(run.process->end()->signal == SIGSEGV);
}

TEST_CASE("a command that cannot be found is an exit status of the shell") {
  Running run("no-such-command-of-wsspec");
  REQUIRE(run.wait());
  CHECK(run.process->end()->status == 127);
  CHECK(run.output.find("no-such-command-of-wsspec") != std::string::npos);
}

TEST_CASE("TERM is enough for what obeys it, the rest of the group is killed") {
  Running obeys("sleep 100 & sleep 100");
  obeys.process->terminate(milliseconds(60000));
  CHECK(obeys.wait(5000));

  Running ignores("trap '' TERM; sleep 100 & while :; do sleep 1; done");
  ignores.wait(200);  // the trap is set
  const auto begin = net::Clock::now();
  ignores.process->terminate(milliseconds(300));
  CHECK(ignores.wait(10000));
  CHECK(net::ms_between(begin, net::Clock::now()) >= 300);
}

TEST_CASE("it is gone when the last process of its group is, not when the shell is") {
  Running run("(sleep 0.4; echo late) & echo early");
  run.wait(200);
  CHECK(run.process->end());
  CHECK_FALSE(run.process->gone());
  REQUIRE(run.wait());
  CHECK(run.output == "early\nlate\n");
}

TEST_CASE("much output is read to its end") {
  Running run("head -c 50000000 /dev/zero");
  REQUIRE(run.wait(30000));
  CHECK(run.total == 50000000);
}

TEST_CASE("its end kills the group; so does kill_processes()") {
  const auto alive = [](pid_t pid) { return ::kill(pid, 0) == 0; };
  for (const bool at_once : {false, true}) {
    Running run("echo $$; exec sleep 100");
    run.wait(300);
    const pid_t pid = std::atoi(run.output.c_str());
    REQUIRE(pid > 0);
    REQUIRE(alive(pid));
    if (at_once) {
      net::kill_processes();
      CHECK(run.wait());
      CHECK_FALSE(alive(pid));
    } else {
      run.process.reset();
      ::usleep(200000);
      // A zombie at most.
      ::waitpid(pid, nullptr, WNOHANG);
      CHECK_FALSE(alive(pid));
    }
  }
}
