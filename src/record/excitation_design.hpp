// Which parts of a pass to repeat together, how often, and in what order: pure functions.
//
// A window is seconds of passes in which some parts run extra times; its mean power is a mix of the
// parts' powers, by their shares of its time. The shares sum to one, so this is a mixture
// experiment, and there the D-optimal design is at the vertices (Kiefer 1961): one part at a time,
// with as large a share as it may have. Repeating several at once pays where a part alone cannot
// reach its share (it may be repeated only so often): then several fit into one window without
// taking from each other, as in a weighing design, and a Hadamard (S-) matrix of b = 3, 7 or 15
// parts needs b windows whose variance is 4 / (b + 1) of that of one part at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

namespace layerwatt {

struct ExcitablePart {
  double time_ms = 0.0;         // of one run, in place
  std::uint32_t max_extra = 0;  // 0: it cannot be repeated
};

using ExtraRuns = std::vector<std::uint32_t>;  // one a part

// Extra runs after which the part has made the pass `boost` times longer (1: doubled), as far as
// max_extra allows; at least one where it can be repeated and takes any time.
ExtraRuns extra_runs(std::span<const ExcitablePart> parts, double pass_ms, double boost = 1.0);

// Rows of extra runs such that every part that can be repeated has its own column of a solvable
// design. Parts that reach at least a third of `boost` alone get a row of their own; the others go
// into S-matrix blocks as large as keep a row within about `boost`.
std::vector<ExtraRuns> excitation_rows(std::span<const ExcitablePart> parts, double pass_ms,
                                       double boost = 1.0);

// Where `beside` runs in front of each extra run of the parts before it (the cache is emptied):
// rows in which it runs as often as they do, and some in which it runs alone, every second of them
// a quarter as often. What it draws is taken off every part, so that its error is in all of them:
// it has a quarter as many rows as there are parts, two at least. run_ms: of one run; it counts in
// how often the parts are repeated.
std::vector<ExtraRuns> rows_with_beside(std::span<const ExcitablePart> parts, double pass_ms,
                                        double boost, std::size_t beside, double run_ms);

// How long a run of a layer takes in its place, repeated right behind itself, and repeated with the
// cache emptied in front of it.
struct CacheTimes {
  double place_ms = 0.0;
  double warm_ms = 0.0;
  double cold_ms = 0.0;
};

// Which repeats of a layer are worth a row: those of the kind that is nearer to the layer in its
// place by time, and both for a large one (of 1.5 % of the pass or more) that is between them.
struct CacheKinds {
  bool warm = true;
  bool cold = false;
};
CacheKinds cache_kinds(const CacheTimes& times, double pass_ms);

// Rows of both kinds: those of excitation_rows() for the layers whose warm repeats are wanted, and
// those of rows_with_beside() for the others. Cold ones make the pass 2.5 times as much longer as
// `boost` says: emptying the cache is most of them, and what an emptied cache costs the rest of the
// pass, once, is shared by more. kinds: one a part before `beside`.
std::vector<ExtraRuns> rows_of_kinds(std::span<const ExcitablePart> parts, double pass_ms,
                                     double boost, std::size_t beside, double run_ms,
                                     std::span<const CacheKinds> kinds);

// Rows for extra runs behind the pass, once each, and behind each row its mirror image, of the
// layers that it lacks (none where that would be no layer): the rows of an S-matrix of the layers
// that can be repeated, so that each row has about half of them and each two layers are together in
// half of those (2^k − 1 rows, as many as there are layers or more, less than twice as many); and,
// of six layers or more, 16 rows of an eighth of the layers (two at least), each layer in about as
// many of them.
//
// What two layers cost beyond their sum (one finds in the cache what the other left there) is the
// same in a row and in its mirror image but for what is linear in the layers, so that it cancels in
// the difference of the two: a foldover, of which layers' costs come out clear of all pairs (Box
// and Wilson, J. R. Stat. Soc. B 13, 1, 1951). What all layers cost together shows in the
// difference of seven eighths and an eighth; halves hardly know it, since both are half. What
// three layers cost beyond their pairs looks like the cost of a fourth; which column is which
// layer's is drawn, so that it is another one each time.
std::vector<std::vector<ExtraRuns>> half_pass_rows(std::span<const ExcitablePart> parts,
                                                   std::mt19937_64& random);

// Rows beside half passes: each layer alone, as excitation_rows() has it where it reaches its share
// alone, and what is outside layers (the last part), both where they can be repeated.
std::vector<ExtraRuns> alone_rows(std::span<const ExcitablePart> parts, double pass_ms,
                                  double boost);

// The row, with `beside` as often as the parts before it, at least.
ExtraRuns with_beside(ExtraRuns row, std::size_t beside);

// The row with two fifths of its extra runs; at least one where there is one.
ExtraRuns fewer_row(const ExtraRuns& row);

// How often a row that was made cooler is to be run a round: its parts have a smaller share of it
// than was asked for, and are known worse by as much. At most three times.
std::size_t windows_of_cooler(const ExtraRuns& asked, const ExtraRuns& cooler);

// A row that draws less: half the extra runs (at least one) and, where the last part (outside
// layers) can be repeated, as much time of that as the runs that are left take. It is the device
// doing next to nothing, so the mean power stays below a limit that the parts' own power would
// meet, while they still run at the clock that they have in their place.
ExtraRuns cooler_row(const ExtraRuns& row, std::span<const ExcitablePart> parts);

// Active parts of an S-matrix of order size = 2^k − 1: row i, column j. Any two rows share
// (size + 1) / 4 columns, each row has (size + 1) / 2.
bool s_matrix(std::size_t row, std::size_t column);

// One round: all rows in random order, with a plain row before each group of `plain_every` and one
// at the end, so that what drifts slowly is seen on both sides of every excited window.
std::vector<ExtraRuns> excitation_round(const std::vector<ExtraRuns>& rows, std::size_t parts,
                                        std::size_t plain_every, std::mt19937_64& random);

// Half passes with their mirror images, and others.
struct HalfPassRows {
  std::vector<std::vector<ExtraRuns>> halves;
  std::vector<ExtraRuns> others;
};

// All of them, one after the other.
std::vector<ExtraRuns> all_rows(const HalfPassRows& rows);

// One round of them, for half passes draw about what a plain pass draws: a plain row before each
// `plain_every` of them or so (an image stays behind its row), and before each of the others, which
// are spread over the groups; both in random order, with a plain row at the end.
std::vector<ExtraRuns> half_pass_round(const HalfPassRows& rows, std::size_t parts,
                                       std::size_t plain_every, std::mt19937_64& random);

}  // namespace layerwatt
