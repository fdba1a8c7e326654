"""A gradient penalty: the second-order example of PyTorch's C++ autograd tutorial, in Python."""
import torch
import torch.nn as nn

model = nn.Linear(4, 3)
input = torch.randn(3, 4).requires_grad_()
output = model(input)

# Calculate loss
target = torch.randn(3, 3)
loss = nn.MSELoss()(output, target)

# Use norm of gradients as penalty
grad_output = torch.ones_like(output)
gradient = torch.autograd.grad(output, input, grad_outputs=grad_output, create_graph=True)[0]
gradient_penalty = torch.pow((gradient.norm(2, dim=1) - 1), 2).mean()

# Add gradient penalty to loss
combined_loss = loss + gradient_penalty
combined_loss.backward()
