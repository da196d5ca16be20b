// The model of a scenario: plain data, what a scenario file says after parameters, tables and
// for_each are worked out. The language: scenarios/README.md.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "scenario/level.h"
#include "scenario/outcome.h"
#include "scenario/payload.h"
#include "scenario/problem.h"
#include "scenario/requirement.h"
#include "wire/deflate.h"
#include "wire/frame.h"
#include "wire/handshake.h"

namespace wsspec::scenario {

struct Fragments {
  std::vector<std::uint64_t> sizes;   ///< payload octets of each frame; the rest is one last frame
  std::optional<std::uint64_t> each;  ///< {"size": n}: every frame n octets
  bool last_empty = false;            ///< one more frame, empty, carries FIN
};
struct Chop {
  std::uint64_t size = 1;  ///< octets a send, all octets counted
  int pause_ms = 1;
};
struct Hold {
  std::uint64_t at = 0;           ///< payload octets of the message that go out before the hold
  std::optional<int> release_ms;  ///< none = never released
};

/// A frame as the `frame` item bends it.
struct FrameShape {
  enum class Mask : std::uint8_t { random, none, fixed };
  bool fin = true;
  std::uint8_t rsv = 0;
  std::uint8_t opcode = 1;
  Mask mask = Mask::random;
  wire::MaskingKey key{};
  std::optional<std::uint64_t> declared_length;  ///< default: the payload's
  wire::LengthForm form = wire::LengthForm::shortest;
};

/// The `handshake` item: built, bent, or raw.
struct HandshakeShape {
  /// The whole request, at most kMaxRaw octets. The engine fills in ${path}, ${query}, ${key},
  /// ${host}, ${scheme} and ${headers}, here and in the values of `headers`.
  std::optional<Payload> raw;
  std::optional<std::string> method, path, version;
  wire::HeaderList headers;  ///< replace or add; an empty value removes. With `raw`: of ${headers}

  static constexpr std::uint64_t kMaxRaw = 4u << 20;
};

/// What the engine fills into a handshake: path, key, host, ... No expression inside its `raw` and
/// `headers`.
const std::vector<std::string>& engine_names();
using HandshakeNames = std::vector<std::pair<std::string_view, std::string>>;
/// `text` with the values of these names for their ${name}; any other ${...} stays.
std::string fill_handshake(std::string_view text, const HandshakeNames& values);

/// The `deflate` modifier of a text or binary message (RFC 7692).
struct ItemDeflate {
  bool on = true;
  bool where_agreed = false;  ///< plain where the server did not agree to it
  wire::DeflateMessage how;
};

struct Item {
  enum class Kind : std::uint8_t { text, binary, ping, pong, close, frame, bytes, handshake };
  Kind kind = Kind::text;
  Payload payload;  ///< of a close: code and reason as octets
  FrameShape frame;
  HandshakeShape handshake;
  Fragments fragments;
  std::optional<Chop> chop;
  std::optional<Hold> hold;
  bool fault = false;
  bool carrier = true;
  std::optional<ItemDeflate> deflate;  ///< none: as Scenario::compress says
};

/// A number on the wire that says how many octets follow it.
struct LengthField {
  enum class Order : std::uint8_t { big, little, varint };
  Order order = Order::big;
  std::uint64_t octets = 4;  ///< its own; of a varint (seven bits an octet, low ones first) at most
  std::uint64_t at = 0;      ///< of a carrier: octets of the prefix that precede it
};
/// nullopt: `length` is too large for the field.
std::optional<wire::OctetVector> encode_length(const LengthField& field, std::uint64_t length);

/// What the target's profile wraps around test messages.
struct Carrier {
  Payload prefix, suffix;
  bool json = false;  ///< the payload is the inside of a JSON string: quotes, controls are escaped
  std::optional<LengthField> length{};
  /// The carrier of message `n` with a payload of `octets`; null where it is the same for all.
  std::function<Carrier(std::uint64_t n, std::uint64_t octets)> of_message{};
  bool numbered = false;  ///< `of_message` looks at the number: no two messages have the same
  bool sized = false;     ///< `of_message` looks at the octets

