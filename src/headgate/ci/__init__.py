"""A change, judged before it is merged: by its code, and by what it would make of the data."""
