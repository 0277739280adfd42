// Which layers a short table shows, and what those it leaves out amount to.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "layerwatt/result.hpp"

namespace layerwatt {

struct RankedRow {
  enum class Kind { layer, group, member, last_member, more_members } kind = Kind::layer;
  std::size_t index = 0;  // into Result::layers; Result::groups for a group; more_members: unused
};

struct Sum {
  double value = 0.0;
  std::size_t unknown = 0;  // terms that are missing from it
};

struct Ranking {
  bool by_energy = true;        // false: no layer has an energy, time decides
  std::vector<RankedRow> rows;  // largest first; a group is followed by its members
  // Left out: of the last group that is shown (more_members stands for them; their energy is in
  // the group's), and everything that comes after it.
  std::vector<std::size_t> cut;
  std::vector<std::size_t> hidden;
  // Of one inference, in the quantity that ranks: what a share is a share of. Empty: not known.
  std::optional<double> whole;
};

// The mean of a value that can be compared and summed; empty where it is missing or not finite.
std::optional<double> known_mean(const Known<Metric>& metric);
std::optional<double> known_mean(const Known<Estimate>& estimate);

// A group stands where its energy puts it. top: layers to show, 0 = all.
Ranking rank_layers(const Result& result, std::size_t top);

// Σ mean time (or energy) of these layers.
Sum sum_time(const Result& result, const std::vector<std::size_t>& layers);
Sum sum_energy(const Result& result, const std::vector<std::size_t>& layers);

}  // namespace layerwatt
