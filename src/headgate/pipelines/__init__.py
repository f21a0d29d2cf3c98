"""What a team declares: sources, steps, pipelines, and what changes when their code does."""
