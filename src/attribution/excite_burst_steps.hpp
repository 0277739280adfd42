// The counter's steps that bursts cover, as rows of least squares.
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <utility>
#include <vector>

#include "attribution/excite_bursts.hpp"

namespace layerwatt {

// Which windows repeat the same parts as often: they adapt alike.
struct BurstMixes {
  explicit BurstMixes(const std::vector<BurstWindow>& windows);
  std::vector<std::size_t> of;  // by window; no meaning for those that do not adapt or are not used
  std::vector<std::vector<double>> amount;  // by mix: of each part, as BurstSteps::amount()
  std::vector<double> pass_ms;              // by mix
};

struct StepRows {
  Eigen::MatrixXd mix;      // 1/T, then the amount of each part over T
  Eigen::MatrixXd adapted;  // one a mix
  Eigen::MatrixXd power;    // steps × channels, mW
  Eigen::VectorXd weight;   // of the row, to multiply it with
  std::vector<double> at_ms;
  std::vector<std::size_t> steps;  // of the recording: which each row is of
};

class BurstSteps {
 public:
  // bursts: kept by reference; fit_times() has been there.
  explicit BurstSteps(const BurstRecording& bursts);

  // Extra runs of a part in a pass; of what is outside layers (the last part), extra ms.
  static double amount(const BurstWindow& window, std::size_t part) {
    return part + 1 == window.extra.size() ? window.outside_ms : window.extra[part];
  }
  const std::vector<std::size_t>& parts() const { return parts_; }
  const BurstMixes& mixes() const { return mixes_; }
  std::size_t windows() const { return windows_.size(); }
  void skip(std::size_t step, bool left_out) { skip_[step] = left_out; }
  void skip_none() { skip_.assign(skip_.size(), false); }
  // By step; 1 each until it is called.
  void weigh(std::vector<double> weights) { weights_ = std::move(weights); }

  // Of the steps that windows which can be used cover. tau_ms 0: nothing adapts. plain_over: by
  // mix, the power of a plain window over that of this one at its start.
  StepRows rows(double lag_ms, double tau_ms, const std::vector<double>& plain_over) const;

  // By row, which share of its step the window takes up.
  Eigen::VectorXd share_of(const StepRows& rows, std::size_t window, double lag_ms) const;

 private:
  struct Seen {
    std::size_t step = 0;
    std::size_t first = 0;    // the first window that it may have seen
    double covered_ms = 0.0;  // by windows
  };
  std::vector<Seen> find_used(double lag_ms) const;
  void fill(StepRows& rows, Eigen::Index row, const Seen& seen, double lag_ms, double tau_ms,
            const std::vector<double>& plain_over) const;

  const std::vector<BurstWindow>& windows_;
  const std::vector<CounterStep>& steps_;
  std::vector<std::size_t> parts_;
  BurstMixes mixes_;
  std::vector<bool> skip_;       // by step
  std::vector<double> weights_;  // likewise
  std::vector<bool> usable_;     // by window
};

}  // namespace layerwatt
