// torch.utils.data in one process: data sets of tensors, and loaders with Python's draws of random numbers.
#pragma once

#include <torch/types.h>
#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

namespace py2cpp::data {

// Some rows of tensors of one length: a TensorDataset has all of them, a Subset those that it lists, a ConcatDataset those
// of several.
class Dataset {
 public:
  Dataset() = default;
  explicit Dataset(std::vector<at::Tensor> tensors) {
    for (const auto& tensor : tensors) {
      TORCH_CHECK(tensor.size(0) == tensors.front().size(0), "Size mismatch between tensors");
    }
    for (int64_t i = 0; i < tensors.front().size(0); ++i) rows_.emplace_back(0, i);
    sources_.push_back(std::move(tensors));
  }

  int64_t size() const { return static_cast<int64_t>(rows_.size()); }

  Dataset subset(const std::vector<int64_t>& indices) const {
    Dataset made = *this;
    made.rows_.clear();
    for (int64_t index : indices) made.rows_.push_back(rows_.at(index));
    return made;
  }

  static Dataset concatenated(const std::vector<Dataset>& parts) {
    Dataset made;
    TORCH_CHECK(!parts.empty(), "datasets should not be an empty iterable");
    for (const auto& part : parts) {
      for (const auto& [source, row] : part.rows_) made.rows_.emplace_back(made.sources_.size() + source, row);
      made.sources_.insert(made.sources_.end(), part.sources_.begin(), part.sources_.end());
    }
    return made;
  }

  // One row, counted from the end where the index is negative.
  std::vector<at::Tensor> at(int64_t index) const {
    const int64_t place = index < 0 ? index + size() : index;
    TORCH_CHECK_INDEX(place >= 0 && place < size(), "list index out of range");
    const auto& [source, row] = rows_[place];
    std::vector<at::Tensor> made;
    for (const auto& tensor : sources_[source]) made.push_back(tensor.select(0, row));
    return made;
  }

  // The rows at some places, one tensor for each tensor of the data set.
  std::vector<at::Tensor> batch(const std::vector<int64_t>& indices) const {
    std::vector<at::Tensor> made;
    const size_t width = sources_.at(rows_.at(indices.front()).first).size();
    for (size_t i = 0; i < width; ++i) {
      std::vector<at::Tensor> items;
      for (int64_t index : indices) {
        const auto& [source, row] = rows_.at(index);
        items.push_back(sources_[source].at(i).select(0, row));
      }
      made.push_back(at::stack(items));
    }
    return made;
  }

 private:
  std::vector<std::vector<at::Tensor>> sources_;
  std::vector<std::pair<size_t, int64_t>> rows_;
};

inline std::vector<int64_t> permutation(int64_t n, std::optional<at::Generator> generator) {
  const at::Tensor drawn = at::randperm(n, std::move(generator), at::TensorOptions(at::kLong));
  return {drawn.const_data_ptr<int64_t>(), drawn.const_data_ptr<int64_t>() + n};
}

inline std::vector<Dataset> random_split(const Dataset& dataset, const std::vector<int64_t>& lengths,
                                         std::optional<at::Generator> generator = std::nullopt) {
  const int64_t total = std::accumulate(lengths.begin(), lengths.end(), int64_t{0});
  TORCH_CHECK_VALUE(total == dataset.size(),
                    "Sum of input lengths does not equal the length of the input dataset!");
  const auto order = permutation(total, std::move(generator));
  std::vector<Dataset> parts;
  auto first = order.begin();
  for (int64_t length : lengths) {
    parts.push_back(dataset.subset({first, first + length}));
    first += length;
  }
  return parts;
}

inline int64_t draw_seed(std::optional<at::Generator> generator = std::nullopt) {
  return at::empty({}, at::kLong).random_(std::move(generator)).item<int64_t>();
}

// How many places there are to choose from, asked for each pass.
using Length = std::function<int64_t()>;

inline void check_samples(int64_t count) {
  TORCH_CHECK_VALUE(count > 0, "num_samples should be a positive integer value, but got num_samples=", count);
}

// The order that a loader reads a data set in, drawn anew for each pass. Copies are the same sampler.
class Sampler {
 public:
  using Draw = std::function<std::vector<int64_t>()>;

  Sampler() = default;
  Sampler(std::nullptr_t) {}
  Sampler(std::nullopt_t) {}
  Sampler(Length size, Draw draw) : size_(std::move(size)), draw_(std::move(draw)) {}
  Sampler(int64_t size, Draw draw) : Sampler([size] { return size; }, std::move(draw)) { check_samples(size); }

  int64_t size() const { return size_(); }
  std::vector<int64_t> order() const { return draw_(); }
  bool operator==(std::nullptr_t) const { return draw_ == nullptr; }
  bool operator!=(std::nullptr_t) const { return draw_ != nullptr; }

