"""DataOps for one Git repository: readers only ever see data that passed its gates."""
