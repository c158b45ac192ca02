"""The worker that tells webhooks, against receivers on this computer."""
