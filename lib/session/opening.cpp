#include "session/opening.h"

#include <fmt/format.h>

#include <algorithm>

#include "wire/header_text.h"
#include "wire/opening_request.h"

namespace wsspec::session {
namespace {

/// The client's first choice among what is spoken here; empty = none.
std::string chosen_subprotocol(const SessionSetup& setup, const wire::HttpRequest& request) {
  const std::string offered = wire::joined_header(request.headers, "Sec-WebSocket-Protocol");
  for (std::string_view rest = offered; !rest.empty();) {
    const std::string name(wire::take_item(rest, ','));
    if (std::find(setup.subprotocols.begin(), setup.subprotocols.end(), name) !=
        setup.subprotocols.end())
      return name;
  }
  return {};
}

OpeningAnswer scripted_answer(const SessionSetup& setup, const std::string& accept) {
  OpeningAnswer answer;
  answer.octets = scenario::fill_handshake(*setup.answer, {{"accept", accept}});
  wire::HttpHeadReader reader;
  wire::Octets rest = wire::as_octets(answer.octets);
  reader.feed(rest);
  const auto response = reader.response();
  answer.status = response ? response->status : 0;
  return answer;
}

}  // namespace

std::string opening_request(const SessionSetup& setup, std::string_view key,
                            const scenario::HandshakeShape& shape) {
  const bool queried = setup.path.find('?') != std::string::npos;
  scenario::HandshakeNames names = {{"path", setup.path},
                                    {"query", queried ? "&" : "?"},
                                    {"key", std::string(key)},
                                    {"host", setup.host},
                                    {"scheme", setup.secure ? "https" : "http"}};
  wire::HeaderList extra = setup.headers;
  for (const auto& [name, value] : shape.headers)
    extra.emplace_back(name, scenario::fill_handshake(value, names));
  auto request = wire::client_handshake(setup.host, shape.path ? *shape.path : setup.path, key,
                                        setup.subprotocols, setup.extensions, extra);
  if (shape.raw) {
    names.emplace_back("headers", wire::encode_headers(request.headers));
    const wire::OctetVector raw = shape.raw->head(scenario::HandshakeShape::kMaxRaw);
    return scenario::fill_handshake(wire::as_chars(raw), names);
  }
  if (shape.method) request.method = *shape.method;
  if (shape.version) request.version = *shape.version;
  return wire::encode(request);
}

OpeningAnswer opening_answer(const SessionSetup& setup, const wire::HttpRequest& request) {
  const std::string key(wire::find_header(request.headers, "Sec-WebSocket-Key").value_or(""));
  const std::string accept = wire::accept_for(key);
  if (setup.answer) return scripted_answer(setup, accept);
  OpeningAnswer answer;
  if (const auto fault = wire::check_opening_request(request)) {
    answer.status = fault->status;
    answer.problem = fault->why;
    answer.octets = fmt::format(
        "HTTP/1.1 {} Refused\r\nSec-WebSocket-Version: 13\r\nConnection: close\r\n"
        "Content-Length: 0\r\n\r\n",
        fault->status);
    return answer;
  }
  wire::HeaderList headers = {
      {"Upgrade", "websocket"}, {"Connection", "Upgrade"}, {"Sec-WebSocket-Accept", accept}};
  if (const std::string name = chosen_subprotocol(setup, request); !name.empty())
    headers.emplace_back("Sec-WebSocket-Protocol", name);
  if (!setup.extensions.empty()) {
    const auto deflate = wire::answer_deflate_offer(
        wire::joined_header(request.headers, "Sec-WebSocket-Extensions"));
    if (deflate) {
      answer.deflate = deflate->params;
      headers.emplace_back("Sec-WebSocket-Extensions", deflate->text);
    }
  }
  headers.insert(headers.end(), setup.headers.begin(), setup.headers.end());
  answer.octets =
      fmt::format("HTTP/1.1 101 Switching Protocols\r\n{}\r\n", wire::encode_headers(headers));
  return answer;
}

}  // namespace wsspec::session
