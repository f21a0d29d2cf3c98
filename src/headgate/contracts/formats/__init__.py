"""Contracts from other formats, and in other formats."""
