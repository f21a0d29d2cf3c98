"""Where data lies: objects by content, versions, and the releases that readers see."""
