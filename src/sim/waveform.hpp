// The power that the simulated board draws: piecewise constant, one value a rail, idle before its
// begin. Its integral and its first-order low pass are known in closed form at every instant, so a
// sensor's response needs no quadrature (which, tried at 1 ms, was off by 20 to 40 %).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace layerwatt::sim {

// Times are nanoseconds since an origin that the owner chooses; queries may lie between two of
// them. Not thread-safe.
class Waveform {
 public:
  // Idle forever before 0. time_constant_ms: of the low pass, 0 = none.
  Waveform(std::vector<double> idle_mw, double time_constant_ms);

  std::size_t rails() const { return rails_; }
  // Up to where the power is known.
  std::int64_t end_ns() const { return end_ns_; }

  // Power from end_ns() to until_ns, which is then the end. Nothing happens if it lies before it.
  void append(std::int64_t until_ns, std::span<const double> power_mw);

  // Forgets what is before `time_ns`: queries must not reach back further.
  void forget_before(std::int64_t time_ns);
  // How many stretches are remembered.
  std::size_t size() const { return begin_ns_.size() - first_; }

  // The low pass' output, mW (the power itself where there is none; at a step, that before it).
  // Throws std::logic_error for a time after the end, or one that was forgotten.
  void filtered_mw(double time_ns, std::span<double> out) const;
  // ∫ of the low pass' output from 0, mJ; negative before 0.
  void filtered_mj(double time_ns, std::span<double> out) const;

 private:
  std::size_t stretch_at(double time_ns) const;
  // Rows of three a rail: the stretch's power, and at its begin the low pass and the energy.
  const double* row(std::size_t stretch) const { return state_.data() + stretch * 3 * rails_; }
  double decay(double elapsed_ns) const;

  std::size_t rails_;
  double time_constant_ns_;
  std::int64_t end_ns_ = 0;
  std::size_t first_ = 0;  // the rows before it are forgotten, and are dropped now and then
  std::vector<std::int64_t> begin_ns_;
  std::vector<double> state_;
  std::vector<double> idle_mw_;
  std::vector<double> end_filtered_mw_;
  std::vector<double> end_mj_;
};

}  // namespace layerwatt::sim
