// Two tables: by HTTP status where the server refused the handshake, else by cause. The words are
// those of the field: proxies first, then frameworks.
#include "diagnose/refusals.h"

#include "diagnose/clause.h"

namespace wsspec::diagnose {
namespace {

using result::Cause;

struct StatusRule {
  int from, to;
  const char* words;
};

constexpr StatusRule kStatuses[] = {
    {200, 299,
     "it served a page: this path is no WebSocket endpoint, or a proxy did not pass Upgrade on. "
     "Check "
     "the URL's path, then the proxy."},
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
     "overloaded, starting, or out of connections: a server that never gives back the slots of "
     "connections that ended says so too. Wait for it (--wait-for) or use fewer at a time "
     "(--jobs)."},
    {504, 504, "a proxy answers, its upstream was too slow. Is the WebSocket server running?"},
    {505, 505,
     "a proxy speaks HTTP/1.0 to the server (nginx does by default): set proxy_http_version 1.1."},
};

struct CauseRule {
  Cause cause;
  const char* words;  ///< with Situation's placeholders
};

constexpr CauseRule kCauseRules[] = {
    {Cause::tls_port, "The port speaks TLS, not plain HTTP: use wss:// instead of ws://."},
    {Cause::not_http, "{Detail} Something other than a WebSocket server listens on this port."},
    {Cause::malformed_head, "{Detail} The answer is no HTTP response that a client would take."},
    {Cause::too_many_interim_answers,
     "{Detail} The answer is no HTTP response that a client would take."},
    {Cause::not_tls, "{Detail} Use ws:// instead of wss://."},
    {Cause::client_certificate_wanted,
     "{Detail} Give the one that it knows with --cert (and --key, if that is a file of its own)."},
    {Cause::certificate_self_signed,
     "{Detail} Name that very certificate, or its authority, with --cacert, or use -k."},
    {Cause::certificate_untrusted,
     "{Detail} Name the authority with --cacert, or use -k; a server must send every certificate "
     "between its own and the authority's."},
    {Cause::certificate_wrong_name,
     "{Detail} Use a host name that it is for, or renew it with this one, or test with -k."},
    {Cause::certificate_expired, "{Detail} Renew it, or use -k to test without."},
    {Cause::certificate_not_accepted, "{Detail} Renew it, or use -k to test without."},
    {Cause::tls_alert, "{Detail} See the server's TLS settings and its log."},
    {Cause::tls_protocol, "{Detail} See the server's TLS settings and its log."},
    {Cause::tls_cut, "{Detail} See the server's TLS settings and its log."},
    {Cause::tls_failed_later,
     "{Detail} The TLS handshake was good: see the server's log for what it did with the request."},
    {Cause::alpn_other_protocol, "{Detail} See the server's TLS settings (ALPN)."},
    {Cause::tls_timeout,
     "{Detail} TCP is open but the server does not go on with TLS: overloaded, or it speaks "
     "another protocol (ws://)."},
    {Cause::tls_ended_before_answer,
     "{Detail} TLS is open, but the server fails on the request: see its log."},
    {Cause::control_failed,
     "{Detail} So bad data cannot be told from any data: describe what the server understands in a "
     "target profile (`carrier`, `message`)."},
    {Cause::prologue_failed,
     "{Detail} The steps that the profile runs before every scenario do not work: check them "
     "against the server."},
    {Cause::trigger_failed, "{Detail} Check the profile's trigger against the server."},
    {Cause::connect_refused,
     "{Detail} Nothing listens there: is the server running, and on this port and address? "
     "--wait-for waits until it does."},
    {Cause::start_timeout,
     "{Detail} Does it listen there? --wait-for gives it more time than 10 s."},
    {Cause::start_port_taken,
     "{Detail} That server would be tested in place of the command's: end it, or use another "
     "port."},
    {Cause::connect_unreachable, "{Detail} The network does not lead there: check the address."},
    {Cause::connect_denied, "{Detail} This user may not open the socket."},
    {Cause::no_such_socket, "{Detail} There is no such Unix socket: is the server running?"},
    {Cause::out_of_descriptors,
     "{Detail} The limit is this machine's: raise it (ulimit -n) or lower --jobs."},
    {Cause::out_of_memory, "{Detail} The memory is this machine's: give it more, or lower --jobs."},
    {Cause::own_lag,
     "{Detail} This machine is too busy to judge that: lower --jobs, or run it elsewhere."},
    {Cause::not_set_up,
     "{Detail}. That is this machine's: memory, open files (ulimit) or the disk."},
    {Cause::no_source_address, "{Detail} This machine has no such address, or no free port on it."},
    {Cause::connect_timeout,
     "{Detail} Usually a firewall that drops packets, a wrong address, or a server whose accept "
     "queue is full."},
    {Cause::handshake_timeout,
     "{Detail} TCP is open but the server is silent: overloaded, blocked in its handler, or "
     "expecting TLS (wss://)."},
    {Cause::head_unfinished,
     "{Detail} The server or a proxy stalls while it writes its answer: see whether the head ends "
     "with an empty line (RFC 9112 2.1), and is flushed."},
    {Cause::interim_answers_alone,
     "{Detail} A final answer must follow (RFC 9110 15.2): the server or a proxy waits for "
     "something behind it."},
    {Cause::ended_before_answer,
     "{Detail} The port may expect TLS (wss://) or another protocol, or the server fails on the "
     "request: see its log."},
    {Cause::accept_header,
     "{Detail} The 101 does not prove that the server read the request (RFC 6455 4.2.2): compute "
     "it from the key, and let no cache answer."},
    {Cause::extension_not_offered,
     "{Detail} A server may choose only from what the client offers (RFC 6455 9.1): its extension "
     "negotiation is wrong."},
    {Cause::extension_malformed, "{Detail} Its extension negotiation is wrong."},
    {Cause::deflate_answer, "{Detail} Its extension negotiation is wrong."},
    {Cause::deflate_parameter_left_out, "{Detail} Its extension negotiation is wrong."},
    {Cause::subprotocol_not_offered,
     "{Detail} A server may choose only from what the client offers (RFC 6455 4.2.2): its "
     "subprotocol negotiation is wrong."},
    {Cause::upgrade_header,
     "{Detail} The 101 must carry `Upgrade: websocket` (RFC 6455 4.2.2): see the server, or a "
     "proxy "
     "that strips it."},
    {Cause::connection_header,
     "{Detail} The 101 must carry `Connection: Upgrade` (RFC 6455 4.2.2): see the server, or a "
     "proxy "
     "that strips it."},
    {Cause::upgrade_version,
     "{Detail} A proxy in between answers in HTTP/1.0 (nginx: proxy_http_version 1.1)."},
    {Cause::proxy_failed,
     "{Detail} That is the proxy's answer, not the server's: see its rules and its log, and the "
     "login in --proxy."},
    {Cause::proxy_silent, "{Detail} The proxy does not reach the server, or is overloaded."},
    {Cause::redirected, "{Detail} Clients do not follow it: use that address; --location follows."},
    {Cause::address_dead,
     "{Detail} Take it out of DNS, or let the server listen there too (IPv6 as a rule)."},
    {Cause::certificate_expires_soon, "{Detail} Renew it."},
    {Cause::answered_in_http10,
     "{Detail} A proxy speaks HTTP/1.0 to the server (nginx does by default): set "
     "proxy_http_version 1.1."},
    {Cause::close_not_answered,
     "{Detail} RFC 6455 5.5.1 asks for a Close in answer: the application is blocked, or a proxy "
     "does not pass it on."},
    {Cause::tcp_left_open,
     "{Detail} The server is the side that ends TCP: its closing handshake, or a proxy, is slow."},
    {Cause::extensions_declined,
     "{Detail} The server has none or has it off, or a proxy strips Sec-WebSocket-Extensions."},
    {Cause::no_pong,
     "{Detail} RFC 6455 5.5.3 asks for a pong: keep-alive by ping does not work here."},
    {Cause::died_among_others,
     "{Detail} One of them did it. --start CMD brings the server back each time and finds out "
     "which "
     "one; so does a run with -j 1."},
    {Cause::stuck_among_others,
     "{Detail} One of them did it. --start CMD brings the server back each time and finds out "
     "which "
     "one; so does a run with -j 1."},
    {Cause::died_not_repeated,
     "{Detail} Its end may have come from outside, or from a state that many scenarios led to: see "
     "the server's log."},
    {Cause::no_new_connections,
     "{Detail} It is stuck, or it never frees the slots of such connections: none of ours was open "
     "that it could have gone on serving, so that this cannot be told without a restart. "
     "`limits/slots-are-free-*` on a fresh server, or a run with --start, tells it."},
    {Cause::out_of_time, "Not finished within --max-time: allow more, or select fewer scenarios."},
    {Cause::nothing_to_capture,
     "{Detail} The scenario reads a value that the server's message does not hold: check the "
     "JSON pointer against what it sends."},
};

}  // namespace

std::string usual_causes(int status) {
  for (const StatusRule& rule : kStatuses) {
    if (rule.from <= status && status <= rule.to) return rule.words;
  }
  return {};
}

std::string why_not_judged(const Situation& situation) {
  const result::Fact& fact = situation.result.fact;
  if (fact.cause == Cause::handshake_refused) {
    const std::string words = usual_causes(fact.status);
    return situation.fill("{Detail}") + (words.empty() ? "" : " " + sentence(words));
  }
  for (const CauseRule& rule : kCauseRules)
    if (rule.cause == fact.cause) return situation.fill(rule.words);
  return situation.fill("{Detail}");
}

}  // namespace wsspec::diagnose
