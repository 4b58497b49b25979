// Operations of TensorFlow for processors: batch normalisation in training with what follows it in residual networks (NHWC,
// float32 and bfloat16), and sums and ReLU in bfloat16. They read and write each value as seldom as can be, which is what bounds
// them. Compiled into the binding, and registered when that is loaded. Results depend on shapes and values alone, never on the
// number of threads.

#include <algorithm>
#include <cmath>
#include <cstring>
#include <initializer_list>
#include <string>
#include <vector>

#include "loops.h"
#include "tensorflow/c/kernels.h"
#include "tensorflow/c/ops.h"
#include "tensorflow/c/tf_status.h"
#include "tensorflow/c/tf_tensor.h"
#include "thread_team.h"

namespace ssl_scene {

namespace baseline {
#include "loops.inc"
}

#if defined(__x86_64__) && defined(__GNUC__)
#define SSL_SCENE_DISPATCH 1

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#endif
namespace avx2 {
#include "loops.inc"
}
#if defined(__clang__)
#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#else
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,prefer-vector-width=512")
#endif
namespace avx512 {
#include "loops.inc"
}
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif

namespace {

template <typename T>
Loops<T> BestLoops() {
#ifdef SSL_SCENE_DISPATCH
  const bool has_avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                          __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (has_avx512) return avx512::MakeLoops<T>();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return avx2::MakeLoops<T>();
#endif
  return baseline::MakeLoops<T>();
}

/** A table of values seen as rows of at least 64: narrow ones are laid side by side, so that vectors are full. */
struct Table {
  int64_t rows;
  int64_t channels;
  /** How many rows of the tensor lie side by side in one of the table. */
  int64_t fold;

  Table(int64_t values, int64_t of_channels) {
    const int64_t tensor_rows = values / of_channels;
    fold = 64 % of_channels == 0 ? 64 / of_channels : 1;
    while (tensor_rows % fold != 0) fold /= 2;
    rows = tensor_rows / fold;
    channels = of_channels * fold;
  }
};

/** Parts of a table that threads work on; the same for any number of threads. */
struct Parts {
  int64_t count;
  int64_t rows_each;

  explicit Parts(const Table& table) {
    const int64_t wanted = std::clamp<int64_t>(table.rows * table.channels / 65536, 1, 64);
    rows_each = (table.rows + wanted - 1) / wanted;
    count = (table.rows + rows_each - 1) / rows_each;
  }

  int64_t start(int64_t part) const { return part * rows_each; }
  int64_t rows(int64_t part, const Table& table) const { return std::min(rows_each, table.rows - start(part)); }
};

/** A value of each channel for each column of the table. */
std::vector<float> Spread(const float* values, int64_t channels, const Table& table) {
  std::vector<float> spread(table.channels);
  for (int64_t column = 0; column < table.channels; column++) spread[column] = values[column % channels];
  return spread;
}

struct Failure {
  TF_Code code;
  std::string message;
};

/** The inputs and outputs of one call, freed at its end. */
class Call {
 public:
  explicit Call(TF_OpKernelContext* context) : context_(context), status_(TF_NewStatus()) {}

  ~Call() {
    for (TF_Tensor* tensor : tensors_) TF_DeleteTensor(tensor);
    TF_DeleteStatus(status_);
  }

  TF_Tensor* Input(int index) {
    TF_Tensor* tensor = nullptr;
    TF_GetInput(context_, index, &tensor, status_);
    return Kept(tensor);
  }

  template <typename T>
  T* Output(int index, const std::vector<int64_t>& shape, TF_DataType type) {
    int64_t values = 1;
    for (const int64_t side : shape) values *= side;
    TF_Tensor* tensor =
        TF_AllocateOutput(context_, index, type, shape.data(), int(shape.size()), values * sizeof(T), status_);
    return static_cast<T*>(TF_TensorData(Kept(tensor)));
  }

  /** An output in the memory of one of these inputs, if nobody else needs it, or in memory of its own. */
  template <typename T>
  T* OutputOver(const std::vector<int>& inputs, int index, const std::vector<int64_t>& shape) {
    int forwarded = -1;
    TF_Tensor* tensor = TF_ForwardInputOrAllocateOutput(context_, inputs.data(), int(inputs.size()), index, shape.data(),
                                                        int(shape.size()), &forwarded, status_);
    return static_cast<T*>(TF_TensorData(Kept(tensor)));
  }

