"""The thirteen checks of the raw sales with Great Expectations 1.24 on pandas."""

from __future__ import annotations

import json
import os
import sys
import warnings

os.environ["GX_ANALYTICS_ENABLED"] = "false"
warnings.filterwarnings("ignore")
import great_expectations as gx  # noqa: E402
import pandas as pd  # noqa: E402

path, suite = sys.argv[1:3]
frame = (
    pd.read_parquet(path)
    if path.endswith("parquet")
    else pd.read_csv(path, dtype={"StateHoliday": str})
)
context = gx.get_context(mode="ephemeral")
context.variables.progress_bars = {"globally": False}
with open(suite) as file:  # noqa: PTH123
    listed = json.load(file)["expectations"]
expectations = [
    getattr(gx.expectations, "".join(word.title() for word in e["expectation_type"].split("_")))(
        **e["kwargs"]
    )
    for e in listed
]
batch = (
    context.data_sources.add_pandas("p")
    .add_dataframe_asset("a")
    .add_batch_definition_whole_dataframe("b")
    .get_batch({"dataframe": frame})
)
made = gx.ExpectationSuite(name="s", expectations=expectations)
print(sum(result.success for result in batch.validate(made).results))
