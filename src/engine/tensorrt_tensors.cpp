#include "engine/tensorrt_tensors.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <utility>

#include "engine/npy.hpp"
#include "engine/random_input.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt::trt {
namespace {

using nvinfer1::DataType;
using nvinfer1::Dims;
using nvinfer1::ICudaEngine;
using nvinfer1::IExecutionContext;
using nvinfer1::OptProfileSelector;

using Shape = std::vector<std::int64_t>;

struct TypeRow {
  DataType type;
  const char* name;
  int bits;
  std::optional<Element> element;  // empty: filled byte by byte
};

const TypeRow kTypes[] = {
    {DataType::kFLOAT, "f32", 32, Element::f32},    {DataType::kHALF, "f16", 16, Element::f16},
    {DataType::kINT8, "i8", 8, Element::i8},        {DataType::kINT32, "i32", 32, Element::i32},
    {DataType::kBOOL, "bool", 8, Element::boolean}, {DataType::kUINT8, "u8", 8, Element::u8},
#if NV_TENSORRT_MAJOR >= 10
    {DataType::kFP8, "f8", 8, std::nullopt},        {DataType::kBF16, "bf16", 16, Element::bf16},
    {DataType::kINT64, "i64", 64, Element::i64},    {DataType::kINT4, "i4", 4, std::nullopt},
#endif
#if NV_TENSORRT_MAJOR > 10 || (NV_TENSORRT_MAJOR == 10 && NV_TENSORRT_MINOR >= 8)
    {DataType::kFP4, "f4", 4, std::nullopt},
#endif
#if NV_TENSORRT_MAJOR > 10 || (NV_TENSORRT_MAJOR == 10 && NV_TENSORRT_MINOR >= 12)
    {DataType::kE8M0, "e8m0", 8, std::nullopt},
#endif
};

const TypeRow& type_row(DataType type, const std::string& tensor) {
  for (const TypeRow& row : kTypes) {
    if (row.type == type) return row;
  }
  throw Error(ErrorKind::bad_input,
              "tensor '" + tensor + "' has a type that layerwatt cannot fill");
}

Shape to_shape(const Dims& dims) {
  Shape shape;
  for (int i = 0; i < dims.nbDims; ++i) shape.push_back(dims.d[i]);
  return shape;
}

Dims to_dims(const Shape& shape) {
  Dims dims{};
  dims.nbDims = static_cast<int>(shape.size());
  for (std::size_t i = 0; i < shape.size(); ++i) {
    dims.d[i] = static_cast<std::decay_t<decltype(dims.d[0])>>(shape[i]);
  }
  return dims;
}

bool is_open(const Shape& shape) {
  return std::any_of(shape.begin(), shape.end(), [](std::int64_t d) { return d < 0; });
}

std::string text_of(const Shape& shape) {
  if (shape.empty()) return "scalar";
  std::string text;
  for (const std::int64_t d : shape) {
    text += (text.empty() ? "" : "x") + (d < 0 ? std::string("?") : std::to_string(d));
  }
  return text;
}

template <class Value>
const Value* given_for(const std::string& name,
                       const std::vector<std::pair<std::string, Value>>& all) {
  const Value* found = nullptr;
  for (const auto& [given, value] : all) {
    if (given == name) found = &value;
  }
  return found;
}

struct Names {
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
};

Names names_of(const ICudaEngine& engine) {
  Names names;
  for (int i = 0; i < engine.getNbIOTensors(); ++i) {
    const char* name = engine.getIOTensorName(i);
    const bool input = engine.getTensorIOMode(name) == nvinfer1::TensorIOMode::kINPUT;
    (input ? names.inputs : names.outputs).emplace_back(name);
  }
  return names;
}

std::string list_inputs(const ICudaEngine& engine, const Names& names) {
  std::string list;
  for (const std::string& name : names.inputs) {
    list += (list.empty() ? "" : "; ") + name + " " +
            text_of(to_shape(engine.getTensorShape(name.c_str())));
  }
  return list;
}

template <class Value>
void check_names(const ICudaEngine& engine, const Names& names, const std::string& option,
                 const std::vector<std::pair<std::string, Value>>& given) {
  for (const auto& [name, value] : given) {
    if (std::find(names.inputs.begin(), names.inputs.end(), name) == names.inputs.end()) {
      throw Error(ErrorKind::usage, "the engine has no input named '" + name + "'", option,
                  "its inputs: " + list_inputs(engine, names));
    }
  }
}

// Whether any input is the profile's to limit.
bool needs_profile(const ICudaEngine& engine) {
  const Names names = names_of(engine);
  return std::any_of(names.inputs.begin(), names.inputs.end(), [&](const std::string& name) {
    return is_open(to_shape(engine.getTensorShape(name.c_str()))) ||
           engine.isShapeInferenceIO(name.c_str());
  });
}

void use_profile(const ICudaEngine& engine, IExecutionContext& context, Logger& logger,
                 const cuda::Stream& stream, const EngineOptions& options) {
  const int index = options.profile_index.value_or(0);
  const int count = engine.getNbOptimizationProfiles();
  if (index >= count) {
    throw Error(ErrorKind::usage, "the engine has no optimisation profile " + std::to_string(index),
                "--profile-index", "it has " + std::to_string(count) + ", counted from 0");
  }
  // Since TensorRT 10 every context begins with the first. In 8 only one that finds it free does.
  if (context.getOptimizationProfile() == index) return;
  if (index == 0 && !needs_profile(engine)) return;
  if (!context.setOptimizationProfileAsync(index, stream.get())) {
    const Error refused = failed(logger, "choosing optimisation profile " + std::to_string(index),
                                 options.model.string());
    if (NV_TENSORRT_MAJOR >= 10 || !logger.theirs()) throw refused;
    throw Error(refused.kind(), refused.problem(), refused.where(),
                "an execution context of yours may have it, and in TensorRT 8 no two can: destroy "
                "that one first, or give another profile_index");
  }
  stream.wait();
}

// The shape that an input is run with.
Shape settle_shape(const ICudaEngine& engine, const std::string& name,
                   const EngineOptions& options) {
  const Shape has = to_shape(engine.getTensorShape(name.c_str()));
  const auto* file = given_for(name, options.inputs);
  std::optional<Shape> given;
  std::string from = "--shape " + name;
  if (const auto* shape = given_for(name, options.shapes)) {
    given = *shape;
  } else if (is_open(has) && file != nullptr) {
    given = read_npy(*file).shape;
    from = file->string();
  }
  if (!is_open(has)) {
    if (given && *given != has) {
      throw Error(ErrorKind::bad_input,
                  "shape " + text_of(*given) + " does not fit input '" + name + "', which is " +
                      text_of(has),
                  from);
    }
    return has;
  }
  const int profile = options.profile_index.value_or(0);
  const auto limit = [&](OptProfileSelector which) {
    return to_shape(engine.getProfileShape(name.c_str(), profile, which));
  };
  const Shape least = limit(OptProfileSelector::kMIN);
  const Shape best = limit(OptProfileSelector::kOPT);
  const Shape most = limit(OptProfileSelector::kMAX);
  const std::string range = "optimisation profile " + std::to_string(profile) + " allows " +
                            text_of(least) + " to " + text_of(most) + " and is tuned for " +
                            text_of(best);
  if (!given) {
    if (least == most && !least.empty()) return least;
    throw Error(ErrorKind::bad_input, "input '" + name + "' has the dynamic shape " + text_of(has),
                options.model.filename().string(),
                "give it: --shape " + name + ":" + text_of(best) + " (" + range + ")");
  }
  bool fits = given->size() == has.size();
  for (std::size_t i = 0; fits && i < has.size(); ++i) {
    fits = has[i] < 0 ? (*given)[i] >= least[i] && (*given)[i] <= most[i] : (*given)[i] == has[i];
  }
  if (fits) return *given;
  throw Error(
      ErrorKind::bad_input,
      "shape " + text_of(*given) + " does not fit input '" + name + "', which is " + text_of(has),
      from, range);
}

// Of a tensor whose elements may be stored in vectors along one dimension.
std::size_t bytes_of(const ICudaEngine& engine, const std::string& name, Shape shape, int bits) {
  const int along = engine.getTensorVectorizedDim(name.c_str());
  const std::int64_t together = engine.getTensorComponentsPerElement(name.c_str());
  if (along >= 0 && static_cast<std::size_t>(along) < shape.size() && together > 1) {
    std::int64_t& dimension = shape[static_cast<std::size_t>(along)];
    dimension = (dimension + together - 1) / together * together;
  }
  std::int64_t elements = 1;
  for (const std::int64_t dimension : shape) elements *= std::max<std::int64_t>(dimension, 0);
  return (static_cast<std::size_t>(elements) * static_cast<std::size_t>(bits) + 7) / 8;
}

void fill(const Tensor& tensor, const TypeRow& type, std::size_t index,
          const EngineOptions& options) {
  const std::span<std::byte> memory = tensor.buffer.host();
  const auto* file = given_for(tensor.name, options.inputs);
  if (file == nullptr) {
    fill_random(type.element.value_or(Element::u8), options.seed + index, memory);
    return;
  }
  const NpyArray array = read_npy(*file);
  const std::string holds = std::string(to_string(array.element)) + " " + text_of(array.shape);
  if (!type.element || array.element != *type.element || array.shape != tensor.shape ||
      array.data.size() > memory.size()) {
    throw Error(ErrorKind::bad_input,
                "holds " + holds + ", but input '" + tensor.name + "' is " + type.name + " " +
                    text_of(tensor.shape),
                file->string(), "save the array with the input's type and shape");
  }
  std::memcpy(memory.data(), array.data.data(), array.data.size());
}

void set_address(IExecutionContext& context, Logger& logger, const Tensor& tensor) {
  if (!context.setTensorAddress(tensor.name.c_str(), tensor.address())) {
    throw failed(logger, "giving memory to tensor '" + tensor.name + "'", "TensorRT");
  }
}

// All outputs' shapes, once all inputs are settled.
void infer_shapes(IExecutionContext& context, Logger& logger, const std::string& where) {
  std::array<const char*, 16> missing{};
  const int result = context.inferShapes(static_cast<int>(missing.size()), missing.data());
  if (result == 0) return;
  if (result < 0) throw failed(logger, "working out the shapes", where);
  std::string names;
  for (int i = 0; i < std::min(result, static_cast<int>(missing.size())); ++i) {
    names += (names.empty() ? "" : ", ") + std::string(missing[static_cast<std::size_t>(i)]);
  }
  throw Error(ErrorKind::bad_input, "these inputs are not settled: " + names, where,
              "give their values with --input NAME:FILE.npy");
}

Tensor make_input(const ICudaEngine& engine, const std::string& name, std::size_t index,
                  const cuda::Device& device, const EngineOptions& options) {
  const TypeRow& type = type_row(engine.getTensorDataType(name.c_str()), name);
  Shape shape = settle_shape(engine, name, options);
  const bool is_shape = engine.isShapeInferenceIO(name.c_str());
  if (is_shape && given_for(name, options.inputs) == nullptr) {
    // Random numbers would be another network's shape.
    throw Error(ErrorKind::bad_input, "input '" + name + "' holds a shape",
                options.model.filename().string(), "give it: --input " + name + ":FILE.npy");
  }
  const std::size_t bytes = bytes_of(engine, name, shape, type.bits);
  const bool on_host = engine.getTensorLocation(name.c_str()) == nvinfer1::TensorLocation::kHOST;
  Tensor tensor{name,
                true,
                on_host,
                type.name,
                std::move(shape),
                cuda::Buffer(device, bytes, "input '" + name + "'")};
  fill(tensor, type, index, options);
  return tensor;
}

Tensor make_output(const ICudaEngine& engine, const IExecutionContext& context,
                   const std::string& name, const cuda::Device& device) {
  const TypeRow& type = type_row(engine.getTensorDataType(name.c_str()), name);
  Shape shape = to_shape(context.getTensorShape(name.c_str()));
  std::size_t bytes = is_open(shape) ? 0 : bytes_of(engine, name, shape, type.bits);
  const std::int64_t bound = context.getMaxOutputSize(name.c_str());
  if (bound > 0) bytes = std::max(bytes, static_cast<std::size_t>(bound));
  if (bytes == 0 && is_open(shape)) {
    throw Error(ErrorKind::bad_input, "nobody can tell how large output '" + name + "' gets", {},
                "its shape depends on the data, without a bound: give the model one");
  }
  const bool on_host = engine.getTensorLocation(name.c_str()) == nvinfer1::TensorLocation::kHOST;
  return {name,
          false,
          on_host,
          type.name,
          std::move(shape),
          cuda::Buffer(device, bytes, "output '" + name + "'")};
}

}  // namespace