  void Fail(const Failure& failure) {
    TF_SetStatus(status_, failure.code, failure.message.c_str());
    TF_OpKernelContext_Failure(context_, status_);
  }

 private:
  TF_Tensor* Kept(TF_Tensor* tensor) {
    if (TF_GetCode(status_) != TF_OK) throw Failure{TF_GetCode(status_), TF_Message(status_)};
    tensors_.push_back(tensor);
    return tensor;
  }

  TF_OpKernelContext* context_;
  TF_Status* status_;
  std::vector<TF_Tensor*> tensors_;
};

std::vector<int64_t> ShapeOf(const TF_Tensor* tensor) {
  std::vector<int64_t> shape(TF_NumDims(tensor));
  for (size_t axis = 0; axis < shape.size(); axis++) shape[axis] = TF_Dim(tensor, int(axis));
  return shape;
}

/** One float for each channel. */
const float* ChannelInput(Call& call, int index, int64_t channels) {
  TF_Tensor* tensor = call.Input(index);
  if (TF_TensorElementCount(tensor) != channels)
    throw Failure{TF_INVALID_ARGUMENT, "expected a value for each of " + std::to_string(channels) + " channels, found " +
                                           std::to_string(TF_TensorElementCount(tensor))};
  return static_cast<const float*>(TF_TensorData(tensor));
}

/** The values of an input that must have a shape. */
template <typename T>
const T* SameShape(Call& call, int index, const std::vector<int64_t>& shape) {
  TF_Tensor* tensor = call.Input(index);
  if (ShapeOf(tensor) != shape) throw Failure{TF_INVALID_ARGUMENT, "expected inputs of one shape"};
  return static_cast<const T*>(TF_TensorData(tensor));
}

int64_t ChannelsOf(const std::vector<int64_t>& shape) {
  if (!shape.empty() && shape.back() > 0) return shape.back();
  throw Failure{TF_INVALID_ARGUMENT, "expected a tensor whose last axis holds channels"};
}

/** What a batch norm was made with. */
struct Settings {
  float epsilon;
  bool relu;
  bool has_side;
};

/** The mean of each channel and the sum of squared distances from it, over all rows. */
template <typename T>
void Moments(const Loops<T>& loops, const T* x, const Table& table, int64_t channels, std::vector<double>& mean,
             std::vector<double>& squares) {
  const Parts parts(table);
  std::vector<double> partial(2 * parts.count * table.channels, 0.0);
  ThreadTeam::Get().Run(parts.count, [&](int64_t part) {
    std::vector<float> scratch(2 * table.channels);
    double* of_part = &partial[2 * part * table.channels];
    loops.moments(x + parts.start(part) * table.channels, parts.rows(part, table), table.channels, of_part,
                  of_part + table.channels, scratch.data());
  });
  std::vector<double> counts(channels, 0.0);
  for (int64_t part = 0; part < parts.count; part++) {
    const double count = double(parts.rows(part, table));
    const double* part_mean = &partial[2 * part * table.channels];
    const double* part_squares = part_mean + table.channels;
    for (int64_t column = 0; column < table.channels; column++) {
      const int64_t channel = column % channels;
      const double distance = part_mean[column] - mean[channel];
      const double share = count / (counts[channel] + count);
      mean[channel] += distance * share;
      squares[channel] += part_squares[column] + distance * distance * counts[channel] * share;
      counts[channel] += count;
    }
  }
}

// From x, scale, offset and perhaps what is added: y, mean, unbiased variance, and 1 / sqrt(biased variance + epsilon), which the
// gradient needs.
template <typename T>
void Forward(Call& call, const Settings& settings) {
  static const Loops<T> loops = BestLoops<T>();
  TF_Tensor* input = call.Input(0);
  const std::vector<int64_t> shape = ShapeOf(input);
  const int64_t channels = ChannelsOf(shape);
  const int64_t values = TF_TensorElementCount(input);
  const double rows = double(values / channels);
  const float* scale = ChannelInput(call, 1, channels);
  const float* offset = ChannelInput(call, 2, channels);
  const T* x = static_cast<const T*>(TF_TensorData(input));
  const T* side = settings.has_side ? SameShape<T>(call, 3, shape) : nullptr;
  T* y = side ? call.OutputOver<T>({3}, 0, shape) : call.Output<T>(0, shape, TF_TensorType(input));
  float* mean = call.Output<float>(1, {channels}, TF_FLOAT);
  float* variance = call.Output<float>(2, {channels}, TF_FLOAT);
  float* inverse = call.Output<float>(3, {channels}, TF_FLOAT);
  if (values == 0) return;

  const Table table(values, channels);
  std::vector<double> exact_mean(channels, 0.0), squares(channels, 0.0);
  Moments(loops, x, table, channels, exact_mean, squares);
  std::vector<float> factor(channels), shift(channels);
  for (int64_t channel = 0; channel < channels; channel++) {
    const double deviation = std::sqrt(squares[channel] / rows + double(settings.epsilon));
    mean[channel] = float(exact_mean[channel]);
    variance[channel] = float(squares[channel] / std::max(rows - 1.0, 1.0));
    inverse[channel] = float(1.0 / deviation);
    factor[channel] = float(double(scale[channel]) / deviation);
    shift[channel] = float(double(offset[channel]) - exact_mean[channel] * double(scale[channel]) / deviation);
  }
  const std::vector<float> factors = Spread(factor.data(), channels, table);
  const std::vector<float> shifts = Spread(shift.data(), channels, table);
  const Parts parts(table);
  ThreadTeam::Get().Run(parts.count, [&](int64_t part) {
    const int64_t start = parts.start(part) * table.channels;
    loops.normalise(x + start, side ? side + start : nullptr, y + start, parts.rows(part, table), table.channels, factors.data(), shifts.data(),
                    settings.relu);
  });
}

// From dy, x, scale, offset, mean and the inverse deviation: gradients of x, scale and offset.
template <typename T>
void Backward(Call& call, const Settings& settings) {
  static const Loops<T> loops = BestLoops<T>();
  TF_Tensor* input = call.Input(1);
  const std::vector<int64_t> shape = ShapeOf(input);
  const int64_t channels = ChannelsOf(shape);
  const int64_t values = TF_TensorElementCount(input);
  const double rows = double(values / channels);
  const float* scale = ChannelInput(call, 2, channels);
  const float* offset = ChannelInput(call, 3, channels);
  const float* mean = ChannelInput(call, 4, channels);
  const float* inverse = ChannelInput(call, 5, channels);
  const T* dy = SameShape<T>(call, 0, shape);
  const T* x = static_cast<const T*>(TF_TensorData(input));
  T* dx = call.OutputOver<T>({0}, 0, shape);
  float* d_scale = call.Output<float>(1, {channels}, TF_FLOAT);
  float* d_offset = call.Output<float>(2, {channels}, TF_FLOAT);
  if (values == 0) return;

  const Table table(values, channels);
  const Parts parts(table);
  std::vector<float> factor(channels), shift(channels), slope(channels), constant(channels);
  for (int64_t channel = 0; channel < channels; channel++) {
    const double exact = double(scale[channel]) * double(inverse[channel]);
    factor[channel] = float(exact);
    shift[channel] = float(double(offset[channel]) - double(mean[channel]) * exact);
  }
  const std::vector<float> means = Spread(mean, channels, table);
  const std::vector<float> factors = Spread(factor.data(), channels, table);
  const std::vector<float> shifts = Spread(shift.data(), channels, table);
  ChannelValues of{means.data(), factors.data(), shifts.data(), nullptr, nullptr};

  std::vector<double> partial(2 * parts.count * table.channels, 0.0);
  ThreadTeam::Get().Run(parts.count, [&](int64_t part) {
    std::vector<float> scratch(2 * table.channels);
    const int64_t start = parts.start(part) * table.channels;
    double* sums = &partial[2 * part * table.channels];
    loops.gradient_sums(dy + start, x + start, parts.rows(part, table), table.channels, of, settings.relu, sums,
                        sums + table.channels, scratch.data());
  });
  std::vector<double> sums(channels, 0.0), products(channels, 0.0);
  for (int64_t part = 0; part < parts.count; part++) {
    const double* of_part = &partial[2 * part * table.channels];
    for (int64_t column = 0; column < table.channels; column++) {
      sums[column % channels] += of_part[column];
      products[column % channels] += of_part[table.channels + column];
    }
  }
  for (int64_t channel = 0; channel < channels; channel++) {
    const double deviation = double(inverse[channel]);
    d_offset[channel] = float(sums[channel]);
    d_scale[channel] = float(products[channel] * deviation);
    slope[channel] = float(-double(factor[channel]) * deviation * deviation * products[channel] / rows);
    constant[channel] = float(-double(factor[channel]) * sums[channel] / rows);
  }
  const std::vector<float> slopes = Spread(slope.data(), channels, table);
  const std::vector<float> constants = Spread(constant.data(), channels, table);
  of.slope = slopes.data();
  of.constant = constants.data();
  ThreadTeam::Get().Run(parts.count, [&](int64_t part) {
    const int64_t start = parts.start(part) * table.channels;
    loops.input_gradient(dy + start, x + start, dx + start, parts.rows(part, table), table.channels, of, settings.relu);
  });
}

/** Values that a thread takes at a time; any number gives the same results. */
constexpr int64_t kStretch = 65536;

template <typename Stretch>
void OverValues(int64_t values, Stretch stretch) {
  ThreadTeam::Get().Run((values + kStretch - 1) / kStretch, [&](int64_t part) {
    const int64_t start = part * kStretch;
    stretch(start, std::min(kStretch, values - start));
  });
}

template <typename T>
void Relu(Call& call, const Settings&) {
  static const Loops<T> loops = BestLoops<T>();
  TF_Tensor* input = call.Input(0);
  const T* x = static_cast<const T*>(TF_TensorData(input));
  T* y = call.OutputOver<T>({0}, 0, ShapeOf(input));
  OverValues(TF_TensorElementCount(input), [&](int64_t at, int64_t count) { loops.relu(x + at, y + at, count); });
}

/** Of two tensors of one shape, value by value; the result may take the place of either. */
template <typename T, void (*Loops<T>::*loop)(const T*, const T*, T*, int64_t)>
void Pairwise(Call& call, const Settings&) {
  static const Loops<T> loops = BestLoops<T>();
  TF_Tensor* first = call.Input(0);
  const std::vector<int64_t> shape = ShapeOf(first);
  const T* a = static_cast<const T*>(TF_TensorData(first));
  const T* b = SameShape<T>(call, 1, shape);
  T* result = call.OutputOver<T>({0, 1}, 0, shape);
  OverValues(TF_TensorElementCount(first),
             [&](int64_t at, int64_t count) { (loops.*loop)(a + at, b + at, result + at, count); });
}

// ---- registration

using Computation = void (*)(Call&, const Settings&);

/** Reads a batch norm's attributes; `sides` is a count because lists of inputs have one, and at most 1. */
void* CreateBatchNorm(TF_OpKernelConstruction* construction) {
  TF_Status* status = TF_NewStatus();
  auto* settings = new Settings{};
  TF_Bool relu = 0;
  int32_t sides = 0;
  TF_OpKernelConstruction_GetAttrFloat(construction, "epsilon", &settings->epsilon, status);
  if (TF_GetCode(status) == TF_OK) TF_OpKernelConstruction_GetAttrBool(construction, "relu", &relu, status);
  if (TF_GetCode(status) == TF_OK) TF_OpKernelConstruction_GetAttrInt32(construction, "sides", &sides, status);
  if (TF_GetCode(status) == TF_OK && sides > 1) TF_SetStatus(status, TF_INVALID_ARGUMENT, "expected one side at most");
  if (TF_GetCode(status) != TF_OK) TF_OpKernelConstruction_Failure(construction, status);
  settings->relu = relu != 0;
  settings->has_side = sides == 1;
  TF_DeleteStatus(status);
  return settings;
}

void* CreateBatchNormGradient(TF_OpKernelConstruction* construction) {
  TF_Status* status = TF_NewStatus();
  auto* settings = new Settings{};
  TF_Bool relu = 0;
  TF_OpKernelConstruction_GetAttrBool(construction, "relu", &relu, status);
  if (TF_GetCode(status) != TF_OK) TF_OpKernelConstruction_Failure(construction, status);
  settings->relu = relu != 0;
  TF_DeleteStatus(status);
  return settings;
}

void* CreatePlain(TF_OpKernelConstruction*) { return new Settings{}; }

void Delete(void* settings) { delete static_cast<Settings*>(settings); }

template <Computation compute>
void Compute(void* settings, TF_OpKernelContext* context) {
  Call call(context);
  try {
    compute(call, *static_cast<Settings*>(settings));
  } catch (const Failure& failure) {
    call.Fail(failure);
  } catch (const std::exception& error) {
    call.Fail({TF_INTERNAL, error.what()});
  }
}

/** Output 0 has the shape of input `values`, the others that of input `channels`. */
template <int values, int channels, int outputs>
void InferShapes(TF_ShapeInferenceContext* context, TF_Status* status) {
  TF_ShapeHandle* handle = TF_NewShapeHandle();
  for (int output = 0; output < outputs && TF_GetCode(status) == TF_OK; output++) {
    TF_ShapeInferenceContextGetInput(context, output == 0 ? values : channels, handle, status);
    if (TF_GetCode(status) == TF_OK) TF_ShapeInferenceContextSetOutput(context, output, handle, status);
  }
  TF_DeleteShapeHandle(handle);
}

using Names = std::initializer_list<const char*>;

/** Registers operations one after the other; the first that TensorFlow refuses ends it. */
class Registry {
 public:
  Registry() : status_(TF_NewStatus()) {}
  ~Registry() { TF_DeleteStatus(status_); }

