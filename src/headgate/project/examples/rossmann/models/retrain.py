"""Started after every release, with the release as JSON on standard input.

This is where a real project trains its model. Here the request is written down, so that one can
see what a trigger is told: models/retrain.json.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

REQUEST = Path(__file__).with_suffix(".json")


def main() -> None:
    release = json.load(sys.stdin)
    request = {
        "release": release["release"],
        "pipeline": release["pipeline"],
        "code": release["code"],
        "train_on": release["versions"]["train_features"],
        "rows": release["rows"]["train_features"],
    }
    REQUEST.write_text(json.dumps(request, indent=2) + "\n", encoding="utf-8")
    print(f"Retraining requested for {request['release']}: {request['rows']:,} rows")


if __name__ == "__main__":
    main()
