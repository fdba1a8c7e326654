"""The API table: what PyTorch's Python names are in C++, as data (`mappings/`), and the binder of calls to rows."""
