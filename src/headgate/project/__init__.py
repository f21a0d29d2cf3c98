"""A repository, read: settings, pipelines, suites and their names resolved."""
