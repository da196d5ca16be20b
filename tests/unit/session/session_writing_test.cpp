// When and how a session's octets go out: little room, stalls, chop and hold.
#include "client_rig.h"

namespace wsspec::session {

using namespace test;
using scenario::Item;

TEST_CASE("a transport that takes little is written to in pieces, and the record follows it") {
  for (const std::size_t room : {1, 2, 3, 1000}) {
    Rig rig(client());
    rig.session->start();
    rig.deliver(good_101(rig.link.take()));
    rig.link.limit(room);
    rig.send({text_item("hello"), text_item("world")});
    CHECK(rig.record().sent.position == std::min<std::size_t>(room, 22));
    std::string all = rig.link.take();
    // A ping that comes inside our frame is answered after it, not inside.
    rig.deliver(from_server(0x89, "p"));
    for (int i = 0; i < 100 && all.size() < 29; ++i) {
      rig.link.more(room);
      all += rig.link.take();
    }
    CHECK(all.size() == 29);
    CHECK_FALSE(rig.session->busy());
    REQUIRE(rig.record().sent.ledger.size() == 2);
    CHECK(rig.record().sent.ledger[1].end == 22);
    CHECK(static_cast<unsigned char>(all[22]) == 0x8a);
  }
}

TEST_CASE("what is held back on purpose is no stall, however long the send before it took") {
  Rig rig(client());
  rig.session->start();
  rig.deliver(good_101(rig.link.take()));
  rig.link.slow_down(std::chrono::milliseconds(30));  // longer than a step of the loop may take
  Item held = text_item("hello");
  held.hold = scenario::Hold{.at = 2, .release_ms = 1000};
  shared_loop().as_step([&] { rig.send({held}); });
  rig.link.more(1u << 20);
  CHECK(rig.session->busy());
  CHECK(rig.session->stalled_ms() == 0);
}

TEST_CASE("a stalled send can be given up; a failed one leaves what still comes to be read") {
  Rig stalled(client());
  stalled.session->start();
  stalled.deliver(good_101(stalled.link.take()));
  stalled.link.limit(3);
  stalled.send({text_item("hello")});
  CHECK(stalled.session->busy());
  CHECK(stalled.record().inside_frame());
  stalled.session->give_up_sending();
  CHECK_FALSE(stalled.session->busy());
  CHECK(stalled.record().stalled);
  // A Close cannot be answered inside a frame: shutting down says the same.
  stalled.deliver(from_server(0x88, close_body(1008)));
  CHECK(stalled.link.write_closed());
  CHECK(stalled.record().close_code == 1008);

  Rig broken(client());
  broken.session->start();
  broken.deliver(good_101(broken.link.take()));
  broken.link.break_writing();
  broken.send({text_item("hello")});
  CHECK_FALSE(broken.session->busy());
  CHECK_FALSE(broken.session->may_write());
  broken.deliver(from_server(0x88, close_body(1008)));
  CHECK(broken.record().close_code == 1008);
}

TEST_CASE("chop and hold: octets go out when their timer fires, and not before") {
  Rig rig(client());
  rig.session->start();
  rig.deliver(good_101(rig.link.take()));
  Item chopped = text_item("hello");
  chopped.chop = scenario::Chop{.size = 4, .pause_ms = 1};
  rig.send({chopped});
  CHECK(rig.link.written.size() == 4);
  while (rig.session->busy()) shared_loop().run_once();
  CHECK(rig.link.take().size() == 11);

  Item held = text_item("hello");
  held.hold = scenario::Hold{.at = 2, .release_ms = 1};
  rig.send({held});
  CHECK(rig.link.written.size() == 8);
  CHECK(rig.record().held);
  CHECK_FALSE(rig.record().released_at);
  while (rig.session->busy()) shared_loop().run_once();
  CHECK(rig.link.take().size() == 11);
  CHECK(rig.record().released_at);
}

}  // namespace wsspec::session
