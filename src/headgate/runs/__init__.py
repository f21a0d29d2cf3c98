"""Doing: plan, gate, execute, publish."""
