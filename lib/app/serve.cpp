#include "app/serve.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <new>
#include <nlohmann/json.hpp>
#include <thread>

#include "app/listen_address.h"
#include "net/connection.h"
#include "net/loop.h"
#include "server/server.h"

namespace wsspec {
namespace {

// A signal that comes between a look at the flag and the wait would be slept over: the flag is
// looked at so often anyway.
constexpr auto kHeartbeat = std::chrono::milliseconds(250);

/// A loop with a server that listens; the loop outlives the server.
struct Running {
  std::unique_ptr<net::Loop> loop;
  std::unique_ptr<server::Server> server;
  std::string url;
};

/// Clients of a server, not those of a demonstration: epoll waits for them, where poll() would look
/// at each of them for each message.
constexpr unsigned kClients = 65536;
constexpr unsigned kEmbeddedClients = 1;

tl::expected<Running, std::string> listen(const ServeOptions& options, unsigned clients,
                                          std::function<void(std::size_t)> on_full) {
  const auto address = listen_address(options.listen);
  if (!address) return tl::unexpected(address.error());
  net::global_init(std::max(8192u, clients));
  Running running;
  auto loop = net::Loop::create(clients);
  if (!loop) return tl::unexpected(loop.error());
  running.loop = std::move(*loop);
  auto server =
      server::Server::listen(*running.loop, *address, options.policies, std::move(on_full));
  if (!server) return tl::unexpected(server.error());
  running.server = std::move(*server);
  running.url = fmt::format("ws://{}", with_port(*address, running.server->port()));
  return running;
}

/// Serves until `stop` says so, then closes every connection.
void serve(Running& running, const std::function<bool()>& stop) {
  net::Timer heartbeat(*running.loop, [&] { heartbeat.start(kHeartbeat); });
  heartbeat.start(kHeartbeat);
  while (!stop()) running.loop->run_once();
  running.server->shut_down();
  // Each ends within a second of its peer's last progress; a peer that reads slowly gets no more.
  const auto patience = net::Clock::now() + std::chrono::seconds(2);
  while (running.server->connections() > 0 && net::Clock::now() < patience)
    running.loop->run_once();
}

class ServerThread : public EmbeddedServer {
 public:
  explicit ServerThread(Running running) : running_(std::move(running)) {
    // Signals are the caller's: on this thread they would not end the wait that looks at them.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    thread_ = std::thread([this] {
      try {
        serve(running_, [this] { return stop_.load(); });
      } catch (const std::bad_alloc&) {
        // The caller's own loop meets the same, and ends the run.
      }
    });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  ~ServerThread() override {
    stop_ = true;
    running_.loop->wake();
    thread_.join();
  }
  const std::string& url() const override { return running_.url; }

 private:
  Running running_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

/// A JSON string; "${" would be an expression in a profile.
std::string quoted(std::string text) {
  for (std::size_t at = 0; (at = text.find("${", at)) != std::string::npos; at += 3)
    text.insert(at, 1, '$');
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

tl::expected<void, std::string> run_server(
    const ServeOptions& options, const std::atomic<int>& interrupted,
    const std::function<void(const std::string& url)>& on_listening,
    const std::function<void(const std::string& text)>& on_notice) {
  auto running = listen(options, kClients, [&](std::size_t connections) {
    on_notice(
        fmt::format("{} connections are open, more are answered with HTTP 503: this process may "
                    "open no more files (ulimit -n)",
                    connections));
  });
  if (!running) return tl::unexpected(running.error());
  on_listening(running->url);
  serve(*running, [&] { return interrupted.load() != 0; });
  return {};
}

tl::expected<std::unique_ptr<EmbeddedServer>, std::string> EmbeddedServer::start(
    const ServeOptions& options) {
  auto running = listen(options, kEmbeddedClients, {});
  if (!running) return tl::unexpected(running.error());
  return std::make_unique<ServerThread>(std::move(*running));
}

std::vector<std::string> declared_settings(const server::ServerPolicies& policies) {
  std::vector<std::string> settings;
  const auto add = [&](std::string_view name, const auto& json) {
    settings.push_back(fmt::format("policy.{}={}", name, json));
  };
  if (policies.message_rate > 0) {
    add("message_rate.limit", policies.message_rate);
    add("message_rate.window_ms", policies.window_ms);
  }
  // The default is a guard rather than a promise: breaking it takes 64 MiB.
  if (policies.max_message != server::ServerPolicies{}.max_message)
    add("message_bytes.limit", policies.max_message);
  if (policies.max_fragments > 0) add("fragments.limit", policies.max_fragments);
  if (policies.text_only) add("text_only", "true");
  if (policies.binary_only) add("binary_only", "true");
  if (!policies.forbidden.empty()) {
    // A near miss: the last octet is left out, or the word would still be in it.
    const std::string& word = policies.forbidden.front();
    add("forbidden.messages", fmt::format("[{{\"text\": {}}}]", quoted(word)));
    add("forbidden.near_misses",
        fmt::format("[{{\"text\": {}}}]", quoted(word.substr(0, word.size() - 1))));
  }
  if (!policies.tokens.empty()) {
    add("token.send", R"({"query": "token"})");
    add("token.valid", quoted(policies.tokens.front()));
    add("token.wrong", fmt::format("[{}]", quoted(policies.tokens.front() + "-not")));
    if (policies.token_ttl_ms > 0) add("token.ttl_ms", policies.token_ttl_ms);
    if (policies.refuse) {
      add("token.action", "\"refuse\"");
      add("token.status", 401);
    }
  }
  if (!policies.origins.empty()) {
    add("origin.allowed", fmt::format("[{}]", quoted(policies.origins.front())));
    add("origin.denied", "[\"https://evil.example\"]");
    add("origin.absent", "true");
    add("origin.action", "\"refuse\"");
    add("origin.status", 403);
  }
  if (!policies.hosts.empty()) {
    add("host.allowed", fmt::format("[{}]", quoted(policies.hosts.front())));
    add("host.denied", "[\"evil.example\"]");
    add("host.status", 421);
  }
  if (!policies.subprotocols.empty()) {
    std::string names;
    for (const std::string& name : policies.subprotocols)
      names += (names.empty() ? "" : ", ") + quoted(name);
    add("subprotocol.supported", fmt::format("[{}]", names));
  }
  if (policies.session_ms > 0) add("session_ms.limit", policies.session_ms);
  if (policies.idle_timeout_ms > 0) add("idle_timeout_ms.limit", policies.idle_timeout_ms);
  if (policies.max_connections > 0) {
    add("connections.limit", policies.max_connections);
    add("connections.action", "\"refuse\"");
    add("connections.status", 503);
  }
  return settings;
}

}  // namespace wsspec