std::vector<Tensor> prepare_tensors(const ICudaEngine& engine, IExecutionContext& context,
                                    Logger& logger, const cuda::Device& device,
                                    const cuda::Stream& stream, const EngineOptions& options) {
  const Names names = names_of(engine);
  check_names(engine, names, "--shape", options.shapes);
  check_names(engine, names, "--input", options.inputs);
  use_profile(engine, context, logger, stream, options);
  std::vector<Tensor> tensors;
  for (const std::string& name : names.inputs) {
    tensors.push_back(make_input(engine, name, tensors.size(), device, options));
    if (!context.setInputShape(name.c_str(), to_dims(tensors.back().shape))) {
      throw failed(logger, "setting the shape of input '" + name + "'", options.model.string());
    }
    set_address(context, logger, tensors.back());
  }
  infer_shapes(context, logger, options.model.string());
  for (const std::string& name : names.outputs) {
    tensors.push_back(make_output(engine, context, name, device));
    set_address(context, logger, tensors.back());
  }
  return tensors;
}

void use_tensors(const std::vector<Tensor>& tensors, IExecutionContext& context, Logger& logger,
                 const cuda::Stream& stream, const EngineOptions& options) {
  use_profile(context.getEngine(), context, logger, stream, options);
  for (const Tensor& tensor : tensors) {
    if (tensor.input && !context.setInputShape(tensor.name.c_str(), to_dims(tensor.shape))) {
      throw failed(logger, "setting the shape of input '" + tensor.name + "'",
                   options.model.string());
    }
    set_address(context, logger, tensor);
  }
  infer_shapes(context, logger, options.model.string());
}

}  // namespace layerwatt::trt
