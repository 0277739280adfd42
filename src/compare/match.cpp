#include "compare/match.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <string_view>
#include <unordered_map>

namespace layerwatt {
namespace {

constexpr const char* kInserted = "Reformatting CopyNode";

class UnionFind {
 public:
  explicit UnionFind(std::size_t count) : parent_(count) {
    std::iota(parent_.begin(), parent_.end(), std::size_t{0});
  }
  std::size_t root(std::size_t i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }
  void join(std::size_t a, std::size_t b) {
    a = root(a);
    b = root(b);
    if (a != b) parent_[std::max(a, b)] = std::min(a, b);
  }

 private:
  std::vector<std::size_t> parent_;
};

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// "PWN(a, b)" → "a, b"; "{ForeignNode[a...b]}" → "a...b"; nested, for TensorRT nests them.
std::string_view unwrapped(std::string_view text) {
  for (bool changed = true; changed;) {
    changed = false;
    text = trimmed(text);
    for (const auto& [open, close] :
         {std::pair<std::string_view, std::string_view>{"PWN(", ")"}, {"{ForeignNode[", "]}"}}) {
      if (text.starts_with(open) && text.ends_with(close)) {
        text = text.substr(open.size(), text.size() - open.size() - close.size());
        changed = true;
      }
    }
  }
  return text;
}

void collect_nodes(std::string_view text, std::vector<std::string>& nodes) {
  text = unwrapped(text);
  for (const std::string_view separator : {" + ", " || ", ", ", "..."}) {
    // Outside of brackets only: "PWN(a, b) + c" has to be split at " + " first.
    int depth = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '(' || text[i] == '[' || text[i] == '{') ++depth;
      if (text[i] == ')' || text[i] == ']' || text[i] == '}') --depth;
      if (depth == 0 && text.substr(i).starts_with(separator)) {
        collect_nodes(text.substr(0, i), nodes);
        collect_nodes(text.substr(i + separator.size()), nodes);
        return;
      }
    }
  }
  if (!text.empty()) nodes.emplace_back(text);
}

}  // namespace

std::vector<std::string> onnx_nodes(const std::string& layer_name) {
  if (layer_name.starts_with(kInserted)) return {};
  std::vector<std::string> nodes;
  collect_nodes(layer_name, nodes);
  std::sort(nodes.begin(), nodes.end());
  nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
  return nodes;
}

std::vector<Match> match_layers(const std::vector<std::string>& before,
                                const std::vector<std::string>& after) {
  // One numbering for both sides: layers before, then layers after.
  UnionFind sets(before.size() + after.size());
  std::vector<bool> named(before.size() + after.size(), false);

  std::unordered_map<std::string, std::vector<std::size_t>> by_name;
  for (std::size_t j = after.size(); j-- > 0;) by_name[after[j]].push_back(j);
  for (std::size_t i = 0; i < before.size(); ++i) {
    const auto found = by_name.find(before[i]);
    if (found == by_name.end() || found->second.empty()) continue;
    const std::size_t partner = before.size() + found->second.back();
    found->second.pop_back();
    sets.join(i, partner);
    named[i] = named[partner] = true;
  }

  std::unordered_map<std::string, std::size_t> owner;
  for (std::size_t k = 0; k < named.size(); ++k) {
    if (named[k]) continue;
    const std::string& name = k < before.size() ? before[k] : after[k - before.size()];
    for (const std::string& node : onnx_nodes(name)) {
      const auto [at, fresh] = owner.try_emplace(node, k);
      if (!fresh) sets.join(at->second, k);
    }
  }

  std::map<std::size_t, Match> by_root;
  for (std::size_t k = 0; k < named.size(); ++k) {
    Match& match = by_root[sets.root(k)];
    if (k < before.size()) {
      match.before.push_back(k);
    } else {
      match.after.push_back(k - before.size());
    }
    match.kind = named[k] ? MatchKind::name : MatchKind::nodes;
  }
  std::vector<Match> matches;
  std::vector<Match> fresh;
  for (auto& [root, match] : by_root) {
    if (match.after.empty()) match.kind = MatchKind::only_before;
    if (match.before.empty()) match.kind = MatchKind::only_after;
    (match.before.empty() ? fresh : matches).push_back(std::move(match));
  }
  for (Match& match : fresh) {
    // Behind the match that holds the nearest layer in front of it.
    auto place = matches.begin();
    std::optional<std::size_t> nearest;
    for (auto at = matches.begin(); at != matches.end(); ++at) {
      for (const std::size_t j : at->after) {
        if (j < match.after.front() && (!nearest || j > *nearest)) {
          nearest = j;
          place = at + 1;
        }
      }
    }
    matches.insert(place, std::move(match));
  }
  return matches;
}

std::vector<std::vector<std::size_t>> tied_matches(const std::vector<Match>& matches,
                                                   const std::vector<LayerGroup>& before,
                                                   const std::vector<LayerGroup>& after) {
  UnionFind sets(matches.size());
  const auto tie = [&](const std::vector<LayerGroup>& groups,
                       std::vector<std::size_t> Match::*layers) {
    std::unordered_map<std::size_t, std::size_t> match_of;
    for (std::size_t m = 0; m < matches.size(); ++m) {
      for (const std::size_t layer : matches[m].*layers) match_of[layer] = m;
    }
    for (const LayerGroup& group : groups) {
      for (const std::size_t layer : group.layers) {
        if (match_of.contains(layer) && match_of.contains(group.layers.front())) {
          sets.join(match_of[layer], match_of[group.layers.front()]);
        }
      }
    }
  };
  tie(before, &Match::before);
  tie(after, &Match::after);
  std::map<std::size_t, std::vector<std::size_t>> by_root;
  for (std::size_t m = 0; m < matches.size(); ++m) by_root[sets.root(m)].push_back(m);
  std::vector<std::vector<std::size_t>> tied;
  for (auto& [root, members] : by_root) {
    if (members.size() > 1) tied.push_back(std::move(members));
  }
  return tied;
}

}  // namespace layerwatt
