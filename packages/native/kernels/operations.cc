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
    rows_each = std::max<int64_t>((table.rows + wanted - 1) / wanted, 1);
    count = (table.rows + rows_each - 1) / rows_each;
  }

  int64_t start(int64_t part) const { return part * rows_each; }
  int64_t rows(int64_t part, const Table& table) const { return std::min(rows_each, table.rows - start(part)); }
};

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
  /** Neighbouring images that share statistics are one of so many groups. */
  int32_t groups;
};

/** A tensor as groups of rows, each with statistics of its own, and each as a table of parts. */
struct Groups {
  int64_t count;
  int64_t channels;
  /** Values of one group. */
  int64_t values;
  Table table;
  Parts parts;

  Groups(int64_t all_values, int64_t of_channels, int64_t groups)
      : count(groups), channels(of_channels), values(all_values / groups), table(values, channels), parts(table) {}

  /** Runs work(group, first row of the table, rows, place of a part among all) for all parts of all groups. */
  template <typename Work>
  void Run(Work work) const {
    ThreadTeam::Get().Run(count * parts.count, [&](int64_t place) {
      const int64_t part = place % parts.count;
      work(place / parts.count, parts.start(part), parts.rows(part, table), place);
    });
  }

  /** Where a row of a group's table begins in the tensor. */
  int64_t At(int64_t group, int64_t row) const { return group * values + row * table.channels; }

  double rows() const { return double(values / channels); }

  /** A value of each channel of each group, for each column of each group's table. */
  std::vector<float> Spread(const float* of_channels) const {
    std::vector<float> spread(count * table.channels);
    for (int64_t at = 0; at < int64_t(spread.size()); at++)
      spread[at] = of_channels[at / table.channels * channels + at % table.channels % channels];
    return spread;
  }
};

/** A batch that groups share out evenly. */
Groups GroupsOf(const std::vector<int64_t>& shape, int64_t values, int64_t groups) {
  if (groups < 1 || shape.size() < 2 || shape.front() % groups != 0)
    throw Failure{TF_INVALID_ARGUMENT, "expected a batch that " + std::to_string(groups) + " groups divide"};
  return Groups(values, ChannelsOf(shape), groups);
}

/** What both directions are given: values to normalise from input `first` on, then scale and offset. */
template <typename T>
struct Inputs {
  TF_Tensor* tensor;
  TF_DataType type;
  std::vector<int64_t> shape;
  int64_t values;
  Groups groups;
  const T* x;
  const float* scale;
  const float* offset;

  Inputs(Call& call, int first, int64_t group_count)
      : tensor(call.Input(first)),
        type(TF_TensorType(tensor)),
        shape(ShapeOf(tensor)),
        values(TF_TensorElementCount(tensor)),
        groups(GroupsOf(shape, values, group_count)),
        x(static_cast<const T*>(TF_TensorData(tensor))),
        scale(ChannelInput(call, first + 1, groups.channels)),
        offset(ChannelInput(call, first + 2, groups.channels)) {}
};

/** The mean of each channel of each group, and the sum of squared distances from it. */
template <typename T>
void Moments(const Loops<T>& loops, const T* x, const Groups& groups, std::vector<double>& mean,
             std::vector<double>& squares) {
  const int64_t columns = groups.table.channels;
  std::vector<double> partial(2 * groups.count * groups.parts.count * columns, 0.0);
  groups.Run([&](int64_t group, int64_t row, int64_t rows, int64_t place) {
    std::vector<float> scratch(2 * columns);
    double* of_part = &partial[2 * place * columns];
    loops.moments(x + groups.At(group, row), rows, columns, of_part, of_part + columns, scratch.data());
  });
  for (int64_t group = 0; group < groups.count; group++) {
    std::vector<double> counts(groups.channels, 0.0);
    for (int64_t part = 0; part < groups.parts.count; part++) {
      const double rows = double(groups.parts.rows(part, groups.table));
      const double* part_mean = &partial[2 * (group * groups.parts.count + part) * columns];
      const double* part_squares = part_mean + columns;
      for (int64_t column = 0; column < columns; column++) {
        const int64_t channel = column % groups.channels;
        const int64_t at = group * groups.channels + channel;
        const double distance = part_mean[column] - mean[at];
        const double share = rows / (counts[channel] + rows);
        mean[at] += distance * share;
        squares[at] += part_squares[column] + distance * distance * counts[channel] * share;
        counts[channel] += rows;
      }
    }
  }
}