  void Operation(const char* name, Names attributes, Names inputs, Names outputs,
                 void (*shapes)(TF_ShapeInferenceContext*, TF_Status*)) {
    if (!is_sound()) return;
    TF_OpDefinitionBuilder* builder = TF_NewOpDefinitionBuilder(name);
    for (const char* attribute : attributes) TF_OpDefinitionBuilderAddAttr(builder, attribute);
    for (const char* input : inputs) TF_OpDefinitionBuilderAddInput(builder, input);
    for (const char* output : outputs) TF_OpDefinitionBuilderAddOutput(builder, output);
    TF_OpDefinitionBuilderSetShapeInferenceFunction(builder, shapes);
    TF_RegisterOpDefinition(builder, status_);
  }

  template <Computation compute>
  void Kernel(const char* operation, TF_DataType type, void* (*create)(TF_OpKernelConstruction*)) {
    if (!is_sound()) return;
    TF_KernelBuilder* builder = TF_NewKernelBuilder(operation, "CPU", create, Compute<compute>, Delete);
    TF_KernelBuilder_TypeConstraint(builder, "T", type, status_);
    const std::string name = operation + std::to_string(int(type));
    if (is_sound()) TF_RegisterKernelBuilder(name.c_str(), builder, status_);
  }

  bool is_sound() const { return TF_GetCode(status_) == TF_OK; }

