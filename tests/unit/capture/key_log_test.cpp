#include "capture/key_log.h"

#include <doctest/doctest.h>

#include <string>

using namespace wsspec;
using capture::KeyLog;

namespace {

std::string line(const std::string& label, char random, const std::string& secret) {
  return label + " " + std::string(64, random) + " " + secret + "\n";
}

KeyLog::Random random_of(std::uint8_t octet) {
  KeyLog::Random out;
  out.fill(octet);
  return out;
}

}  // namespace

TEST_CASE("a key log is read wherever it is cut; what is no secret is passed over") {
  const std::string text = "# of a browser\r\n" + line("CLIENT_RANDOM", '1', "0a0B") + "\n" +
                           line("SERVER_TRAFFIC_SECRET_0", '2', "ff") +
                           line("UNKNOWN_LABEL", '3', "ff") + line("CLIENT_RANDOM", '4', "f") +
                           line("CLIENT_RANDOM", '5', "zz") + "CLIENT_RANDOM 11 22\n" +
                           line("CLIENT_RANDOM", '6', std::string(1000, '0')) +
                           "CLIENT_TRAFFIC_SECRET_0 " + std::string(64, '7') + " 01";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    KeyLog keys;
    keys.feed(wire::as_octets(std::string_view(text).substr(0, cut)));
    keys.feed(wire::as_octets(std::string_view(text).substr(cut)));
    keys.finish();
    REQUIRE(keys.size() == 3);
    const auto* master = keys.find(random_of(0x11), KeyLog::Label::master);
    REQUIRE(master != nullptr);
    CHECK(*master == wire::OctetVector{0x0a, 0x0b});
    CHECK(keys.find(random_of(0x22), KeyLog::Label::server_traffic) != nullptr);
    CHECK(keys.find(random_of(0x77), KeyLog::Label::client_traffic) != nullptr);
    CHECK(keys.find(random_of(0x22), KeyLog::Label::client_traffic) == nullptr);
  }
}
