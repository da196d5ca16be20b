// Echo server on Boost.Beast, coroutine for each connection, as in its examples.
#include <unistd.h>

#include <utility>  // Boost 1.74 forgets it

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <cstdio>
#include <cstring>
#include <thread>

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;

static bool deflate = false;

static asio::awaitable<void> session(beast::tcp_stream stream) {
  beast::websocket::stream<beast::tcp_stream> ws(std::move(stream));
  ws.set_option(beast::websocket::stream_base::timeout::suggested(beast::role_type::server));
  ws.read_message_max(64 << 20);
  if (deflate) {
    beast::websocket::permessage_deflate options;
    options.server_enable = true;
    ws.set_option(options);
  }
  try {
    co_await ws.async_accept(asio::use_awaitable);
    while (true) {
      beast::flat_buffer buffer;
      co_await ws.async_read(buffer, asio::use_awaitable);
      ws.text(ws.got_text());
      co_await ws.async_write(buffer.data(), asio::use_awaitable);
    }
  } catch (const std::exception&) {
    // the connection is over: the library has said or got the Close
  }
}

static asio::awaitable<void> listen(tcp::acceptor& acceptor) {
  while (true) {
    tcp::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
    asio::co_spawn(acceptor.get_executor(), session(beast::tcp_stream(std::move(socket))),
                   asio::detached);
  }
}

int main(int argc, char** argv) {
  unsigned short port = 0;
  bool guard = false;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--stdin-guard") == 0) guard = true;
    if (std::strcmp(argv[i], "--deflate") == 0) deflate = true;
    if (std::strcmp(argv[i], "--port") == 0 && i + 1 < argc)
      port = static_cast<unsigned short>(std::atoi(argv[++i]));
  }
  asio::io_context io;
  tcp::acceptor acceptor(io, {asio::ip::make_address("127.0.0.1"), port});
  acceptor.listen(4096);
  asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([](auto, int) { std::_Exit(0); });
  if (guard)
    std::thread([] {
      char buffer[4096];
      while (read(0, buffer, sizeof buffer) > 0) {
      }
      std::_Exit(0);
    }).detach();
  asio::co_spawn(io, listen(acceptor), asio::detached);
  std::printf("listening %d\n", acceptor.local_endpoint().port());
  std::fflush(stdout);
  io.run();
}
