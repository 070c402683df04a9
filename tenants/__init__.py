"""Firms: where they sit, what they lease and owe, who of them comes and leaves. The rooms that all apps have."""
