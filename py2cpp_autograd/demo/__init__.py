"""The embedded example of `py2cpp-autograd demo`: a gradient penalty, and the same with the C++ tutorial's mistake."""