// From x, scale, offset and perhaps what is added: y; mean and unbiased variance, averaged over the groups; and of each group the
// mean and 1 / sqrt(biased variance + epsilon), which the gradient needs.
template <typename T>
void Forward(Call& call, const Settings& settings) {
  static const Loops<T> loops = BestLoops<T>();
  const Inputs<T> inputs(call, 0, settings.groups);
  const auto& groups = inputs.groups;
  const auto& shape = inputs.shape;
  const T* x = inputs.x;
  const int64_t values = inputs.values, channels = groups.channels;
  const T* side = settings.has_side ? SameShape<T>(call, 3, shape) : nullptr;
  T* y = side ? call.OutputOver<T>({3}, 0, shape) : call.Output<T>(0, shape, inputs.type);
  float* mean = call.Output<float>(1, {channels}, TF_FLOAT);
  float* variance = call.Output<float>(2, {channels}, TF_FLOAT);
  float* group_mean = call.Output<float>(3, {groups.count * channels}, TF_FLOAT);
  float* inverse = call.Output<float>(4, {groups.count * channels}, TF_FLOAT);
  if (values == 0) return;

  std::vector<double> exact_mean(groups.count * channels, 0.0), squares(groups.count * channels, 0.0);
  Moments(loops, x, groups, exact_mean, squares);
  std::vector<double> mean_sum(channels, 0.0), square_sum(channels, 0.0);
  std::vector<float> factor(groups.count * channels), shift(groups.count * channels);
  for (int64_t at = 0; at < groups.count * channels; at++) {
    const int64_t channel = at % channels;
    const double deviation = std::sqrt(squares[at] / groups.rows() + double(settings.epsilon));
    mean_sum[channel] += exact_mean[at];
    square_sum[channel] += squares[at];
    group_mean[at] = float(exact_mean[at]);
    inverse[at] = float(1.0 / deviation);
    factor[at] = float(double(inputs.scale[channel]) / deviation);
    shift[at] = float(double(inputs.offset[channel]) - exact_mean[at] * double(inputs.scale[channel]) / deviation);
  }
  for (int64_t channel = 0; channel < channels; channel++) {
    mean[channel] = float(mean_sum[channel] / double(groups.count));
    variance[channel] = float(square_sum[channel] / std::max(groups.rows() - 1.0, 1.0) / double(groups.count));
  }
  const std::vector<float> factors = groups.Spread(factor.data());
  const std::vector<float> shifts = groups.Spread(shift.data());
  const int64_t columns = groups.table.channels;
  groups.Run([&](int64_t group, int64_t row, int64_t rows, int64_t) {
    const int64_t at = groups.At(group, row);
    loops.normalise(x + at, side ? side + at : nullptr, y + at, rows, columns, &factors[group * columns],
                    &shifts[group * columns], settings.relu);
  });
}

