"""What SageMaker's built-in XGBoost container does, with the real XGBoost: FOLDER

Reads FOLDER/job.json (hyperparameters) and the channels FOLDER/train, FOLDER/validation as the
container's algorithm mode does (text read by URI, its callbacks, save_model without an ending), writes
FOLDER/xgboost-model and FOLDER/trained.json; or, where FOLDER/xgboost-model is there already, opens it
as the container's server does. Writes the margins of FOLDER/rows.f32 to FOLDER/margins.f32 and the
values that XGBoost read from the training channel to FOLDER/read.f32.
"""
import csv
import json
import sys
from pathlib import Path

import numpy
import xgboost

folder = Path(sys.argv[1])
job = json.loads((folder / "job.json").read_text())
given = dict(job["hyperparameters"])
model = folder / "xgboost-model"
report = {"version": xgboost.__version__}


def channel(name):
    path = folder / name
    if not path.exists():
        return None
    with open(path) as lines:
        delimiter = csv.Sniffer().sniff(lines.readline()).delimiter
    weight = "&weight_column=1" if given.get("csv_weights") == "1" else ""
    return xgboost.DMatrix(f"{path}?format=csv&label_column=0&delimiter={delimiter}{weight}")


if model.exists():
    booster = xgboost.Booster()
    booster.load_model(str(model))
else:
    train, validation = channel("train"), channel("validation")
    read = numpy.full((train.num_row(), train.num_col()), numpy.nan, numpy.float32)
    entries = train.get_data().tocoo()
    read[entries.row, entries.col] = entries.data
    read.tofile(folder / "read.f32")
    report["columns"] = train.num_col()
    rounds = int(given.pop("num_round"))
    patience = given.pop("early_stopping_rounds", None)
    metrics = given.pop("eval_metric").split(",")
    given.pop("csv_weights", None)
    if "monotone_constraints" in given:
        given["monotone_constraints"] = tuple(
            int(each) for each in given["monotone_constraints"].strip("()").split(",")
        )
    callbacks = []
    if patience is not None:
        callbacks.append(
            xgboost.callback.EarlyStopping(
                rounds=int(patience),
                data_name="validation",
                metric_name=metrics[-1],
                maximize=metrics[-1] == "auc",
                save_best=True,
            )
        )
    watched = [(train, "train")] + ([] if validation is None else [(validation, "validation")])
    results = {}
    booster = xgboost.train(
        {**given, "eval_metric": metrics},
        train,
        num_boost_round=rounds,
        evals=watched,
        evals_result=results,
        callbacks=callbacks,
        verbose_eval=False,
    )
    booster.save_model(str(model))
    report["metrics"] = {
        f"{data}:{metric}": round(values[-1], 5)
        for data, each in results.items()
        for metric, values in each.items()
    }
report["trees"] = booster.num_boosted_rounds()
rows = numpy.fromfile(folder / "rows.f32", numpy.float32).reshape(-1, job["columns"])
margins = booster.predict(xgboost.DMatrix(rows), output_margin=True, validate_features=False)
margins.tofile(folder / "margins.f32")
predictions = booster.predict(xgboost.DMatrix(rows), validate_features=False).tolist()
(folder / "predictions").write_text("\n".join(map(str, predictions)) + "\n")
print(json.dumps(report))
