"""The portal's door to the kernel: log-in, keys, members, webhooks."""
