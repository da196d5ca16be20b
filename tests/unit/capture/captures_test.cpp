// Captures as files and what is read of them.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "capture/har.h"
#include "capture/packets.h"
#include "capture/pcapng_writer.h"
#include "capture/streams.h"

using namespace wsspec;
using capture::Packet;
using wire::Role;

namespace {

using Lines = std::vector<std::string>;

struct StreamLines : capture::StreamSink {
  Lines lines;
  std::string data[2];

  void on_open(std::uint64_t number, const std::string& client, const std::string& server,
               bool whole, std::uint64_t time_ns) override {
    lines.push_back(
        fmt::format("{} open {} {} {} {}", number, client, server, whole, time_ns / 1000));
  }
  void on_octets(std::uint64_t /*number*/, Role side, wire::Octets octets,
                 std::uint64_t /*time_ns*/) override {
    data[side == Role::client ? 0 : 1] += wire::as_chars(octets);
  }
  void on_gap(std::uint64_t number, Role side, std::uint64_t missing,
              std::uint64_t /*time_ns*/) override {
    lines.push_back(fmt::format("{} {} gap {}", number, wire::role_name(side), missing));
  }
  void on_end(std::uint64_t number, Role side, bool reset, std::uint64_t /*time_ns*/) override {
    lines.push_back(
        fmt::format("{} {} {}", number, wire::role_name(side), reset ? "reset" : "fin"));
  }
};

std::string written(const std::string& client = "127.0.0.1:5000",
                    const std::string& server = "10.0.0.1:80") {
  std::string file;
  capture::PcapngWriter writer("test", [&](std::string_view octets) { file += octets; });
  capture::PcapngWriter::Flow flow;
  flow.client = capture::parse_endpoint(client);
  flow.server = capture::parse_endpoint(server);
  writer.open(flow, 1000);
  writer.octets(flow, Role::client, wire::as_octets(std::string(20000, 'c')), 2000);
  writer.octets(flow, Role::server, wire::as_octets("hello"), 3000);
  writer.octets(flow, Role::server, wire::as_octets(", world"), 3000);
  writer.end(flow, Role::client, false, 4000);
  writer.end(flow, Role::server, true, 5000);
  return file;
}

std::vector<wire::OctetVector> packets_of(const std::string& file) {
  std::vector<wire::OctetVector> out;
  capture::PacketReader reader([&](const Packet& p) { out.push_back(wire::to_vector(p.octets)); });
  reader.feed(wire::as_octets(file));
  return out;
}

const Lines kWhole{"1 open 127.0.0.1:5000 10.0.0.1:80 true 1", "1 client fin", "1 server reset"};

}  // namespace

TEST_CASE("what the writer wrote is read, however it is cut") {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{777}, std::size_t{1u << 20}}) {
    const std::string file = written();
    StreamLines sink;
    capture::Streams streams(sink);
    capture::PacketReader reader([&](const Packet& p) { streams.packet(p); });
    for (std::size_t at = 0; at < file.size(); at += piece)
      CHECK(reader.feed(wire::as_octets(std::string_view(file).substr(at, piece))));
    streams.end();
    CHECK(reader.problem().empty());
    CHECK(sink.lines == kWhole);
    CHECK(sink.data[0] == std::string(20000, 'c'));
    CHECK(sink.data[1] == "hello, world");
  }
}

TEST_CASE("IPv6") {
  const std::string file = written("[::1]:5000", "[fe80::2]:443");
  StreamLines sink;
  capture::Streams streams(sink);
  capture::PacketReader reader([&](const Packet& p) { streams.packet(p); });
  reader.feed(wire::as_octets(file));
  REQUIRE_FALSE(sink.lines.empty());
  CHECK(sink.lines[0] == "1 open [::1]:5000 [fe80::2]:443 true 1");
  CHECK(sink.data[1] == "hello, world");
}

TEST_CASE("packets in any order, and twice, are the same connection; a lost one is a gap") {
  const auto packets = packets_of(written());
  REQUIRE(packets.size() == 9);
  std::mt19937 random(3);
  for (int round = 0; round < 30; ++round) {
    auto order = packets;
    std::shuffle(order.begin() + 2, order.end() - 1, random);
    order.push_back(order[3]);
    StreamLines sink;
    capture::Streams streams(sink);
    for (const auto& octets : order) streams.packet({1000, 101, octets});
    streams.end();
    CHECK(sink.data[0] == std::string(20000, 'c'));
    CHECK(sink.data[1] == "hello, world");
  }
  StreamLines sink;
  capture::Streams streams(sink);
  for (std::size_t i = 0; i < packets.size(); ++i)
    if (i != 5) streams.packet({1000, 101, packets[i]});
  streams.end();
  CHECK(std::count(sink.lines.begin(), sink.lines.end(), "1 server gap 5") == 1);
  CHECK(sink.data[1] == ", world");
}

