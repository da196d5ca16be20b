// A queued `send` step of a session.
#pragma once

#include <memory>
#include <vector>

#include "session/item_encoder.h"

namespace wsspec::session {

struct Session::Job {
  scenario::SendStep step;
  bool after_close = false;
  std::size_t next = 0;                ///< index of the item that is being written
  std::unique_ptr<ItemStream> stream;  ///< null: the item was not begun
  std::uint64_t item_start = 0;        ///< stream offset, for `fault: true`
  bool waiting_for_release = false;
};

}  // namespace wsspec::session
