"""What keeps strangers out: password hashing and policy, opaque tokens, second factor, throttling of log-ins."""
