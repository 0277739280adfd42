// Numbers of ours as an array of NumPy's, without a copy.
#pragma once

#include <nanobind/ndarray.h>

#include <cstddef>
#include <initializer_list>
#include <utility>
#include <vector>

#include "bindings.hpp"

namespace layerwatt::python {

template <class T, class Ndim>
nb::ndarray<nb::numpy, T, Ndim> owned(std::vector<T>&& values,
                                      std::initializer_list<std::size_t> shape) {
  auto* kept = new std::vector<T>(std::move(values));
  const nb::capsule owner(kept, [](void* p) noexcept { delete static_cast<std::vector<T>*>(p); });
  return nb::ndarray<nb::numpy, T, Ndim>(kept->data(), shape, owner);
}

}  // namespace layerwatt::python
