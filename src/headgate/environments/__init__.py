"""Environments: named pointers to versions, made, compared, promoted and dropped."""
