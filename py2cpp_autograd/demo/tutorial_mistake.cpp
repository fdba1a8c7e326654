// The same program by hand, with the call as PyTorch's C++ autograd tutorial has it: the fourth argument of
// torch::autograd::grad is retain_graph, create_graph is the fifth. It compiles, it runs, it prints plausible numbers.
#include <torch/torch.h>

#include "py2cpp/probe.h"

int main() {
  torch::manual_seed(0);
  auto model = torch::nn::Linear(4, 3);
  auto input = torch::randn({3, 4}).requires_grad_(true);
  auto output = model(input);

  // Calculate loss
  auto target = torch::randn({3, 3});
  auto loss = torch::nn::MSELoss()(output, target);

  // Use norm of gradients as penalty
  auto grad_output = torch::ones_like(output);
  auto gradient = torch::autograd::grad({output}, {input}, /*grad_outputs=*/{grad_output}, /*create_graph=*/true)[0];
  auto gradient_penalty = torch::pow((gradient.norm(2, /*dim=*/1) - 1), 2).mean();

  // Add gradient penalty to loss
  auto combined_loss = loss + gradient_penalty;
  combined_loss.backward();

  py2cpp::record("model", model);
  py2cpp::record("input", input);
  py2cpp::record("output", output);
  py2cpp::record("target", target);
  py2cpp::record("loss", loss);
  py2cpp::record("grad_output", grad_output);
  py2cpp::record("gradient", gradient);
  py2cpp::record("gradient_penalty", gradient_penalty);
  py2cpp::record("combined_loss", combined_loss);
}
