// Pairs of codes that people confuse, side by side. `first` is the smaller number.
#include "explain/code_texts.h"

namespace wsspec::explain {

const std::vector<PairText>& pair_texts() {
  static const std::vector<PairText> texts = {
      {.first = 1000,
       .second = 1001,
       .rows = {{"why it ended", "the purpose was fulfilled", "one side has to go"},
                {"who", "either side", "a server that stops, a browser that leaves the page"},
                {"unfinished work", "none, both agree", "possible: messages may be lost"},
                {"reconnect", "only if there is new work", "yes, with jitter"},
                {"alarm", "never", "only if it was no deployment"}},
       .choose =
           "1000 when the session is complete, 1001 when it is cut short by your own leaving. A "
           "server that shuts down with 1000 tells its clients not to come back."},
      {.first = 1001,
       .second = 1012,
       .rows = {{"says", "I am leaving", "I am leaving and come back"},
                {"who", "server or client", "server only"},
                {"defined in", "RFC 6455", "IANA registry, later: old clients may not know it"},
                {"reconnect", "yes, perhaps elsewhere", "yes, here, after 5 to 30 s at random"}},
       .choose = "1012 for a restart with clients that know it; 1001 is understood by all."},
      {.first = 1002,
       .second = 1007,
       .rows = {{"what is broken", "the frame: header, order, masking, length",
                 "the content: octets that do not fit the type"},
                {"example", "RSV1 without an extension; a fragmented ping",
                 "a text message with c0 af in it"},
                {"found by", "the frame parser", "the UTF-8 check (or the inflater)"},
                {"whose bug", "library, proxy, or threads that mix writes",
                 "application code that encodes or labels data"},
                {"look at", "the first two octets of the frame", "the octets at the named offset"},
                {"grey zone", "gorilla: a Close reason that is not UTF-8",
                 "corrupt compressed data: 1007 or 1002, both are used"}},
       .choose =
           "1002 if the message could not even be assembled, 1007 if it was, and its text is not "
           "UTF-8. 1002 for bad text sends the reader to the wrong layer."},
      {.first = 1003,
       .second = 1007,
       .rows = {{"objects to", "the type: binary at all, or text at all",
                 "the content: it is not what its type says"},
                {"typical case", "a binary message to a JSON endpoint",
                 "binary data in a text message to any endpoint"},
                {"would the other type help", "yes",
                 "yes, if the data is binary; else fix the text"},
                {"decided", "at the frame's header (opcode)", "at the first octet that cannot be"},
                {"demanded", "no: a service chooses its types",
                 "yes: text must be UTF-8 (RFC 6455 8.1)"}},
       .choose = "1003 for 'I do not take this type', 1007 for 'this is not what it claims to be'. "
                 "Broken UTF-8 is 1007 also at endpoints that want no text."},
      {.first = 1005,
       .second = 1006,
       .rows = {{"what came", "a Close frame with an empty body", "no Close frame at all"},
                {"octets", "88 00", "FIN, RST, or nothing until a timeout"},
                {"clean", "yes (wasClean true)", "no (wasClean false)"},
                {"likely cause", "close() called without a code",
                 "a proxy timeout, a crash, a refused handshake"},
                {"reconnect", "as after 1000", "yes, with jitter"},
                {"travels", "never", "never"}},
       .choose =
           "Neither: a library reports them, nobody sends them. 1005 is a polite end without a "
           "word; 1006 is a lost line. If you can pass a code to close(), both go away."},
      {.first = 1006,
       .second = 1015,
       .rows = {{"when", "at any time", "before the first octet of HTTP"},
                {"what happened", "TCP ended without a Close", "the TLS handshake failed"},
                {"look at", "lifetime, proxy, server log", "certificate, host name, TLS versions"},
                {"in browsers", "reported", "usually reported as 1006, too"},
                {"travels", "never", "never"}},
       .choose = "Neither can be sent. If a 1006 comes within milliseconds on wss://, rule out TLS "
                 "first: openssl s_client -connect HOST:443 -servername HOST."},
      {.first = 1006,
       .second = 1008,
       .rows = {{"says", "nothing: the line was lost", "a rule of the service was broken"},
                {"Close frame", "none arrived", "arrived, often with a reason"},
                {"reported by", "the library on this side", "the peer, nearly always the server"},
                {"look at", "lifetime, proxies, FIN or RST (wsspec explain 1006)",
                 "the reason, then token, plan, Origin and rate"},
                {"reconnect", "yes, with jitter", "only after a change"},
                {"the same event", "what a client sees when the Close was lost",
                 "what the server's log shows"}},
       .choose =
           "A 1008 often arrives as 1006, most of all in a burst. (1) The server closes the socket "
           "while messages of the client are unread: the kernel sends a reset, and the client's "
           "kernel throws away the Close that came before it. (2) The client is still writing, "
           "gets "
           "'connection reset' or 'broken pipe' and stops without reading what came. (3) "
           "close(1008) "
           "before accept() is HTTP 403 (Starlette, FastAPI), and a browser reports 1006. (4) The "
           "server calls terminate() or destroy() right after close(). (5) A proxy ends both sides "
           "when one ends. Cure for the server: after its Close read and discard until the "
           "client's "
           "Close or the end of the stream, for a second or two; for the client: after a write "
           "error "
           "read to the end. `wsspec run URL policy` tells a Close that was lost from one that was "
           "never sent."},
      {.first = 1006,
       .second = 1011,
       .rows = {{"says", "nothing: the line was lost", "the sender failed and says so"},
                {"Close frame", "none", "came, often with a reason"},
                {"keepalive", "the side that lost the line",
                 "'keepalive ping timeout': the side that pinged in vain"},
                {"look at", "lifetime and proxies", "the server's log at that second"}},
       .choose =
           "One event can be both: the server gives up with 1011 on a dead line and the client, "
           "which never gets that Close, reports 1006."},
      {.first = 1007,
       .second = 1008,
       .rows = {{"says", "this data is malformed", "this is well formed, but not allowed here"},
                {"decided by", "the protocol: text must be UTF-8 (RFC 6455 8.1)",
                 "the service: its own rules"},
                {"same message elsewhere", "refused by every strict endpoint",
                 "may be welcome at another endpoint, or a minute later"},
                {"decided where", "in the library, before the application sees it",
                 "in the application or a gateway"},
                {"typical causes", "binary sent as text, Latin-1, a character cut in two",
                 "token, plan, Origin, rate limit, forbidden content"},
                {"depends on time", "no: the same octets always fail",
                 "often: rates, expiry, bans"},
                {"reconnect", "yes, at once, without that message",
                 "only after a change: token, pace, content"},
                {"fix", "the encoder of the side that sent", "the sender's behaviour, or the rule"},
                {"look at", "the octets at the offset", "the reason text, then token and rate"},
                {"misused as", "'bad request' (Gemini Live): valid UTF-8, wrong arguments",
                 "a catch-all where 1003, 1009 or 1013 would tell more"}},
       .choose =
           "Ask whether any server in the world could take the octets as text. If not: 1007. If "
           "another could, and only your rules say no: 1008. A JSON text that does not parse is "
           "valid UTF-8, so it is 1008 (or a 4xxx of your own), not 1007."},
      {.first = 1008,
       .second = 1009,
       .rows = {{"rule", "any", "one: the size of a message"},
                {"client can fix it by", "reading the reason", "sending smaller messages"},
                {"many fragments", "1008 (npm ws above 16384)", "only if the sum is too large"},
                {"decided", "when the rule is broken",
                 "already at the header that declares the length"},
                {"reconnect", "after a change", "yes, at once"}},
       .choose =
           "1009 whenever size is the reason: the client then knows without a reason text. 1008 "
           "for rates and totals (too many octets a minute is a rate, not a size)."},
      {.first = 1008,
       .second = 1011,
       .rows = {{"whose fault", "the receiver's of this Close", "the sender's own"},
                {"log level at the server", "information", "error, with a stack trace"},
                {"reconnect", "after a change", "yes, with a growing delay"},
                {"common mistake", "hiding a crash behind a policy",
                 "letting bad input throw, so that a client's fault looks like a crash"}},
       .choose = "If the operator has to act: 1011. If the client has to act: 1008 (or 1007, 1003, "
                 "1009 where these fit)."},
      {.first = 1008,
       .second = 1013,
       .rows = {{"whose fault", "this client broke a rule", "nobody's: the server is overloaded"},
                {"others at this moment", "are served", "are refused as well"},
                {"HTTP counterpart", "403 or 429", "503"},
                {"reconnect", "not before something changed", "yes, later and slower"},
                {"rate limit", "yes: this client's own limit", "no: only the server's capacity"}},
       .choose =
           "1008 for a quota of this client, 1013 for the server's own limits. With 1013 for a "
           "quota, well-behaved clients keep coming back."},
      {.first = 1008,
       .second = 3000,
       .rows = {{"says", "a rule was broken", "credentials are missing or invalid"},
                {"known to clients", "all of them: RFC 6455", "few: registered later"},
                {"client reacts by", "reading the reason", "fetching a new token"}},
       .choose =
           "3000 tells a program what to do without parsing a reason; 1008 is what generic "
           "clients and monitoring know. Whichever you take, say 'token expired' in the reason."},
      {.first = 1008,
       .second = 4000,
       .rows = {{"meaning", "the same everywhere: a rule was broken",
                 "whatever this service says it means"},
                {"how many reasons", "one number, the rest is in the reason text",
                 "a number for each: programs can branch on it"},
                {"documented in", "RFC 6455", "the service's documentation, hopefully"},
                {"generic clients and proxies", "know it", "can only pass it on"},
                {"browsers may send it", "no: close() takes 1000 and 3000-4999", "yes"},
                {"examples", "authentication, plan, Origin, rate",
                 "Discord 4008 rate limited; 4401, 4403, 4429 by habit"}},
       .choose =
           "4xxx when your own clients must tell the cases apart (renew the token, wait, give "
           "up), and only with a table in the documentation; else 1008 with a clear reason. Test "
           "with wsspec either way: a policy takes sets and ranges of codes."},
      {.first = 1011,
       .second = 1013,
       .rows = {{"state of the server", "something broke", "it works, but has too much to do"},
                {"foreseen", "no: an exception", "yes: a limit was reached"},
                {"HTTP counterpart", "500", "503"},
                {"reconnect", "yes; stop if the same message triggers it", "yes, later and slower"},
                {"alarm", "wake a developer", "look at capacity"}},
       .choose = "1013 if your code decided to shed load, 1011 if it did not decide anything."},
      {.first = 1012,
       .second = 1013,
       .rows = {{"why", "a planned restart", "overload or an outage"},
                {"how long", "seconds", "unknown"},
                {"reconnect", "after 5 to 30 s at random", "with a growing delay"}},
       .choose =
           "1012 if you know that you come back soon, 1013 if you need clients to stay away."},
      {.first = 3000,
       .second = 3003,
       .rows = {{"says", "I do not know who you are", "I know who you are: no"},
                {"HTTP counterpart", "401", "403"},
                {"client reacts by", "fetching a new token", "asking for the right, or giving up"}},
       .choose = "3000 if a new token could help, 3003 if it could not."},
      {.first = 401,
       .second = 403,
       .rows = {{"says", "I do not know who you are", "I know enough: no"},
                {"new credentials help", "yes", "usually not"},
                {"also used for", "an expired token",
                 "Origin checks, firewalls, close() before accept() (Starlette, FastAPI), Envoy "
                 "without upgrade_configs"}},
       .choose = "401 if credentials are missing or stale, 403 if the answer stays no."},
      {.first = 403,
       .second = 1008,
       .rows = {{"when", "before the upgrade", "after the 101"},
                {"what travels", "an HTTP response", "a Close frame with code and reason"},
                {"seen in a browser", "1006 without a reason: the status is hidden",
                 "code and reason"},
                {"costs the server", "one response", "a connection and a closing handshake"},
                {"good for", "credentials and Origin in the handshake",
                 "what is known only later: first messages, rates, expiry"}},
       .choose = "Refuse with 403 what you know by the handshake, unless browsers must show the "
                 "reason; then accept and close with 1008. In Starlette and FastAPI close() before "
                 "accept() gives 403, after it 1008."},
      {.first = 429,
       .second = 1008,
       .rows = {{"limits", "connections and attempts", "messages on an open connection"},
                {"tells when to return", "Retry-After", "only the reason text"},
                {"seen in a browser", "1006: the status is hidden", "code and reason"}},
       .choose = "429 for too many connections, 1008 (or 4xxx) for too many messages."},
  };
  return texts;
}

}  // namespace wsspec::explain
