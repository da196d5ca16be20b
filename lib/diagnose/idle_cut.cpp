#include "diagnose/idle_cut.h"

#include <algorithm>

namespace wsspec::diagnose {
namespace {

struct IdleRow {
  double seconds;
  const char* words;
};

/// Measured times are a little longer: timers of a second's grain, and a look now and then.
constexpr IdleRow kIdleRows[] = {
    {30,
     "HAProxy without `timeout tunnel` (timeout client 30s), or a Google Cloud load balancer "
     "(timeoutSec, which ends active connections too)"},
    {40, "uvicorn, whose ping (20 s) got no pong within 20 s more"},
    {50, "HAProxy without `timeout tunnel` (timeout client 50s)"},
    {55, "Heroku's router"},
    {60, "nginx (proxy_read_timeout 60s) or an AWS ALB (idle timeout 60 s)"},
    {100, "Cloudflare"},
    {240, "an Azure load balancer (4 minutes)"},
    {350, "an AWS NLB (350 s)"},
    {600, "AWS API Gateway (10 minutes)"},
};

bool fits(double seconds, double known) {
  return seconds >= known * 0.99 - 0.2 && seconds <= known + std::max(1.0, known * 0.03);
}

}  // namespace

std::string usual_idle_cuts(double ms) {
  std::string out;
  for (const IdleRow& row : kIdleRows)
    if (fits(ms / 1000, row.seconds)) out += std::string("That is the time of ") + row.words + ". ";
  return out + "Raise that timeout, or send a ping more often than that.";
}

}  // namespace wsspec::diagnose
