#include "engine/openvino_inputs.hpp"

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <sstream>
#include <utility>
#include <vector>

#include "engine/npy.hpp"
#include "engine/openvino_words.hpp"
#include "engine/random_input.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt {
namespace {

using Input = ov::Output<const ov::Node>;

std::string text_of(const ov::PartialShape& shape) {
  std::ostringstream text;
  text << shape;
  return text.str();
}

std::string name_of(const Input& input) {
  return input.get_names().empty() ? input.get_node()->get_friendly_name() : input.get_any_name();
}

bool is_named(const Input& input, const std::string& name) {
  return input.get_names().count(name) != 0 || input.get_node()->get_friendly_name() == name;
}

// The value given for an input under any of its names; the last one counts.
template <class Value>
const Value* given_for(const Input& input, const std::vector<std::pair<std::string, Value>>& all) {
  const Value* found = nullptr;
  for (const auto& [name, value] : all) {
    if (is_named(input, name)) found = &value;
  }
  return found;
}

template <class Value>
void check_names(const ov::Model& model, const std::string& option,
                 const std::vector<std::pair<std::string, Value>>& given) {
  for (const auto& [name, value] : given) {
    bool known = false;
    for (const Input& input : model.inputs()) known = known || is_named(input, name);
    if (!known) {
      throw Error(ErrorKind::usage, "the model has no input named '" + name + "'", option,
                  "its inputs: " + list_inputs(model));
    }
  }
}

struct ElementRow {
  ov::element::Type_t type;
  Element element;
};

const ElementRow kElements[] = {
    {ov::element::f64, Element::f64},         {ov::element::f32, Element::f32},
    {ov::element::f16, Element::f16},         {ov::element::bf16, Element::bf16},
    {ov::element::i64, Element::i64},         {ov::element::i32, Element::i32},
    {ov::element::i16, Element::i16},         {ov::element::i8, Element::i8},
    {ov::element::u64, Element::u64},         {ov::element::u32, Element::u32},
    {ov::element::u16, Element::u16},         {ov::element::u8, Element::u8},
    {ov::element::boolean, Element::boolean},
};

Element element_of(const Input& input) {
  const ov::element::Type type = input.get_element_type();
  for (const ElementRow& row : kElements) {
    if (row.type == type) return row.element;
  }
  throw Error(ErrorKind::bad_input,
              "input '" + name_of(input) + "' has type " + type.to_string() +
                  ", which layerwatt cannot fill",
              {}, "give a model whose inputs are plain numbers");
}

ov::PartialShape to_shape(const std::vector<std::int64_t>& shape) {
  ov::PartialShape result = std::vector<ov::Dimension>{};
  for (const std::int64_t dimension : shape) result.push_back(ov::Dimension(dimension));
  return result;
}

// The shape with 1 for what is open, as an example to type.
std::string smallest(const ov::PartialShape& shape) {
  if (shape.rank().is_dynamic()) return "1x3x224x224";
  std::vector<std::int64_t> closed;
  for (const ov::Dimension& dimension : shape) {
    closed.push_back(std::max<std::int64_t>(1, dimension.get_min_length()));
  }
  return shape_text(closed);
}

// The shape given for an input, and where it came from.
struct Given {
  ov::PartialShape shape;
  std::string from;
};

std::optional<Given> given_shape(const Input& input, const EngineOptions& options) {
  if (const auto* shape = given_for(input, options.shapes)) {
    for (const std::int64_t dimension : *shape) {
      if (dimension <= 0) {
        throw Error(ErrorKind::usage,
                    "a dimension must be 1 or more, not " + std::to_string(dimension),
                    "--shape " + name_of(input));
      }
    }
    return Given{to_shape(*shape), "--shape"};
  }
  if (input.get_partial_shape().is_static()) return std::nullopt;
  if (const auto* file = given_for(input, options.inputs)) {
    return Given{to_shape(read_npy(*file).shape), file->string()};
  }
  return std::nullopt;
}

}  // namespace

std::string list_inputs(const ov::Model& model) {
  std::string list;
  for (const Input& input : model.inputs()) {
    list += (list.empty() ? "" : "; ") + name_of(input) + " " +
            input.get_element_type().to_string() + " " + text_of(input.get_partial_shape());
  }
  return list;
}

void fix_shapes(ov::Model& model, const EngineOptions& options) {
  check_names(model, "--shape", options.shapes);
  check_names(model, "--input", options.inputs);
  std::map<std::size_t, ov::PartialShape> wanted;
  const auto& constant = static_cast<const ov::Model&>(model);
  for (std::size_t i = 0; i < constant.inputs().size(); ++i) {
    const Input input = constant.inputs()[i];
    const ov::PartialShape& has = input.get_partial_shape();
    const std::optional<Given> given = given_shape(input, options);
    if (!given) {
      if (has.is_static()) continue;
      throw Error(ErrorKind::bad_input,
                  "input '" + name_of(input) + "' has the dynamic shape " + text_of(has),
                  options.model.filename().string(),
                  "give it: --shape " + name_of(input) + ":" + smallest(has));
    }
    if (!has.compatible(given->shape)) {
      throw Error(ErrorKind::bad_input,
                  "shape " + text_of(given->shape) + " does not fit input '" + name_of(input) +
                      "', which is " + text_of(has),
                  given->from);
    }
    wanted[i] = given->shape;
  }
  if (wanted.empty()) return;
  try {
    model.reshape(wanted);
  } catch (const std::exception& error) {
    throw Error(ErrorKind::bad_input,
                "cannot run with the shapes given: " + useful_part(error.what()),
                options.model.filename().string());
  }
}

void fill_inputs(const ov::Model& model, const EngineOptions& options, ov::InferRequest& request) {
  for (std::size_t i = 0; i < model.inputs().size(); ++i) {
    const Input input = model.inputs()[i];
    const Element element = element_of(input);
    const ov::Shape shape = input.get_shape();
    ov::Tensor tensor(input.get_element_type(), shape);
    if (const auto* file = given_for(input, options.inputs)) {
      const NpyArray array = read_npy(*file);
      const std::vector<std::int64_t> needed(shape.begin(), shape.end());
      if (array.element != element || array.shape != needed) {
        throw Error(ErrorKind::bad_input,
                    "holds " + std::string(to_string(array.element)) + " " +
                        shape_text(array.shape) + ", but input '" + name_of(input) + "' is " +
                        std::string(to_string(element)) + " " + shape_text(needed),
                    file->string(),
                    array.element != element ? "save array.astype(the input's type)"
                                             : "reshape the array, or give --shape");
      }
      std::memcpy(tensor.data(), array.data.data(), array.data.size());
    } else {
      fill_random(element, options.seed + i,
                  {static_cast<std::byte*>(tensor.data()), tensor.get_byte_size()});
    }
    request.set_input_tensor(i, tensor);
  }
}

}  // namespace layerwatt
