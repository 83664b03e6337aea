// SPDX-License-Identifier: MIT
// Descriptors that are not the kernel's but a simulated network's.
#pragma once

namespace rondo {

// Their numbers begin where no kernel's do (fs.nr_open ends below 2^30).
inline constexpr int kFirstSimulated = 1 << 30;
inline constexpr int kSimulatedPerNetwork = 1 << 20;

inline bool is_simulated(int number) noexcept { return number >= kFirstSimulated; }

// Who answers for some of them: all from first_number() on, kSimulatedPerNetwork of them. Belongs
// to the thread that made it, as do its descriptors; several may exist on a thread.
class SimulatedDescriptors {
 public:
  SimulatedDescriptors();
  SimulatedDescriptors(const SimulatedDescriptors&) = delete;
  SimulatedDescriptors& operator=(const SimulatedDescriptors&) = delete;

  int first_number() const noexcept { return first_number_; }
  // Closes one, as close(2) does; of a number that is not open there is nothing to close.
  virtual void close(int number) noexcept = 0;

  // Who answers for a number on this thread; nullptr for nobody, or nobody any more.
  static SimulatedDescriptors* of(int number) noexcept;

 protected:
  ~SimulatedDescriptors();

 private:
  int first_number_;
};

}  // namespace rondo