 private:
  Length size_;
  Draw draw_;
};

inline std::vector<int64_t> numbers(const at::Tensor& drawn) {
  const at::Tensor held = drawn.contiguous();
  return {held.const_data_ptr<int64_t>(), held.const_data_ptr<int64_t>() + held.numel()};
}

inline Sampler sequential_sampler(Length length) {
  return Sampler(length, [length] { return numbers(at::arange(length())); });
}
inline Sampler sequential_sampler(int64_t length) {
  return sequential_sampler([length] { return length; });
}
inline Sampler sequential_sampler(const Dataset& dataset) { return sequential_sampler(dataset.size()); }
inline Sampler random_sampler(Length length, bool replacement = false,
                              std::optional<int64_t> num_samples = std::nullopt,
                              std::optional<at::Generator> generator = std::nullopt) {
  const Length samples = [=] { return num_samples ? *num_samples : length(); };
  check_samples(samples());
  return Sampler(samples, [=] {
    const int64_t n = length();
    const int64_t count = samples();
    const auto source = generator ? *generator : at::detail::createCPUGenerator(static_cast<uint64_t>(draw_seed()));
    std::vector<int64_t> order;
    const auto add = [&order](const std::vector<int64_t>& drawn, int64_t first) {
      order.insert(order.end(), drawn.begin(), drawn.begin() + first);
    };
    const int64_t step = replacement ? 32 : n;
    const auto drawn = [&](int64_t size) {
      return replacement ? numbers(at::randint(n, {size}, source, at::TensorOptions(at::kLong))) : permutation(n, source);
    };
    for (int64_t i = 0; i < count / step; ++i) add(drawn(step), step);
    add(drawn(count % step), count % step);
    return order;
  });
}
inline Sampler random_sampler(int64_t length, bool replacement = false,
                              std::optional<int64_t> num_samples = std::nullopt,
                              std::optional<at::Generator> generator = std::nullopt) {
  return random_sampler([length] { return length; }, replacement, num_samples, std::move(generator));
}
inline Sampler random_sampler(const Dataset& dataset, bool replacement = false,
                              std::optional<int64_t> num_samples = std::nullopt,
                              std::optional<at::Generator> generator = std::nullopt) {
  return random_sampler(dataset.size(), replacement, num_samples, std::move(generator));
}
inline Sampler subset_random_sampler(const std::vector<int64_t>& indices,
                                     std::optional<at::Generator> generator = std::nullopt) {
  return Sampler(static_cast<int64_t>(indices.size()), [=] {
    std::vector<int64_t> order;
    for (int64_t place : permutation(static_cast<int64_t>(indices.size()), generator)) order.push_back(indices[place]);
    return order;
  });
}
inline Sampler weighted_random_sampler(const at::Tensor& weights, int64_t num_samples, bool replacement = true,
                                       std::optional<at::Generator> generator = std::nullopt) {
  const at::Tensor held = weights.to(at::kDouble);
  TORCH_CHECK_VALUE(held.dim() == 1, "weights should be a 1d sequence");
  return Sampler(num_samples, [=] { return numbers(at::multinomial(held, num_samples, replacement, generator)); });
}
inline Sampler weighted_random_sampler(const std::vector<double>& weights, int64_t num_samples, bool replacement = true,
                                       std::optional<at::Generator> generator = std::nullopt) {
  return weighted_random_sampler(at::tensor(weights, at::kDouble), num_samples, replacement, std::move(generator));
}

class DataLoader {
 public:
  DataLoader() = default;
  explicit DataLoader(Dataset dataset, int64_t batch_size = 1, bool shuffle = false, bool drop_last = false,
                      Sampler sampler = nullptr, std::optional<at::Generator> generator = std::nullopt)
      : dataset_(std::move(dataset)),
        batch_size_(batch_size),
        shuffle_(shuffle),
        drop_last_(drop_last),
        sampler_(std::move(sampler)),
        generator_(std::move(generator)) {
    TORCH_CHECK_VALUE(!shuffle || sampler_ == nullptr, "sampler option is mutually exclusive with shuffle");
    TORCH_CHECK_VALUE(batch_size > 0, "batch_size should be a positive integer value, but got batch_size=", batch_size);
    TORCH_CHECK_VALUE(!shuffle || dataset_.size() > 0, "num_samples should be a positive integer value");
  }

  const Dataset& dataset() const { return dataset_; }
  int64_t batch_size() const { return batch_size_; }
  int64_t size() const {
    const int64_t n = samples();
    return drop_last_ ? n / batch_size_ : (n + batch_size_ - 1) / batch_size_;
  }

  // The batches of one pass.
  std::vector<std::vector<at::Tensor>> batches() const {
    enter();
    std::vector<std::vector<at::Tensor>> made;
    const auto order = draw();
    for (int64_t i = 0; i < size(); ++i) made.push_back(batch(order, i));
    return made;
  }

  // The parts of a pass: what it draws when it begins, the order that it draws for its first batch, and a batch.
  void enter() const { draw_seed(generator_); }  // of workers, which Python draws without workers too
  std::vector<int64_t> draw() const { return sampler_ != nullptr ? sampler_.order() : shuffle_ ? shuffled() : in_order(); }
  std::vector<at::Tensor> batch(const std::vector<int64_t>& order, int64_t i) const {
    const auto first = order.begin() + i * batch_size_;
    const auto last = order.begin() + std::min((i + 1) * batch_size_, samples());
    return dataset_.batch({first, last});
  }

 private:
  int64_t samples() const { return sampler_ != nullptr ? sampler_.size() : dataset_.size(); }

  std::vector<int64_t> shuffled() const {
    if (generator_) {
      const auto order = permutation(dataset_.size(), generator_);
      permutation(dataset_.size(), generator_);  // Python draws what is left over too, of which it takes nothing
      return order;
    }
    const auto seed = static_cast<uint64_t>(draw_seed());
    return permutation(dataset_.size(), at::detail::createCPUGenerator(seed));
  }
  std::vector<int64_t> in_order() const {
    std::vector<int64_t> order(dataset_.size());
    std::iota(order.begin(), order.end(), int64_t{0});
    return order;
  }

  Dataset dataset_;
  int64_t batch_size_ = 1;
  bool shuffle_ = false;
  bool drop_last_ = false;
  Sampler sampler_;
  std::optional<at::Generator> generator_;
};

}  // namespace py2cpp::data
