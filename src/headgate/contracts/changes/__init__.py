"""What changed in a contract, whom it breaks, and the version that it demands."""
