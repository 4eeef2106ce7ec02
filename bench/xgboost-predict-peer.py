"""The real XGBoost's C API predicting rows: xgboost-predict-peer.py FOLDER

FOLDER/model.json is the model, FOLDER/rows.f32 the rows (row-major float32). Prints XGBoost's version,
then for every line `count calls` it gets the CPU seconds of so many calls of
XGBoosterPredictFromDense with that many rows each, and the sum of the last margins.
"""
import ctypes
import json
import sys
import time
from pathlib import Path

import numpy
import xgboost
from xgboost.core import _LIB

folder = Path(sys.argv[1])
booster = xgboost.Booster({"nthread": 1}, model_file=str(folder / "model.json"))
booster.set_param({"nthread": 1})
width = booster.num_features()
rows = numpy.fromfile(folder / "rows.f32", numpy.float32).reshape(-1, width)
config = json.dumps(
    dict(type=1, training=False, iteration_begin=0, iteration_end=0, missing=float("nan"),
         strict_shape=False, cache_id=0)
).encode()
shape = ctypes.POINTER(ctypes.c_uint64)()
dimensions = ctypes.c_uint64()
result = ctypes.POINTER(ctypes.c_float)()


def interface(first, count):
    address = rows.ctypes.data + first * width * 4
    return json.dumps(
        dict(data=(address, True), shape=(count, width), strides=None, typestr="<f4", version=3)
    ).encode()


print(xgboost.__version__, flush=True)
for line in sys.stdin:
    count, calls = map(int, line.split())
    asked = [interface(call * count % len(rows), count) for call in range(calls)]
    begun = time.process_time()
    for one in asked:
        _LIB.XGBoosterPredictFromDense(
            booster.handle, one, config, None,
            ctypes.byref(shape), ctypes.byref(dimensions), ctypes.byref(result),
        )
    seconds = time.process_time() - begun
    margins = numpy.ctypeslib.as_array(result, (count,)).astype(float)
    print(seconds, margins.sum(), flush=True)
