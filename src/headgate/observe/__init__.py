"""Looking at data before anything is promised about it: what a table holds, and what it may keep."""