 private:
  TF_Status* status_;
};

bool Register() {
  Registry registry;
  const Names settings = {"T: {float, bfloat16}", "epsilon: float", "relu: bool = false", "sides: int >= 0 = 0"};
  registry.Operation("SslSceneBatchNorm", settings, {"x: T", "scale: float", "offset: float", "side: sides * T"},
                     {"y: T", "mean: float", "variance: float", "inverse_deviation: float"}, InferShapes<0, 1, 4>);
  registry.Kernel<Forward<float>>("SslSceneBatchNorm", TF_FLOAT, CreateBatchNorm);
  registry.Kernel<Forward<Bfloat16>>("SslSceneBatchNorm", TF_BFLOAT16, CreateBatchNorm);

  registry.Operation(
      "SslSceneBatchNormGrad", {"T: {float, bfloat16}", "relu: bool = false"},
      {"dy: T", "x: T", "scale: float", "offset: float", "mean: float", "inverse_deviation: float"},
      {"dx: T", "d_scale: float", "d_offset: float"}, InferShapes<1, 2, 3>);
  registry.Kernel<Backward<float>>("SslSceneBatchNormGrad", TF_FLOAT, CreateBatchNormGradient);
  registry.Kernel<Backward<Bfloat16>>("SslSceneBatchNormGrad", TF_BFLOAT16, CreateBatchNormGradient);

  // TensorFlow's own are as fast in float32.
  registry.Operation("SslSceneRelu", {"T: {bfloat16}"}, {"x: T"}, {"y: T"}, InferShapes<0, 0, 1>);
  registry.Kernel<Relu<Bfloat16>>("SslSceneRelu", TF_BFLOAT16, CreatePlain);
  registry.Operation("SslSceneReluGrad", {"T: {bfloat16}"}, {"dy: T", "y: T"}, {"dx: T"}, InferShapes<0, 0, 1>);
  registry.Kernel<Pairwise<Bfloat16, &Loops<Bfloat16>::relu_gradient>>("SslSceneReluGrad", TF_BFLOAT16, CreatePlain);
  registry.Operation("SslSceneAdd", {"T: {bfloat16}"}, {"a: T", "b: T"}, {"sum: T"}, InferShapes<0, 0, 1>);
  registry.Kernel<Pairwise<Bfloat16, &Loops<Bfloat16>::add>>("SslSceneAdd", TF_BFLOAT16, CreatePlain);
  return registry.is_sound();
}

const bool registered = Register();

}  // namespace
}  // namespace ssl_scene
