// torch.utils.data in one process: data sets of tensors, and loaders with Python's draws of random numbers.
#pragma once

#include <torch/types.h>
#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

namespace py2cpp::data {

// Some rows of tensors of one length: a TensorDataset has all of them, a Subset those that it lists.
class Dataset {
 public:
  Dataset() = default;
  explicit Dataset(std::vector<at::Tensor> tensors) : tensors_(std::move(tensors)) {
    for (const auto& tensor : tensors_) {
      TORCH_CHECK(tensor.size(0) == tensors_.front().size(0), "Size mismatch between tensors");
    }
    rows_.resize(tensors_.front().size(0));
    std::iota(rows_.begin(), rows_.end(), int64_t{0});
  }

  int64_t size() const { return static_cast<int64_t>(rows_.size()); }

  Dataset subset(const std::vector<int64_t>& indices) const {
    Dataset made = *this;
    made.rows_.clear();
    for (int64_t index : indices) made.rows_.push_back(rows_.at(index));
    return made;
  }

  // The rows at some places, one tensor for each tensor of the data set.
  std::vector<at::Tensor> batch(const std::vector<int64_t>& indices) const {
    std::vector<at::Tensor> made;
    for (const auto& tensor : tensors_) {
      std::vector<at::Tensor> items;
      for (int64_t index : indices) items.push_back(tensor.select(0, rows_.at(index)));
      made.push_back(at::stack(items));
    }
    return made;
  }

 private:
  std::vector<at::Tensor> tensors_;
  std::vector<int64_t> rows_;
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

class DataLoader {
 public:
  DataLoader() = default;
  explicit DataLoader(Dataset dataset, int64_t batch_size = 1, bool shuffle = false, bool drop_last = false)
      : dataset_(std::move(dataset)), batch_size_(batch_size), shuffle_(shuffle), drop_last_(drop_last) {
    TORCH_CHECK_VALUE(batch_size > 0, "batch_size should be a positive integer value, but got batch_size=", batch_size);
    TORCH_CHECK_VALUE(!shuffle || dataset_.size() > 0, "num_samples should be a positive integer value");
  }

  const Dataset& dataset() const { return dataset_; }
  int64_t batch_size() const { return batch_size_; }
  int64_t size() const {
    const int64_t n = dataset_.size();
    return drop_last_ ? n / batch_size_ : (n + batch_size_ - 1) / batch_size_;
  }

  // The batches of one pass.
  std::vector<std::vector<at::Tensor>> batches() const {
    draw_seed();  // of workers, which Python draws without workers too
    std::vector<std::vector<at::Tensor>> made;
    const auto order = shuffle_ ? shuffled() : in_order();
    for (int64_t i = 0; i < size(); ++i) {
      const auto first = order.begin() + i * batch_size_;
      const auto last = order.begin() + std::min((i + 1) * batch_size_, dataset_.size());
      made.push_back(dataset_.batch({first, last}));
    }
    return made;
  }

 private:
  static int64_t draw_seed() { return at::empty({}, at::kLong).random_().item<int64_t>(); }

  std::vector<int64_t> shuffled() const {
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
};

}  // namespace py2cpp::data
