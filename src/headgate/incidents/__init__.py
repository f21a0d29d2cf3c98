"""From what happened to people who should know: alerts, raised once and delivered until taken."""
