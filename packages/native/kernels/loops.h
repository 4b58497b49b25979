#pragma once

#include <algorithm>
#include <cstdint>

namespace ssl_scene {

struct Bfloat16 {
  uint16_t bits;
};

/** What the gradients need of each channel. */
struct ChannelValues {
  const float* mean;
  /** scale / sqrt(variance + epsilon), and offset - mean · factor: the output is x · factor + shift. */
  const float* factor;
  const float* shift;
  /** Of x - mean, and what is added, in the gradient of the input. */
  const float* slope;
  const float* constant;
};

/** Rows that are walked at a time: 32 to 64 KiB of values, so that a second look finds them in the cache. */
inline int64_t ChunkRows(int64_t channels) { return std::max<int64_t>(16, 16384 / channels); }

/** The loops, compiled for one instruction set. Those over rows walk arrays that hold row after row, a value for each channel. */
template <typename T>
struct Loops {
  void (*moments)(const T* x, int64_t rows, int64_t channels, double* mean, double* squares, float* scratch);
  /** `side` is added before values are rectified, or null. */
  void (*normalise)(const T* x, const T* side, T* y, int64_t rows, int64_t channels, const float* factor,
                    const float* shift, bool relu);
  void (*gradient_sums)(const T* dy, const T* x, int64_t rows, int64_t channels, const ChannelValues& of, bool relu,
                        double* sums, double* products, float* scratch);
  void (*input_gradient)(const T* dy, const T* x, T* dx, int64_t rows, int64_t channels, const ChannelValues& of,
                         bool relu);
  void (*add)(const T* a, const T* b, T* sum, int64_t values);
  void (*relu)(const T* x, T* y, int64_t values);
  void (*relu_gradient)(const T* dy, const T* y, T* dx, int64_t values);
};

}  // namespace ssl_scene
