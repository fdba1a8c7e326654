// Recurrent networks and cells called as in Python: inputs without a batch dimension too.
#pragma once

#include <torch/torch.h>

#include <optional>
#include <tuple>
#include <type_traits>
#include <vector>

namespace py2cpp {

using LSTMState = std::tuple<at::Tensor, at::Tensor>;

// The state that a list of two tensors says.
inline LSTMState lstm_state(const std::vector<at::Tensor>& hx) {
  TORCH_CHECK(hx.size() == 2, "lstm expects two hidden states");
  return {hx[0], hx[1]};
}

namespace detail {
inline at::Tensor batched(const at::Tensor& x, int64_t dim) { return x.defined() ? x.unsqueeze(dim) : x; }
inline std::optional<LSTMState> batched(const std::optional<LSTMState>& state, int64_t dim) {
  if (!state) return state;
  return LSTMState(std::get<0>(*state).unsqueeze(dim), std::get<1>(*state).unsqueeze(dim));
}
inline at::Tensor single(const at::Tensor& x, int64_t dim) { return x.squeeze(dim); }
inline LSTMState single(const LSTMState& state, int64_t dim) {
  return {std::get<0>(state).squeeze(dim), std::get<1>(state).squeeze(dim)};
}

template <class Net, class State>
auto recur(Net net, const at::Tensor& input, const State& hx) {
  if (input.dim() != 2) return net->forward(input, hx);
  const int64_t batch = net->options.batch_first() ? 0 : 1;
  auto [output, hidden] = net->forward(input.unsqueeze(batch), batched(hx, 1));
  return std::make_tuple(output.squeeze(batch), single(hidden, 1));
}

template <class Cell, class State>
auto recur_once(Cell cell, const at::Tensor& input, const State& hx) {
  if (input.dim() != 1) return cell->forward(input, hx);
  return single(cell->forward(input.unsqueeze(0), batched(hx, 0)), 0);
}
}  // namespace detail

using Packed = torch::nn::utils::rnn::PackedSequence;

inline auto recur(torch::nn::RNN net, const at::Tensor& input, const at::Tensor& hx) {
  return detail::recur(net, input, hx);
}
inline auto recur(torch::nn::GRU net, const at::Tensor& input, const at::Tensor& hx) {
  return detail::recur(net, input, hx);
}
inline auto recur(torch::nn::LSTM net, const at::Tensor& input, const std::optional<LSTMState>& hx) {
  return detail::recur(net, input, hx);
}
inline auto recur(torch::nn::RNN net, const Packed& input, const at::Tensor& hx) {
  return net->forward_with_packed_input(input, hx);
}
inline auto recur(torch::nn::GRU net, const Packed& input, const at::Tensor& hx) {
  return net->forward_with_packed_input(input, hx);
}
inline auto recur(torch::nn::LSTM net, const Packed& input, const std::optional<LSTMState>& hx) {
  return net->forward_with_packed_input(input, hx);
}
inline at::Tensor recur(torch::nn::RNNCell cell, const at::Tensor& input, const at::Tensor& hx) {
  return detail::recur_once(cell, input, hx);
}
inline at::Tensor recur(torch::nn::GRUCell cell, const at::Tensor& input, const at::Tensor& hx) {
  return detail::recur_once(cell, input, hx);
}
inline LSTMState recur(torch::nn::LSTMCell cell, const at::Tensor& input, const std::optional<LSTMState>& hx) {
  return detail::recur_once(cell, input, hx);
}

}  // namespace py2cpp
