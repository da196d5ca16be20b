// The members of a JSON object: in the order they were given, and found by their key in constant
// time. nlohmann::ordered_map compares every key in turn, so that an object of n keys takes n * n
// comparisons to build.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <vector>

namespace wsspec::scenario {

/// What basic_json asks of its ObjectType. Members are only ever added at the end or erased; the
/// index is made by the first search of an object that is large enough for one, and follows in the
/// next. Searching a const object is not safe from two threads.
template <class Key, class T, class Ignored = std::less<Key>,
          class Allocator = std::allocator<std::pair<const Key, T>>>
class OrderedMembers : public nlohmann::ordered_map<Key, T, Ignored, Allocator> {
  using Base = nlohmann::ordered_map<Key, T, Ignored, Allocator>;

 public:
  using typename Base::const_iterator;
  using typename Base::iterator;
  using typename Base::size_type;
  using typename Base::value_type;

  using Base::Base;
  OrderedMembers() = default;
  ~OrderedMembers() = default;
  OrderedMembers(const OrderedMembers& other) : Base(other) {}
  OrderedMembers(OrderedMembers&& other) noexcept = default;
  OrderedMembers& operator=(const OrderedMembers& other) {
    Base::operator=(other);
    index_.reset();
    return *this;
  }
  OrderedMembers& operator=(OrderedMembers&& other) noexcept = default;

  iterator find(std::string_view key) { return this->begin() + place(key); }
  const_iterator find(std::string_view key) const { return this->begin() + place(key); }
  size_type count(std::string_view key) const { return find(key) == this->end() ? 0 : 1; }

  template <class KeyType>
  std::pair<iterator, bool> emplace(KeyType&& key, T&& value) {
    if (const auto found = find(key); found != this->end()) return {found, false};
    return {append(std::forward<KeyType>(key), std::move(value)), true};
  }
  /// For one that knows that the key is new.
  template <class KeyType>
  iterator append(KeyType&& key, T&& value) {
    Base::Container::emplace_back(std::forward<KeyType>(key), std::move(value));
    return std::prev(this->end());
  }
  template <class KeyType>
  T& operator[](KeyType&& key) {
    return emplace(std::forward<KeyType>(key), T{}).first->second;
  }
  template <class KeyType>
  const T& operator[](KeyType&& key) const {
    return at(key);
  }
  T& at(std::string_view key) { return const_cast<T&>(std::as_const(*this).at(key)); }
  const T& at(std::string_view key) const {
    const auto found = find(key);
    if (found == this->end()) throw std::out_of_range("key not found");
    return found->second;
  }
  std::pair<iterator, bool> insert(value_type&& value) {
    return emplace(value.first, std::move(value.second));
  }
  std::pair<iterator, bool> insert(const value_type& value) {
    return emplace(value.first, T(value.second));
  }
  template <class Iterator, class = typename std::iterator_traits<Iterator>::iterator_category>
  void insert(Iterator first, Iterator last) {
    for (; first != last; ++first) insert(*first);
  }

  size_type erase(std::string_view key) {
    const auto found = find(key);
    if (found == this->end()) return 0;
    erase(found);
    return 1;
  }
  iterator erase(iterator at) { return erase(at, std::next(at)); }
  iterator erase(iterator first, iterator last) {
    index_.reset();
    return Base::erase(first, last);
  }
  void clear() noexcept {
    index_.reset();
    Base::clear();
  }

 private:
  /// Below this many a look at each is as quick.
  static constexpr std::size_t kIndexed = 16;

  /// Open addressing: places + 1, 0 where there is none; at most half full.
  struct Index {
    std::vector<std::uint32_t> slots;
    std::size_t known = 0;  ///< the members that are in it: the first so many
  };

  /// The member's number; that of the end where there is none.
  std::ptrdiff_t place(std::string_view key) const {
    std::size_t at = 0;
    if (this->size() < kIndexed) {
      while (at < this->size() && (*this).data()[at].first != key) ++at;
      return static_cast<std::ptrdiff_t>(at);
    }
    extend();
    const std::uint32_t found = index_->slots[slot_of(key)];
    return static_cast<std::ptrdiff_t>(found == 0 ? this->size() : found - 1);
  }

  /// The slot that holds the key, or the free one where it would stand.
  std::size_t slot_of(std::string_view key) const {
    const std::size_t mask = index_->slots.size() - 1;
    std::size_t slot = std::hash<std::string_view>{}(key)&mask;
    while (index_->slots[slot] != 0 && this->data()[index_->slots[slot] - 1].first != key)
      slot = (slot + 1) & mask;
    return slot;
  }

  void extend() const {
    if (!index_) index_ = std::make_unique<Index>();
    if (2 * this->size() > index_->slots.size()) {
      std::size_t slots = 4 * kIndexed;
      while (slots < 4 * this->size()) slots *= 2;
      index_->slots.assign(slots, 0);
      index_->known = 0;
    }
    for (; index_->known < this->size(); ++index_->known) {
      std::uint32_t& slot = index_->slots[slot_of(this->data()[index_->known].first)];
      if (slot == 0) slot = static_cast<std::uint32_t>(index_->known + 1);
    }
  }

  mutable std::unique_ptr<Index> index_;
};

}  // namespace wsspec::scenario
