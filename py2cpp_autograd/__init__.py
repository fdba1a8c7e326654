"""py2cpp_autograd: Python autograd code to LibTorch C++, with the proof that both compute the same gradients."""
