// Two tables: by HTTP status where the server refused, else by what the engine says (`because`:
// the first match wins, so the general words, "certificate" and "header", stand last). The causes
// are those of the field: proxies first, then frameworks.
#include "diagnose/handshake_words.h"

#include <fmt/format.h>

#include "text/escape.h"

namespace wsspec::diagnose {
namespace {

struct StatusRule {
  int from, to;
  const char* words;
};

constexpr StatusRule kStatuses[] = {
    {200, 299, "it served a page: this path is no WebSocket endpoint. Check the URL's path."},
    {300, 399, "it redirects. Use the address it points to (often wss://, or a final slash)."},
    {400, 400,
     "often a proxy that strips Upgrade and Connection (nginx needs proxy_http_version 1.1 and "
     "both "
     "headers set), or a missing subprotocol."},
    {401, 401, "it wants credentials. Give them with -H 'Authorization: ...' or a `token` policy."},
    {403, 403,
     "an Origin check (try --origin), Envoy without upgrade_configs, or an application that closes "
     "before accept() (Starlette, FastAPI: send the token)."},
    {404, 404,
     "no WebSocket endpoint at this path, or an Origin check that hides it (Rails answers so: try "
     "--origin)."},
    {405, 405, "this path takes other methods than GET: no WebSocket endpoint. Check the URL."},
    {407, 407, "a proxy in between wants credentials of its own."},
    {426, 426,
     "it saw a plain GET: a proxy in between dropped the Upgrade header, or the server wants "
     "another Sec-WebSocket-Version or HTTP version."},
    {429, 429, "a rate limit on new connections. Slow down: --connect-rate and a smaller --jobs."},
    {500, 500, "the server failed while it answered: look for the exception in its log."},
    {501, 501, "no WebSocket support on this port, or in a proxy in front of it."},
    {502, 502, "a proxy answers, its upstream does not. Is the WebSocket server running?"},
    {503, 503,
     "overloaded, starting or out of connections. Wait for it (--wait-for) or use fewer at a time "
     "(--jobs)."},
    {504, 504, "a proxy answers, its upstream was too slow. Is the WebSocket server running?"},
    {505, 505,
     "a proxy speaks HTTP/1.0 to the server (nginx does by default): set proxy_http_version 1.1."},
};

struct TextRule {
  const char* has;
  const char* words;  ///< with Situation's placeholders
};

constexpr TextRule kTexts[] = {
    {"looks like TLS", "The port speaks TLS, not plain HTTP: use wss:// instead of ws://."},
    {"first line is not HTTP",
     "{Because} Something other than a WebSocket server listens on this port."},
    {"not a status line",
     "{Because} Something other than a WebSocket server listens on this port."},
    {"does not speak TLS", "{Because} Use ws:// instead of wss://."},
    {"client certificate",
     "{Because} Give the one that it knows with --cert (and --key, if that is a file of its own)."},
    {"is self-signed",
     "{Because} Name that very certificate, or its authority, with --cacert, or use -k."},
    {"from an untrusted CA",
     "{Because} Name the authority with --cacert, or use -k; a server must send every certificate "
     "between its own and the authority's."},
    {"not for '",
     "{Because} Use a host name that it is for, or renew it with this one, or test with -k."},
    {"certificate", "{Because} Renew it, or use -k to test without."},
    {"no TLS with", "{Because} See the server's TLS settings and its log."},
    {"no end of the TLS handshake within",
     "{Because} TCP is open but the server does not go on with TLS: overloaded, or it speaks "
     "another protocol (ws://)."},
    {"the TLS connection was",
     "{Because} TLS is open, but the server fails on the request: see its log."},
    {"the control failed",
     "{Because} So bad text cannot be told from any text: describe what the server understands in "
     "a "
     "target profile (`carrier`, `message`)."},
    {"prologue failed",
     "{Because} The steps that the profile runs before every scenario do not work: check them "
     "against the server."},
    {"refused with HTTP", "{Because}"},
    {"Connection refused",
     "{Because} Nothing listens there: is the server running, and on this port and address? "
     "--wait-for waits until it does."},
    {"Name or service not known", "{Because} The host name is not known here: check the URL."},
    {"No route to host", "{Because} The network does not lead there: check the address."},
    {"Network is unreachable", "{Because} The network does not lead there: check the address."},
    {"Permission denied", "{Because} This user may not open the socket."},
    {"No such file", "{Because} There is no such Unix socket: is the server running?"},
    {"Too many open files",
     "{Because} The limit is this machine's: raise it (ulimit -n) or lower --jobs."},
    {"no connection within",
     "{Because} Usually a firewall that drops packets, a wrong address, or a server whose accept "
     "queue is full."},
    {"no answer to the opening handshake within",
     "{Because} TCP is open but the server is silent: overloaded, blocked in its handler, or "
     "expecting TLS (wss://)."},
    {"before the handshake was answered",
     "{Because} The port may expect TLS (wss://) or another protocol, or the server fails on the "
     "request: see its log."},
    {"Sec-WebSocket-Accept",
     "{Because} The 101 does not prove that the server read the request (RFC 6455 4.2.2): compute "
     "it from the key, and let no cache answer."},
    {"extension",
     "{Because} A server may choose only from what the client offers (RFC 6455 9.1): its extension "
     "negotiation is wrong."},
    {"subprotocol",
     "{Because} A server may choose only from what the client offers (RFC 6455 4.2.2): its "
     "subprotocol negotiation is wrong."},
    {"Upgrade",
     "{Because} The 101 must carry `Upgrade: websocket` and `Connection: Upgrade` (RFC 6455 "
     "4.2.2): "
     "see the server, or a proxy that strips them."},
    {"where a 101 needs HTTP/1.1",
     "{Because} A proxy in between answers in HTTP/1.0 (nginx: proxy_http_version 1.1)."},
    {"the head ", "{Because} The answer is no HTTP response that a client would take."},
    {"header", "{Because} The answer is no HTTP response that a client would take."},
    {"the server is down",
     "Not run: the server went down in an earlier scenario (class died) and did not come back."},
    {"--max-time", "Not finished within --max-time: allow more, or select fewer scenarios."},
    {"nothing to capture",
     "{Because} The scenario reads a value that the server's message does not hold: check the "
     "JSON pointer against what it sends."},
};

}  // namespace

std::string refusal_words(int status) {
  for (const StatusRule& rule : kStatuses) {
    if (rule.from <= status && status <= rule.to) return rule.words;
  }
  return {};
}

std::string why_not_judged(const Situation& situation) {
  const std::string& because = situation.result.because;
  const auto status = situation.result.observed.http_status;
  if (status && *status != 101 && (because.empty() || because.find("HTTP") != std::string::npos)) {
    const std::string words = refusal_words(*status);
    if (!words.empty()) {
      return fmt::format("The opening handshake was refused with HTTP {}. {}", *status,
                         sentence(words));
    }
  }
  for (const TextRule& rule : kTexts) {
    if (because.find(rule.has) != std::string::npos) return situation.fill(rule.words);
  }
  return sentence(text::printable(because, 200));
}

}  // namespace wsspec::diagnose
