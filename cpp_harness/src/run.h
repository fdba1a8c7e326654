// What the host (plain C++, no LibTorch headers) calls in the runtime library.
#pragma once

extern "C" {

using py2cpp_entry = void (*)(unsigned long long seed);

// Seeds, runs `entry` with recorders on, and ends the trace with `nonce`: the proof that the run came to its end.
void py2cpp_run_traced(py2cpp_entry entry, unsigned long long seed, const char* trace_path, const char* nonce);

}
