"""Pages of analytics, one module per circle of readers."""