TEST_CASE("link types: Ethernet with a VLAN, null, Linux cooked") {
  const auto packets = packets_of(written());
  const auto ahead = [](wire::OctetVector head, const wire::OctetVector& packet) {
    head.insert(head.end(), packet.begin(), packet.end());
    return head;
  };
  wire::OctetVector ethernet(12), vlan(12), cooked(16), cooked2(20), null(4);
  for (const int octet : {0x08, 0x00}) ethernet.push_back(static_cast<std::uint8_t>(octet));
  for (const int octet : {0x81, 0x00, 0x00, 0x07, 0x08, 0x00})
    vlan.push_back(static_cast<std::uint8_t>(octet));
  for (const auto& [link_type, head] :
       {std::pair(1U, ethernet), {1U, vlan}, {113U, cooked}, {276U, cooked2}, {0U, null}}) {
    StreamLines sink;
    capture::Streams streams(sink);
    for (const auto& octets : packets) streams.packet({1000, link_type, ahead(head, octets)});
    CHECK(sink.lines == kWhole);
    CHECK(sink.data[1] == "hello, world");
  }
}

TEST_CASE("pcap in both byte orders and both resolutions") {
  const auto number = [](std::uint32_t value, bool big) {
    std::string out;
    for (int i = 0; i < 4; ++i)
      out += static_cast<char>(value >> (big ? 24 - 8 * i : 8 * i) & 0xff);
    return out;
  };
  for (const bool big : {false, true})
    for (const bool nano : {false, true}) {
      std::string file = number(nano ? 0xa1b23c4d : 0xa1b2c3d4, big) + std::string(12, '\0') +
                         number(65535, big) + number(101, big);
      for (const auto& octets : packets_of(written()))
        file += number(7, big) + number(5, big) +
                number(static_cast<std::uint32_t>(octets.size()), big) + number(99999, big) +
                std::string(wire::as_chars(octets));
      CHECK(capture::PacketReader::recognises(wire::as_octets(file)));
      std::vector<std::uint64_t> times;
      capture::PacketReader reader([&](const Packet& p) { times.push_back(p.time_ns); });
      CHECK(reader.feed(wire::as_octets(file)));
      CHECK(times.size() == 9);
      CHECK(times[0] == 7000000000U + (nano ? 5 : 5000));
      CHECK(reader.problem().empty());
    }
}

TEST_CASE("a file that is cut anywhere is read up to there") {
  const std::string file = written();
  for (std::size_t size = 0; size < file.size(); size += 13) {
    std::size_t packets = 0;
    capture::PacketReader reader([&](const Packet& /*p*/) { ++packets; });
    reader.feed(wire::as_octets(std::string_view(file).substr(0, size)));
    CHECK(packets <= 9);
    if (size < 4) CHECK(reader.problem() == "it is too short for a capture");
  }
  capture::PacketReader reader([](const Packet& /*p*/) {});
  CHECK_FALSE(reader.feed(wire::as_octets("no capture at all")));
  CHECK(reader.problem() == "it does not begin like a capture");
}

namespace {

struct HarLines : capture::HarSink {
  Lines lines;
  void on_message(const capture::HarMessage& m) override {
    lines.push_back(fmt::format("{} {} {} {}", m.type, m.time_s, m.opcode, m.data));
  }
  void on_entry(const capture::HarEntry& e, std::uint64_t messages) override {
    lines.push_back(fmt::format("{} {} {} {} {} {}", e.method, e.url, e.status,
                                e.request_headers.size(), e.error, messages));
  }
};

const std::string kHar = R"({"log": {"version": "1.2", "creator": {"name": "WebInspector"},
  "pages": [{"entries": [{"_webSocketMessages": [{"type": "send", "data": "not an entry's"}]}]}],
  "entries": [
   {"_resourceType": "websocket",
    "_webSocketMessages": [
      {"type": "send", "time": 10.5, "opcode": 1, "data": "h\u00e9"},
      {"type": "receive", "time": 11, "opcode": 2, "data": "AP8="}],
    "request": {"method": "GET", "url": "wss://a.example/x", "headers": [
       {"name": "Host", "value": "a.example"}, {"name": "Cookie", "value": "c"}]},
    "response": {"status": 101, "headers": []}},
   {"request": {"method": "GET", "url": "wss://b.example/"},
    "response": {"status": 0, "_error": "net::ERR_FAILED"}}]}})";

tl::expected<void, std::string> read(const std::string& text, std::size_t piece, HarLines& sink) {
  std::size_t at = 0;
  return capture::read_har(
      [&]() -> tl::expected<wire::Octets, std::string> {
        const auto part =
            wire::as_octets(std::string_view(text).substr(std::min(at, text.size()), piece));
        at += piece;
        return part;
      },
      sink);
}

}  // namespace

TEST_CASE("a HAR's messages and entries, however the file is cut") {
  CHECK(capture::is_har(wire::as_octets(kHar)));
  CHECK_FALSE(capture::is_har(wire::as_octets(R"({"logs": {)")));
  for (const std::size_t piece : {std::size_t{1}, std::size_t{10}, std::size_t{100000}}) {
    HarLines sink;
    CHECK(read(kHar, piece, sink));
    CHECK(sink.lines == Lines{"send 10.5 1 h\xc3\xa9",
                              "receive 11 2 AP8=", "GET wss://a.example/x 101 2  2",
                              "GET wss://b.example/ 0 0 net::ERR_FAILED 0"});
  }
}

TEST_CASE("a HAR that is cut off, or no JSON, says where") {
  HarLines sink;
  const auto cut = read(kHar.substr(0, kHar.find("AP8=")), 7, sink);
  REQUIRE_FALSE(cut);
  CHECK(cut.error().starts_with("it is no valid JSON at octet "));
  CHECK(sink.lines.size() == 1);
  HarLines deep;
  CHECK_FALSE(read(R"({"log": )" + std::string(100000, '['), 1000, deep));
}
