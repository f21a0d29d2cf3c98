"""The memory: what happened, appended once, and the only way from doing to reading."""
