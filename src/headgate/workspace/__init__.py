"""A repository, opened: its parts, what it declares resolved, and what it holds."""
