// Small ONNX models written in memory, so that tests of engines need no tool and no binary fixture.
// Field numbers are those of onnx.proto3.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace layerwatt::test {

// Protocol buffers' wire format, as far as a model needs it.
class Message {
 public:
  Message& number(int field, std::uint64_t value) {
    varint(static_cast<std::uint64_t>(field) << 3);
    varint(value);
    return *this;
  }
  Message& bytes(int field, std::string_view value) {
    varint(static_cast<std::uint64_t>(field) << 3 | 2);
    varint(value.size());
    wire_ += value;
    return *this;
  }
  Message& message(int field, const Message& value) { return bytes(field, value.wire_); }
  const std::string& wire() const { return wire_; }

 private:
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) wire_ += static_cast<char>(value | 0x80);
    wire_ += static_cast<char>(value);
  }
  std::string wire_;
};

enum OnnxType { kOnnxFloat = 1, kOnnxInt64 = 7 };

// A dimension of -1 is dynamic.
inline Message onnx_value(const std::string& name, OnnxType type,
                          const std::vector<std::int64_t>& shape) {
  Message dimensions;
  for (const std::int64_t dimension : shape) {
    Message one;
    if (dimension < 0) {
      one.bytes(2, "batch");
    } else {
      one.number(1, static_cast<std::uint64_t>(dimension));
    }
    dimensions.message(1, one);
  }
  Message tensor;
  tensor.number(1, type).message(2, dimensions);
  Message value;
  value.bytes(1, name).message(2, Message().message(1, tensor));
  return value;
}

// Weights that are neither zero nor all alike, the same on every machine.
inline Message onnx_weights(const std::string& name, const std::vector<std::int64_t>& shape) {
  Message tensor;
  std::size_t count = 1;
  for (const std::int64_t dimension : shape) {
    tensor.number(1, static_cast<std::uint64_t>(dimension));
    count *= static_cast<std::size_t>(dimension);
  }
  std::string raw(count * sizeof(float), '\0');
  for (std::size_t i = 0; i < count; ++i) {
    const float value = static_cast<float>(std::sin(0.7 * static_cast<double>(i + 1))) / 4.0F;
    std::memcpy(raw.data() + i * sizeof value, &value, sizeof value);
  }
  tensor.number(2, kOnnxFloat).bytes(8, name).bytes(9, raw);
  return tensor;
}

inline Message onnx_ints(const std::string& name, const std::vector<std::int64_t>& values) {
  Message attribute;
  attribute.bytes(1, name);
  for (const std::int64_t value : values) attribute.number(8, static_cast<std::uint64_t>(value));
  attribute.number(20, 7);
  return attribute;
}

inline Message onnx_node(const std::string& type, const std::string& name,
                         const std::vector<std::string>& inputs, const std::string& output,
                         const std::vector<Message>& attributes = {}) {
  Message node;
  for (const std::string& input : inputs) node.bytes(1, input);
  node.bytes(2, output).bytes(3, name).bytes(4, type);
  for (const Message& attribute : attributes) node.message(5, attribute);
  return node;
}

inline std::string onnx_model(const Message& graph) {
  Message model;
  model.number(1, 8).message(7, graph).message(8, Message().bytes(1, "").number(2, 13));
  return model.wire();
}

// data [batch,3,32,32] → two residual-style convolutions → pooling → 10 classes. batch -1: dynamic.
// Both convolutions are called "conv" when `same_names`.
inline std::string tiny_convnet(std::int64_t batch, bool same_names = false) {
  const Message pads = onnx_ints("pads", {1, 1, 1, 1});
  Message graph;
  graph
      .message(1, onnx_node("Conv", same_names ? "conv" : "conv, \"first\"", {"data", "w1"}, "c1",
                            {pads}))
      .message(1, onnx_node("Relu", "relu1", {"c1"}, "r1"))
      .message(1,
               onnx_node("Conv", same_names ? "conv" : "conv zweite ü", {"r1", "w2"}, "c2", {pads}))
      .message(1, onnx_node("Add", "add", {"c2", "r1"}, "a"))
      .message(1, onnx_node("Relu", "relu2", {"a"}, "r2"))
      .message(1, onnx_node("GlobalAveragePool", "pool", {"r2"}, "p"))
      .message(1, onnx_node("Flatten", "flatten", {"p"}, "f"))
      .message(1, onnx_node("MatMul", "classes", {"f", "w3"}, "scores"))
      .bytes(2, "tiny")
      .message(5, onnx_weights("w1", {16, 3, 3, 3}))
      .message(5, onnx_weights("w2", {16, 16, 3, 3}))
      .message(5, onnx_weights("w3", {16, 10}))
      .message(11, onnx_value("data", kOnnxFloat, {batch, 3, 32, 32}))
      .message(12, onnx_value("scores", kOnnxFloat, {batch, 10}));
  return onnx_model(graph);
}

inline void write_file(const std::filesystem::path& file, std::string_view bytes) {
  std::ofstream stream(file, std::ios::binary);
  stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

}  // namespace layerwatt::test