// From dy, x, scale, offset, and of each group mean and inverse deviation: gradients of x, scale and offset.
template <typename T>
void Backward(Call& call, const Settings& settings) {
  static const Loops<T> loops = BestLoops<T>();
  const Inputs<T> inputs(call, 1, settings.groups);
  const auto& groups = inputs.groups;
  const auto& shape = inputs.shape;
  const T* x = inputs.x;
  const int64_t values = inputs.values, channels = groups.channels;
  const float* mean = ChannelInput(call, 4, groups.count * channels);
  const float* inverse = ChannelInput(call, 5, groups.count * channels);
  const T* dy = SameShape<T>(call, 0, shape);
  T* dx = call.OutputOver<T>({0}, 0, shape);
  float* d_scale = call.Output<float>(1, {channels}, TF_FLOAT);
  float* d_offset = call.Output<float>(2, {channels}, TF_FLOAT);
  if (values == 0) return;

  const int64_t all = groups.count * channels;
  std::vector<float> factor(all), shift(all), slope(all), constant(all);
  for (int64_t at = 0; at < all; at++) {
    const double exact = double(inputs.scale[at % channels]) * double(inverse[at]);
    factor[at] = float(exact);
    shift[at] = float(double(inputs.offset[at % channels]) - double(mean[at]) * exact);
  }
  const std::vector<float> means = groups.Spread(mean);
  const std::vector<float> factors = groups.Spread(factor.data());
  const std::vector<float> shifts = groups.Spread(shift.data());
  const int64_t columns = groups.table.channels;
  const auto of_group = [&](int64_t group, const float* slopes, const float* constants) {
    const int64_t first = group * columns;
    return ChannelValues{&means[first], &factors[first], &shifts[first], slopes + first, constants + first};
  };

  std::vector<double> partial(2 * groups.count * groups.parts.count * columns, 0.0);
  groups.Run([&](int64_t group, int64_t row, int64_t rows, int64_t place) {
    std::vector<float> scratch(2 * columns);
    const int64_t at = groups.At(group, row);
    double* sums = &partial[2 * place * columns];
    // Slopes and constants follow from these sums; any array of their length stands in for them.
    loops.gradient_sums(dy + at, x + at, rows, columns, of_group(group, means.data(), means.data()), settings.relu, sums,
                        sums + columns, scratch.data());
  });
  std::vector<double> sums(all, 0.0), products(all, 0.0);
  for (int64_t place = 0; place < groups.count * groups.parts.count; place++) {
    const int64_t first = place / groups.parts.count * channels;
    const double* of_part = &partial[2 * place * columns];
    for (int64_t column = 0; column < columns; column++) {
      sums[first + column % channels] += of_part[column];
      products[first + column % channels] += of_part[columns + column];
    }
  }
  std::vector<double> scale_sum(channels, 0.0), offset_sum(channels, 0.0);
  for (int64_t at = 0; at < all; at++) {
    const double deviation = double(inverse[at]);
    offset_sum[at % channels] += sums[at];
    scale_sum[at % channels] += products[at] * deviation;
    slope[at] = float(-double(factor[at]) * deviation * deviation * products[at] / groups.rows());
    constant[at] = float(-double(factor[at]) * sums[at] / groups.rows());
  }
  for (int64_t channel = 0; channel < channels; channel++) {
    d_offset[channel] = float(offset_sum[channel]);
    d_scale[channel] = float(scale_sum[channel]);
  }
  const std::vector<float> slopes = groups.Spread(slope.data());
  const std::vector<float> constants = groups.Spread(constant.data());
  groups.Run([&](int64_t group, int64_t row, int64_t rows, int64_t) {
    const int64_t at = groups.At(group, row);
    loops.input_gradient(dy + at, x + at, dx + at, rows, columns, of_group(group, slopes.data(), constants.data()),
                         settings.relu);
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

/** Reads attributes one after the other; the first that fails ends it. */
class Attributes {
 public:
  explicit Attributes(TF_OpKernelConstruction* construction) : construction_(construction), status_(TF_NewStatus()) {}

  ~Attributes() {
    if (!is_sound()) TF_OpKernelConstruction_Failure(construction_, status_);
    TF_DeleteStatus(status_);
  }

  float Float(const char* name) {
    float value = 0;
    if (is_sound()) TF_OpKernelConstruction_GetAttrFloat(construction_, name, &value, status_);
    return value;
  }

  bool Bool(const char* name) {
    TF_Bool value = 0;
    if (is_sound()) TF_OpKernelConstruction_GetAttrBool(construction_, name, &value, status_);
    return value != 0;
  }

  int32_t Integer(const char* name) {
    int32_t value = 0;
    if (is_sound()) TF_OpKernelConstruction_GetAttrInt32(construction_, name, &value, status_);
    return value;
  }

 private:
  bool is_sound() const { return TF_GetCode(status_) == TF_OK; }

  TF_OpKernelConstruction* construction_;
  TF_Status* status_;
};

void* CreateBatchNorm(TF_OpKernelConstruction* construction) {
  Attributes attributes(construction);
  return new Settings{attributes.Float("epsilon"), attributes.Bool("relu"), attributes.Integer("sides") != 0,
                      attributes.Integer("groups")};
}

void* CreateBatchNormGradient(TF_OpKernelConstruction* construction) {
  Attributes attributes(construction);
  return new Settings{0, attributes.Bool("relu"), false, attributes.Integer("groups")};
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

/** Output 0 has the shape of input `values`, outputs 1 and 2 where there are some that of input `channels`, others any. */
template <int values, int channels, int outputs>
void InferShapes(TF_ShapeInferenceContext* context, TF_Status* status) {
  TF_ShapeInferenceContextSetUnknownShape(context, status);
  TF_ShapeHandle* handle = TF_NewShapeHandle();
  for (int output = 0; output < std::min(outputs, 3) && TF_GetCode(status) == TF_OK; output++) {
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
  // `sides` counts what is added, none or one: an input that may be absent is a list.
  const Names settings = {"T: {float, bfloat16}", "epsilon: float", "relu: bool = false", "sides: int >= 0 = 0",
                          "groups: int >= 1 = 1"};
  registry.Operation("SslSceneBatchNorm", settings, {"x: T", "scale: float", "offset: float", "side: sides * T"},
                     {"y: T", "mean: float", "variance: float", "group_mean: float", "inverse_deviation: float"},
                     InferShapes<0, 1, 5>);
  registry.Kernel<Forward<float>>("SslSceneBatchNorm", TF_FLOAT, CreateBatchNorm);
  registry.Kernel<Forward<Bfloat16>>("SslSceneBatchNorm", TF_BFLOAT16, CreateBatchNorm);

  registry.Operation(
      "SslSceneBatchNormGrad", {"T: {float, bfloat16}", "relu: bool = false", "groups: int >= 1 = 1"},
      {"dy: T", "x: T", "scale: float", "offset: float", "group_mean: float", "inverse_deviation: float"},
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
