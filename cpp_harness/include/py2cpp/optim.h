// Optimizers whose steps are the tensor operations of Python's torch.optim, in the same order: LibTorch's own round in
// other places, or are missing.
#pragma once

#include "py2cpp/optim/adam.h"
#include "py2cpp/optim/adaptive.h"
#include "py2cpp/optim/lbfgs.h"
#include "py2cpp/optim/matrix.h"
#include "py2cpp/optim/sgd.h"
