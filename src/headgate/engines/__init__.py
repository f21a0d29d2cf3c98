"""The muscle: reading, computing, measuring and writing tables."""
