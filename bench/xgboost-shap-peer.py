"""The real XGBoost explaining rows: xgboost-shap-peer.py FOLDER

FOLDER/model.json is the model, FOLDER/rows.f32 the rows (row-major float32). Prints XGBoost's version,
then for every line it gets the CPU seconds that the contributions of all rows took.
"""
import sys
import time
from pathlib import Path

import numpy
import xgboost

folder = Path(sys.argv[1])
booster = xgboost.Booster({"nthread": 1}, model_file=str(folder / "model.json"))
booster.set_param({"nthread": 1})
values = numpy.fromfile(folder / "rows.f32", numpy.float32)
rows = xgboost.DMatrix(
    values.reshape(-1, booster.num_features()), feature_names=booster.feature_names, nthread=1
)
print(xgboost.__version__, flush=True)
for _ in sys.stdin:
    begun = time.process_time()
    booster.predict(rows, pred_contribs=True)
    print(time.process_time() - begun, flush=True)
