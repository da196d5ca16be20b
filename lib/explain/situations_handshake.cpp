// Why an opening handshake fails.
#include "explain/message_texts.h"

namespace wsspec::explain {

const std::vector<SituationText>& handshake_situations() {
  using enum Situation;
  static const std::vector<SituationText> texts = {
      {.id = no_connection,
       .name = "no-connection",
       .found_in = "before the opening handshake",
       .meaning = "There is no connection: DNS, TCP or TLS failed, or the handshake was refused "
                  "and the library hides how.",
       .causes = {"a wrong host or port; the server does not run, or listens on another address",
                  "a firewall, VPN or proxy between",
                  "wss:// with a certificate that is expired, self-signed or for another name",
                  "in a browser also an HTTP status instead of 101: it is hidden"},
       .first = {"see that the server listens where the client looks: ss -ltn",
                 "openssl s_client -connect HOST:443 -servername HOST shows the certificate chain"},
       .second =
           {"wsspec run URL handshake and curl -v show the step that fails and the HTTP status",
            "outside a browser read the cause that the library attaches to the error"},
       .code = 1006,
       .selectors = "handshake"},
      {.id = no_response,
       .name = "no-response",
       .found_in = "in place of the answer to the opening handshake",
       .meaning = "The TCP connection ended before a complete HTTP response came.",
       .causes = {"a server that crashes or drops in its upgrade handler",
                  "a proxy that does not know the upgrade, or whose upstream is down",
                  "ws:// to a port that speaks TLS, or wss:// to one that does not",
                  "an HTTP server without an upgrade handler at this path"},
       .first = {"look for an exception in the log at that second",
                 "answer every refused upgrade with an HTTP status"},
       .second = {"try the other scheme (ws, wss) and the server without the proxy"},
       .code = 1006,
       .selectors = "handshake"},
      {.id = not_http,
       .name = "not-http",
       .found_in = "in the answer to the opening handshake",
       .meaning = "What came back is no HTTP response.",
       .causes = {"ws:// to a port that speaks TLS or another protocol",
                  "a server that sends frames or a log line before its 101",
                  "a broken status line or header of a handwritten server"},
       .first = {"begin the answer with HTTP/1.1 101, lines with CR LF, one empty line at the end"},
       .second = {"curl -v shows the first octets of the answer"},
       .code = 1006,
       .selectors = "handshake"},
      {.id = handshake_timeout,
       .name = "handshake-timeout",
       .found_in = "in the time of the opening handshake",
       .meaning = "The server took the connection, and its 101 did not come in time.",
       .causes = {"slow work before the 101: a login elsewhere, a cold start",
                  "a blocked event loop, or a full accept queue",
                  "a proxy that waits for a response body because it does not know the upgrade",
                  "a firewall that drops packets"},
       .first = {"answer the 101 first, do slow work after it",
                 "enable WebSocket for this route in the proxy"},
       .second = {"raise the handshake timeout; retry with jitter"},
       .code = 504,
       .selectors = "handshake"},
      {.id = refused_with_status,
       .name = "refused-with-status",
       .found_in = "in the answer to the opening handshake",
       .meaning =
           "The answer to the upgrade is an HTTP status other than 101. The status tells the "
           "cause; the body often names it.",
       .causes = {"401, 403: credentials or Origin; in Starlette and FastAPI close() before "
                  "accept()",
                  "404: wrong path or missing prefix; Rails for a refused Origin",
                  "400, 426: a proxy removed Upgrade and Connection",
                  "301, 302: a redirection to https or to a login page",
                  "502, 503, 504: the proxy does not reach the server"},
       .first = {"log the refused path, Origin and headers",
                 "nginx: proxy_http_version 1.1 and the Upgrade and Connection headers"},
       .second = {"look at the status and the body: wsspec run URL handshake, or curl -v",
                  "compare path, token and Origin with a client that gets in"},
       .code = 0,
       .selectors = "handshake handshake-headers"},
      {.id = not_an_upgrade,
       .name = "not-an-upgrade",
       .found_in = "in the request of a client",
       .meaning =
           "The request is no opening handshake: Upgrade, Connection, the key or the version "
           "is missing or wrong (RFC 6455 4.2.1).",
       .causes = {"a proxy that does not pass Upgrade and Connection: they are hop-by-hop, each "
                  "proxy must set them anew",
                  "a health check, a crawler, or the address typed into a browser",
                  "fetch() or curl without the headers", "HTTP/2 between proxy and server"},
       .first = {"nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; "
                 "proxy_set_header Connection upgrade",
                 "give health checks a path of their own"},
       .second = {"use a WebSocket library and a ws:// or wss:// URL"},
       .code = 426,
       .selectors = "handshake handshake-headers"},
      {.id = no_websocket_library,
       .name = "no-websocket-library",
       .found_in = "in the request of a client",
       .meaning = "The request is a valid upgrade, but the server has no WebSocket support "
                  "installed or enabled; the client gets 404 or 400.",
       .causes = {"uvicorn installed without websockets or wsproto",
                  "the server run with --ws none"},
       .first = {"pip install 'uvicorn[standard]'"},
       .second = {"nothing to fix"},
       .code = 404,
       .selectors = "handshake"},
      {.id = origin_refused,
       .name = "origin-refused",
       .found_in = "in the Origin of a client's request",
       .meaning = "The Origin header is not on the server's list; the upgrade is refused, mostly "
                  "with 403.",
       .causes =
           {"the page is served from another host or port than the WebSocket: development "
            "servers, several domains",
            "a proxy that changes Host, so that same-origin checks fail",
            "an attack by another site (cross-site WebSocket hijacking): then the check works"},
       .first = {"add the page's scheme, host and port to the list (gorilla CheckOrigin, coder "
                 "OriginPatterns, Tornado check_origin, Spring setAllowedOrigins); not '*'",
                 "let the proxy pass Host unchanged"},
       .second = {"open the page from the allowed address; outside a browser set Origin "
                  "(wsspec: --origin)"},
       .code = 403,
       .selectors = "policy handshake-headers"},
      {.id = bad_response_headers,
       .name = "bad-response-headers",
       .found_in = "in the 101 that it received",
       .meaning =
           "The status is 101, but Upgrade or Connection is missing or wrong (RFC 6455 4.1).",
       .causes = {"a proxy that drops hop-by-hop headers of the response",
                  "a handwritten server; header names or values misspelt"},
       .first = {"send Upgrade: websocket and Connection: Upgrade in the 101, once each"},
       .second = {"connect without the proxy and compare the headers"},
       .code = 1006,
       .selectors = "handshake"},
      {.id = bad_accept,
       .name = "bad-accept",
       .found_in = "in the 101 that it received",
       .meaning =
           "Sec-WebSocket-Accept is not the hash of this request's key (RFC 6455 4.2.2): the "
           "answer belongs to another request, or the server computes it wrongly.",
       .causes =
           {"a handwritten server: base64 of the hexadecimal text instead of the 20 octets of "
            "SHA-1, or a wrong GUID",
            "a cache or a proxy that replays an older 101",
            "a proxy that replaces the client's key"},
       .first = {"base64(SHA1(key + 258EAFA5-E914-47DA-95CA-C5AB0DC85B11)); the RFC's sample key "
                 "dGhlIHNhbXBsZSBub25jZQ== gives s3pPLMBiTxaQ9kYGzzhZRbK+xOo="},
       .second = {"connect without the proxy"},
       .code = 1006,
       .selectors = "handshake/sample-key handshake"},
      {.id = subprotocol_mismatch,
       .name = "subprotocol-mismatch",
       .found_in = "in the 101 that it received",
       .meaning = "Sec-WebSocket-Protocol of the answer does not fit the offer: none was chosen "
                  "although the client needs one, or one that was not offered.",
       .causes =
           {"the server does not know the subprotocol and leaves the header out: Chromium, npm "
            "ws and undici then fail the connection, others go on",
            "a token carried as a subprotocol that the server does not send back",
            "a proxy that removes the header"},
       .first = {"choose one of the offered names and send exactly it, or refuse with 400"},
       .second = {"offer the names that the service documents, or none"},
       .code = 1006,
       .selectors = "handshake-headers"},
      {.id = extension_mismatch,
       .name = "extension-mismatch",
       .found_in = "in Sec-WebSocket-Extensions",
       .meaning = "The extensions of the offer and of the answer do not fit: an extension that was "
                  "not offered, or parameters that this side cannot do (RFC 7692 7.1).",
       .causes =
           {"a proxy that answers with its own extensions, or removes them from one direction",
            "server_max_window_bits or client_max_window_bits below what zlib can do (8)",
            "a server that agrees to permessage-deflate without an offer"},
       .first = {"answer only what was offered; decline permessage-deflate when in doubt"},
       .second = {"connect with permessage-deflate off; compare the header on both sides of the "
                  "proxy"},
       .code = 1010,
       .selectors = "deflate-negotiation"},
      {.id = mixed_content,
       .name = "mixed-content",
       .found_in = "in the URL, before anything was sent",
       .meaning = "A page loaded over https may not open ws://; the browser refuses without a "
                  "request.",
       .causes = {"a ws:// URL written into the program",
                  "TLS ends at a proxy and the server tells "
                  "the page its own scheme"},
       .first = {"offer wss:// at the same host; let the proxy end TLS for it too"},
       .second = {"build the URL from location.protocol: https gives wss"},
       .code = 1006,
       .selectors = "handshake"},
  };
  return texts;
}

}  // namespace wsspec::explain
