// The loader makes the model out of JSON: the model's names are the loader's too.
#pragma once

#include "scenario/model.h"

namespace wsspec::loader {

using namespace scenario;

}  // namespace wsspec::loader
