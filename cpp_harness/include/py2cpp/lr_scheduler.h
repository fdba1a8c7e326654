// Learning rate schedulers with the arithmetic of Python's torch.optim.lr_scheduler, in the same order.
#pragma once

#include "py2cpp/lr_scheduler/composed.h"
#include "py2cpp/lr_scheduler/cosine.h"
#include "py2cpp/lr_scheduler/cyclic.h"
#include "py2cpp/lr_scheduler/simple.h"
