// The jobs that run, in the order of their starts: each is found and taken out in constant time, as
// there may be a hundred thousand of them.
#pragma once

#include <list>
#include <memory>
#include <unordered_map>
#include <utility>

#include "engine/job.h"

namespace wsspec::engine {

class JobTable {
 public:
  void add(std::unique_ptr<Job> job) {
    const Job* raw = job.get();
    places_[raw] = jobs_.insert(jobs_.end(), std::move(job));
  }
  /// Null: it is not there.
  std::unique_ptr<Job> take(const Job* job) {
    const auto found = places_.find(job);
    if (found == places_.end()) return nullptr;
    auto out = std::move(*found->second);
    jobs_.erase(found->second);
    places_.erase(found);
    return out;
  }
  void clear() {
    places_.clear();
    jobs_.clear();
  }
  bool empty() const { return jobs_.empty(); }
  std::size_t size() const { return jobs_.size(); }
  auto begin() const { return jobs_.begin(); }
  auto end() const { return jobs_.end(); }

 private:
  std::list<std::unique_ptr<Job>> jobs_;
  std::unordered_map<const Job*, std::list<std::unique_ptr<Job>>::iterator> places_;
};

}  // namespace wsspec::engine