  /// It says how long the message is: it cannot wrap the parts of one.
  bool counts_octets() const { return length || sized; }
};
/// The carrier as it wraps this item, message `n` of its connection: every length is filled in.
Carrier fitted(const Carrier& carrier, const Item& item, std::uint64_t n = 0);
/// A text or binary message, not a frame of the script's own.
bool is_message(const Item& item);
/// A message, or the first frame of one.
bool begins_message(const Item& item);
/// The item is (a part of) a message that the carrier cannot wrap.
bool cannot_wrap(const Carrier& carrier, const Item& item);
/// What the carrier adds to a payload of `octets`.
std::uint64_t added_octets(const Carrier& carrier, std::uint64_t octets);
/// What of a carrier an item gets: a message both ends, a frame the end that it is.
struct CarrierPart {
  bool prefix = false, suffix = false;
};
CarrierPart carrier_part(const Item& item);
/// The item's payload as the carrier changes it; without prefix and suffix.
Payload carried_body(const Item& item, const Carrier& carrier);
/// And with them.
Payload carried(const Item& item, const Carrier& carrier);

struct SendStep {
  std::vector<Item> items;  ///< more than one: all go out in one write
};

struct HowMany {
  enum class Kind : std::uint8_t { all, exactly, at_least, at_most };
  Kind kind = Kind::all;
  std::uint64_t n = 0;
};

struct ExpectStep {
  Outcome outcome;
  std::optional<int> within_ms;  ///< later is wrong; none: any time before the deadline will do
  int deadline_ms = 0;  ///< how long it is awaited; the engine's, from within_ms or a default
  /// by_policy: the policy's within_ms where the step names none; the engine's. 0 = none.
  int policy_within_ms = 0;
  int not_before_ms = 0;
  bool since_connect = false;     ///< times count from the 101, not from our last octet
  bool next = false;              ///< no other message may come first
  std::optional<int> latency_ms;  ///< 99 of 100 answers come within this of their message
  std::string latency_as;         ///< the 99th percentile is kept as ${capture.NAME}
  std::optional<std::uint64_t> after_messages_min, after_messages_max;
  HowMany how_many;
  std::vector<std::pair<std::string, std::string>> capture;  ///< name, JSON pointer
  std::vector<Outcome> tolerate;  ///< of the step, then what tolerate_for added
};

struct Step;

struct RepeatStep {
  std::uint64_t times = 1;
  int every_ms = 0;
  bool background = false;
  std::vector<Step> steps;
};

struct BurstStep {
  std::vector<Item> items;           ///< one round
  std::uint64_t count = 0;           ///< rounds, at most
  std::optional<double> per_second;  ///< rounds a second; none = as fast as the socket takes it
  bool until_closed = false;         ///< for readers: a Close ends every burst
};

struct WaitStep {
  int ms = 0;
};
struct ReadStep {
  enum class Mode : std::uint8_t { pause, resume, rate };
  Mode mode = Mode::resume;
  std::uint64_t per_second = 0;  ///< octets, with rate
};
struct ShutdownStep {};  ///< shutdown(SHUT_WR)
struct ResetStep {};     ///< RST
/// What a `connect` step says otherwise than the connection's own `connect`.
struct ConnectStep {
  std::optional<TokenChoice> token;
  std::optional<std::string> path;
  std::optional<bool> handshake;
};
struct DisconnectStep {};  ///< Close 1000, answer awaited up to 1 s, TCP closed
struct TriggerStep {
  std::string name;
};

/// A step that mentions ${i}, ${conn}, ${nonce} or ${capture...} is worked out again when it runs.
struct LateStep;

struct Step {
  std::variant<SendStep, ExpectStep, RepeatStep, BurstStep, WaitStep, ReadStep, ShutdownStep,
               ResetStep, ConnectStep, DisconnectStep, TriggerStep>
      what;
  std::string on = "main";
  bool after_close = false;
  std::shared_ptr<const LateStep> late;  ///< null: final as it is
  std::string summary;  ///< the step as one line of compact JSON, at most 400 chars
};

/// Values known only while a scenario runs.
struct RunValues {
  std::int64_t i = 0;
  std::int64_t conn = 0;
  std::map<std::string, std::string> captures;  ///< name -> JSON text of the value
  std::string nonce{};                          ///< no other connection has this one
  std::int64_t n = 0;                           ///< messages of ours so far on this connection
  std::int64_t payload_octets = 0;              ///< of the message that a carrier wraps
  std::int64_t carrier_added = 0;               ///< see added_octets
};
/// `connect.tls`: what a connection to a wss:// target does otherwise.
struct TlsOverride {
  bool off = false;     ///< plain TCP
  std::string version;  ///< "1.2", "1.3", or empty
  std::vector<std::string> alpn;
  std::optional<std::string> server_name;

  bool any() const { return off || !version.empty() || !alpn.empty() || server_name; }
};

struct ConnectOptions {
  /// Path and header values may hold ${capture...}, ${conn}, ${nonce}: pass them through resolve()
  /// (it also turns "$${", a literal "${", into one).
  std::optional<std::string> path;
  wire::HeaderList headers;
  std::optional<std::vector<std::string>>
      subprotocols;  ///< none: the profile's; empty: none at all
  std::optional<std::vector<std::string>>
      extensions;  ///< none: what the scenario requires; empty: none at all
  /// Searched for in the answer's Sec-WebSocket-Extensions: without it the scenario is skipped.
  std::optional<TextRule> agreed;
  std::string from;                   ///< a loopback source address, or empty
  std::optional<int> receive_buffer;  ///< octets, SO_RCVBUF
  bool handshake = true;
  TlsOverride tls;
  bool prologue = true;  ///< false: the profile's prologue is left out
  TokenChoice token;
};

struct Group {
  std::string name;
  std::uint64_t count = 1;
  ConnectOptions connect;  ///< the scenario's, with the group's own keys on top
};

struct Scenario {
  std::string name;  ///< "suite/id"
  std::string suite;
  std::string suite_title;
  std::string title;
  std::string spec;  ///< "RFC 6455 8.1"
  Level level = Level::must;
  Impact impact = Impact::interop;
  std::string rule;  ///< a row of scenarios/coverage/requirements.json, or empty
  /// Also the members of policies that are used but not declared, and triggers that the profile
  /// lacks: steps that use them are left out of `steps`.
  std::vector<Requirement> requires_;
  std::vector<std::string> tags;
  std::uint64_t weight = 1;  ///< connections; default 1 + the members of all groups
  bool exclusive = false;
  bool first = false;  ///< runs before all that are not
  ConnectOptions connect;
  std::vector<Group> groups;
  std::vector<Step> steps;
  bool auto_pong = true;
  bool auto_close = true;
  /// Every text and binary message is compressed that does not say otherwise itself.
  bool compress = false;
  int default_within_ms = 2000;  ///< how long expectations that name none are awaited
  /// It is about what the target promises: nothing that is not in its script is sent. So is every
  /// scenario that requires a policy.
  bool about_policy = false;
  bool needs_control = true;  ///< `"control": false`: it is judged without one
  bool control = false;       ///< a question of our own about the target, before the run
  bool own_within = false;    ///< the scenario says so itself: --timeout leaves it
  bool built_in = false;
  std::string file;           ///< where it stands
  int line = 0;
};

}  // namespace wsspec::scenario
