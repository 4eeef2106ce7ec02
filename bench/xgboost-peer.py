"""The real XGBoost on one job: xgboost-peer.py FOLDER

FOLDER/job.json says what to do, FOLDER/*.f32 hold the rows (row-major float32). Trains and predicts,
or predicts by FOLDER/model.json; writes FOLDER/margins.f32 and prints what it took as JSON.
"""
import json
import sys
import time
from pathlib import Path

import numpy
import xgboost

folder = Path(sys.argv[1])
job = json.loads((folder / "job.json").read_text())


def matrix(name, **labelled):
    values = numpy.fromfile(folder / f"{name}.f32", numpy.float32)
    return xgboost.DMatrix(
        values.reshape(-1, len(job["types"])),
        feature_names=job["names"],
        feature_types=job["types"],
        enable_categorical=True,
        nthread=1,
        **labelled,
    )


seconds = None
if job["parameters"] is None:
    booster = xgboost.Booster({"nthread": 1}, model_file=str(folder / "model.json"))
else:
    label = numpy.fromfile(folder / "labels.f32", numpy.float32)
    weight = numpy.fromfile(folder / "weights.f32", numpy.float32)
    begun = time.process_time()
    booster = xgboost.train(
        {"nthread": 1, **job["parameters"]},
        matrix("training", label=label, weight=weight if len(weight) else None),
        job["rounds"],
    )
    seconds = time.process_time() - begun
booster.predict(matrix("rows"), output_margin=True).tofile(folder / "margins.f32")
print(json.dumps({"version": xgboost.__version__, "cpuSeconds": seconds}))
