"""IR to C++ trees, one module per family of constructs."""
