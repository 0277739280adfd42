// As NvInfer.h beside it: names alone.
#pragma once

#include "NvInfer.h"

#define NV_ONNX_PARSER_VERSION 100

namespace nvonnxparser {

class IParserError {
 public:
  virtual const char* desc() const = 0;
  virtual int node() const = 0;
#ifndef FAKE_TENSORRT_8
  virtual const char* nodeName() const = 0;
  virtual const char* nodeOperator() const = 0;
#endif

 protected:
  virtual ~IParserError() = default;
};

class IParser {
 public:
  virtual ~IParser() = default;
  virtual bool parseFromFile(const char* file, int verbosity) = 0;
  virtual int getNbErrors() const = 0;
  virtual const IParserError* getError(int index) const = 0;
};

}  // namespace nvonnxparser
